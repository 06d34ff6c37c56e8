// What an editor and `tsc --strict` say of the package: this file compiles, and its mistakes don't.
import { defineConfig } from "@playwright/test";
import {
  perWorker as perBrowserWorker,
  routeService,
  test as inBrowser,
  worldOfServer,
  type ServiceRoutes,
} from "evi-emulator/playwright";
import { test as nodeTest } from "node:test";
import { test as base } from "vitest";
import { startEmulator, Script, type Evi, type Interception, type JournalEntry, type Message } from "evi-emulator";
import "evi-emulator/intercept";
import setup from "evi-emulator/global-setup";
import { useEvi } from "evi-emulator/jest";
import { evi as worldOf } from "evi-emulator/node-test";
import { evi, eviWith, perWorker, test } from "evi-emulator/vitest";

export const stop: Promise<() => Promise<void>> = setup();

export async function all(): Promise<void> {
  await using emulator = await startEmulator({ seed: "demo", requestsPerSecond: 5, tls: true });
  await using world: Evi = await emulator.world({ clock: "manual", randomSeed: 1, seed: { prompts: [] } });
  await world.script.onUser(/weather/).callTool("get", { a: 1 }).say("{tool_result}");
  const chat = await world.simulate({ script: new Script(), endReason: "ACTIVE", user: ["Hi", { wait: 1 }] });
  const messages: Message[] = await chat.messages();
  const entry: JournalEntry = await world.journal.waitFor({ kind: "frame" });
  if (entry.kind === "http") entry.method.toUpperCase();
  await world.webhooks.trigger("chat_ended", { faults: ["wrong_key"] });
  await world.faults.add("http", "status", { status: 429, retryAfterS: 3 });
  console.log(messages);
  using redirected: Interception = world.intercept();
  redirected.restore();

  // @ts-expect-error an unknown setting
  await startEmulator({ sead: "demo" });
  // @ts-expect-error a setting of the server
  await emulator.world({ port: 1 });
  // @ts-expect-error a value that can't be
  await emulator.world({ clock: "fast" });
  // @ts-expect-error an unknown event
  await world.webhooks.trigger("chat_over");
  // @ts-expect-error an unknown kind
  await world.faults.add("https", "status");
  // @ts-expect-error in camel case
  await world.simulate({ end_reason: "ACTIVE" });
}

test("vitest", async ({ evi }) => void (await evi.chats()));
base.extend({ evi })("vitest", async ({ evi }) => void (await evi.chats()));
base.extend({ evi: eviWith({ seed: "empty" }) })("vitest", async ({ evi }) => void evi.url);
inBrowser.use({ eviSettings: { seed: "empty" } });
inBrowser("playwright", async ({ evi, page, microphone }) => {
  await microphone.say("Hello", { seconds: 1 });
  const routes: ServiceRoutes = await routeService(page.context(), evi);
  await routes.close();
});
perBrowserWorker()("playwright", async ({ evi, workerEvi }) => void [evi.url, workerEvi.url]);
void defineConfig({ webServer: { command: "npm start", env: (await worldOfServer()).env } });
perWorker()("vitest", async ({ evi, workerEvi }) => void [evi.url, workerEvi.url]);
nodeTest("node:test", async (t) => void (await worldOf(t, { seed: "empty" })).url);
useEvi({ clock: "manual" }, { per: "file" }).apiKey.toUpperCase();
