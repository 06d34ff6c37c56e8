// The package as CommonJS, on an emulator that runs already.
const assert = require("node:assert/strict");
const { test } = require("node:test");

process.env.EVI_URL = process.env.EVI_TEST_URL;
const { connect, Script } = require("evi-emulator");
const { evi } = require("evi-emulator/node-test");

test("a running emulator", async () => {
  const emulator = await connect({ url: `${process.env.EVI_TEST_URL}/` });
  const world = await emulator.world({ seed: "empty" });
  assert.deepEqual(await world.configs.list(), []);
  await emulator.stop(); // closes its worlds; the emulator runs on
  await (await connect({ url: process.env.EVI_TEST_URL })).stop();
});

test("no emulator", async () => {
  await assert.rejects(connect({ url: "http://127.0.0.1:9" }), /no emulator answered at http:\/\/127.0.0.1:9/);
  await assert.rejects(connect({ url: "127.0.0.1:9" }), /connect takes a URL/);
});

test("the fixture", async (t) => {
  const world = await evi(t, { clock: "manual" });
  assert.equal(await world.clock.mode(), "manual");
  const script = new Script();
  script.onAnything().say("Hm.");
  const chat = await world.simulate({ script, user: ["Hello"] });
  assert.deepEqual(await chat.messages(), [["user", "Hello"], ["assistant", "Hm."]]);
});
