// 200 tests with a world, a config and a chat of the vendor's client, as test_client.py has them.
import { test } from "evi-emulator/vitest";
import { expect } from "vitest";

for (let number = 0; number < 200; number++) {
  test(`a chat ${number}`, async ({ evi }) => {
    await evi.script.onUser("Hello").say("Hi there.");
    const client = (await evi.client()).empathicVoice;
    const name = `Config ${number}`;
    const config = await client.configs.createConfig({ name, eviVersion: "3" });
    const socket = await client.chat.connect({ configId: config.id });
    const answered = new Promise((resolve) => {
      socket.on("message", ({ type }) => type === "assistant_end" && resolve());
    });
    await socket.waitForOpen();
    socket.sendUserInput("Hello");
    await answered;
    socket.close();
    const chat = await evi.nextChat();
    await chat.expect("user_input", { text: "Hello" });
    expect(await chat.messages()).toEqual([["user", "Hello"], ["assistant", "Hi there."]]);
    expect((await evi.configs.get(name)).id).toBe(config.id);
  });
}
