// Tests of the worker next to this file: npm test

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { evi } from "evi-emulator/node-test";
import { archive } from "./archive.mjs";

const MAIN = fileURLToPath(new URL("main.mjs", import.meta.url));
const QUICK = { pauseMs: 0 };
let root;

before(async () => (root = await mkdtemp(join(tmpdir(), "chats-"))));
after(() => rm(root, { recursive: true }));
const newFolder = () => mkdtemp(join(root, "test-"));

test("a chat is archived with its words and its sound", async (t) => {
  const world = await evi(t, { seed: "empty" });
  await world.script.onUser("order").say("It is on its way.");
  const chat = await world.simulate({ user: ["Where is my order?"] });
  const folder = await newFolder();

  assert.deepEqual(await archive(await world.client(), folder, QUICK), [chat.id]);

  const summary = JSON.parse(await readFile(join(folder, chat.id, "chat.json"), "utf8"));
  assert.deepEqual(summary.lines, ["user: Where is my order?", "assistant: It is on its way."]);
  assert.equal(summary.status, "USER_ENDED");
  assert.equal(typeof summary.strongest, "string");
  const files = await readdir(join(folder, chat.id));
  assert.equal(files.length, 2);
});

test("a chat is archived once, and only when it is over", async (t) => {
  const world = await evi(t, { seed: "empty", clock: "manual" });
  const first = await world.simulate({ user: ["Hello"] });
  const live = await world.simulate({ user: ["Hello"], endReason: "ACTIVE" });
  const folder = await newFolder();
  const client = await world.client();

  assert.deepEqual(await archive(client, folder, QUICK), [first.id]);
  assert.deepEqual(await archive(client, folder, QUICK), []);

  await world.clock.advance({ minutes: 20 }); // nobody speaks, so the service ends it
  assert.deepEqual(await archive(client, folder, QUICK), [live.id]);
});

test("a sound that can't be fetched leaves no half chat behind", async (t) => {
  const world = await evi(t, { seed: "empty" });
  await world.simulate({ user: ["Hello"] });
  await world.stub("get-audio", { status: 500 });
  const folder = await newFolder();
  const client = await world.client({ maxRetries: 0 });

  await assert.rejects(archive(client, folder, QUICK), /500/);

  assert.deepEqual(await readdir(folder), []);
});

test("many pages of chats and of events", async (t) => {
  const world = await evi(t, { seed: "empty" });
  const user = Array.from({ length: 60 }, (_, number) => `Sentence ${number}`); // more than a page of events
  const long = await world.simulate({ user });
  for (let number = 0; number < 11; number++) await world.simulate({ user: ["Hello"] }); // and of chats
  const folder = await newFolder();

  assert.equal((await archive(await world.client(), folder, QUICK)).length, 12);

  const { lines } = JSON.parse(await readFile(join(folder, long.id, "chat.json"), "utf8"));
  assert.equal(lines.filter((line) => line.startsWith("user: ")).length, 60);
});

test("the program itself, which knows nothing of the emulator", async (t) => {
  const world = await evi(t, { seed: "empty" });
  await world.simulate({ user: ["Hello"] });
  const env = { ...world.env, PAUSE_MS: "0", NODE_OPTIONS: "--import evi-emulator/intercept" };
  const words = [MAIN, await newFolder()];

  const { stdout } = await promisify(execFile)(process.execPath, words, { env, cwd: dirname(MAIN) });

  assert.equal(stdout, "archived 1 chats\n");
});
