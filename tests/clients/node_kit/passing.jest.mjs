import { useEvi } from "evi-emulator/jest";

const evi = useEvi();

test("as an ES module", async () => {
  const chat = await evi.simulate({ user: ["Hello"] });
  expect(await chat.status()).toBe("USER_ENDED");
});
