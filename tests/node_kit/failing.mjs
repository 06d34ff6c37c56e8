// Tests that fail: test_package.py reads how they are told.
import assert from "node:assert/strict";
import { test } from "node:test";
import { evi } from "evi-emulator/node-test";

test("fails", async (t) => {
  const world = await evi(t);
  await world.simulate({ user: ["Hello"] });
  assert.equal(1, 2);
});

test("leaves a stub over", async (t) => {
  const world = await evi(t);
  await world.stub("list-configs", { status: 503 });
});
