import { test as base, expect } from "vitest";
import { evi, eviWith, it, perWorker, test } from "evi-emulator/vitest";

let key;

test("has a world", async ({ evi }) => {
  await evi.script.onUser("weather").say("It snows.");
  const chat = await evi.simulate({ user: ["The weather?"] });
  expect((await chat.messages()).at(-1)).toEqual(["assistant", "It snows."]);
  key = evi.apiKey;
});

it("has another one in the next test", async ({ evi }) => {
  expect(evi.apiKey).not.toBe(key);
  const fields = { kind: "http", method: expect.stringMatching("GET") };
  await fetch(`${evi.url}/v0/evi/configs`, { headers: { "X-Hume-Api-Key": evi.apiKey } });
  expect(await evi.journal.waitFor(fields)).toMatchObject({ path: "/v0/evi/configs" });
});

test("the vendor's client talks to it", async ({ evi }) => {
  await evi.script.onUser("weather").say("It snows.");
  const client = await evi.client();
  const socket = client.empathicVoice.chat.connect();
  const ended = new Promise((resolve) => {
    socket.on("message", (message) => message.type === "assistant_end" && resolve());
  });
  await socket.tillSocketOpen();
  socket.sendUserInput("The weather?");
  const chat = await evi.nextChat();
  await chat.expect("user_input", { text: expect.stringContaining("weather") });
  await ended;
  socket.close();
  await chat.closed();
  await evi.contract.assertClean();
});

base.extend({ evi })("its fixture is for others, too", async ({ evi }) => {
  expect(await evi.clock.mode()).toBe("system");
});

base.extend({ evi: eviWith({ clock: "manual" }) })("with settings", async ({ evi }) => {
  expect(await evi.clock.mode()).toBe("manual");
});

const shared = perWorker({ seed: "empty" }).extend({
  app: [async ({ workerEvi }, use) => use({ key: workerEvi.env.HUME_API_KEY }), { scope: "worker" }],
});
for (const number of [1, 2]) {
  shared(`a key for the worker's life ${number}`, async ({ app, evi }) => {
    expect(evi.apiKey).toBe(app.key);
    const body = JSON.stringify({ name: "Mine", text: "" });
    const headers = { "X-Hume-Api-Key": app.key, "Content-Type": "application/json" };
    const made = await fetch(`${evi.url}/v0/evi/prompts`, { method: "POST", headers, body });
    expect(made.status).toBe(201);
    expect((await evi.prompts.list()).map((each) => each.name)).toEqual(["Mine"]);
  });
}
