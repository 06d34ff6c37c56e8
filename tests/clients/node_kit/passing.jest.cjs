const { useEvi } = require("evi-emulator/jest");

describe("a world for each test", () => {
  const evi = useEvi({ clock: "manual" });
  const keys = new Set();
  expect(() => evi.url).toThrow("there is a world only while a test runs");

  test.each([1, 2])("number %d", async () => {
    keys.add(evi.apiKey);
    await evi.script.onUser("weather").say("It snows.");
    const chat = await evi.simulate({ user: ["The weather?"] });
    expect((await chat.messages()).at(-1)).toEqual(["assistant", "It snows."]);
    expect(await evi.clock.mode()).toBe("manual");
  });

  test("they differ", () => expect(keys.size).toBe(2));
});

describe("a world for all", () => {
  const evi = useEvi({ seed: "empty" }, { per: "file" });
  const keys = new Set();

  test.each([1, 2])("number %d", async () => {
    keys.add(evi.apiKey);
    expect(await evi.chats()).toEqual([]);
    await evi.simulate({ user: ["Hello"] });
  });

  test("it is the same", () => expect(keys.size).toBe(1));
});
