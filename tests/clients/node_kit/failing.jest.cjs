const { useEvi } = require("evi-emulator/jest");

const evi = useEvi();

test("fails", async () => {
  await evi.simulate({ user: ["Hello"] });
  expect(1).toBe(2);
});
test("expects in vain", async () => {
  const chat = await evi.simulate({ user: ["Hello"] });
  await chat.expect("user_input", { text: "Hi" }, { timeoutMs: 10 });
});
test("leaves a stub over", async () => {
  await evi.stub("list-configs", { status: 503 });
});
