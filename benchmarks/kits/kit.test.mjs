// 200 tests with a world, a config and a simulated chat each, as test_kit.py has them.
import { test } from "evi-emulator/vitest";
import { expect } from "vitest";

for (let number = 0; number < 200; number++) {
  test(`a chat ${number}`, async ({ evi }) => {
    await evi.script.onUser("Hello").say("Hi there.");
    const name = `Config ${number}`;
    const headers = { "X-Hume-Api-Key": evi.apiKey, "Content-Type": "application/json" };
    const body = JSON.stringify({ name, evi_version: "3" });
    const answer = await fetch(`${evi.url}/v0/evi/configs`, { method: "POST", headers, body });
    const config = await answer.json();
    const chat = await evi.simulate({ user: ["Hello"], configId: config.id });
    expect(await chat.messages()).toEqual([["user", "Hello"], ["assistant", "Hi there."]]);
    expect((await evi.configs.get(name)).id).toBe(config.id);
  });
}
