/**
 * Fixtures for Playwright Test: a fresh world for each test, into which the page's calls are led.
 *
 *     import { test, expect } from "evi-emulator/playwright";
 *
 *     test("it answers", async ({ page, evi }) => {
 *       await evi.script.onUser("weather").say("It snows.");
 *       await page.goto("/");
 *       await page.getByRole("button", { name: "Ask" }).click();
 *       await expect(page.getByText("It snows.")).toBeVisible();
 *     });
 */
import {
  test as base,
  expect,
  type PlaywrightTestArgs,
  type PlaywrightTestOptions,
  type PlaywrightWorkerArgs,
  type PlaywrightWorkerOptions,
  type TestInfo,
  type TestType,
} from "@playwright/test";
import { randomUUID } from "node:crypto";
import { routeService, type ServiceRoutes } from "./browser-routes.js";
import { UsageError } from "./errors.js";
import { CA_VARIABLE, checkLeftovers, openWorld, report, sharedEmulator, URL_VARIABLE } from "./fixture.js";
import { SERVICE_HOSTS } from "./intercept/target.cjs";
import { Microphone, silentRecording, type SayOptions } from "./microphone.js";
import type { Evi, WorldOptions } from "./world.js";

export { expect, Microphone, routeService, SERVICE_HOSTS, sharedEmulator, type SayOptions, type ServiceRoutes };

/** The environment variable with the key of the world that the server of `webServer` uses. */
const KEY_VARIABLE = "EVI_KEY";

// The settings of that world, which every process has that reads the configuration. One for ES modules
// and CommonJS, which are two copies of this module.
const PLACE = Symbol.for("evi-emulator.server-settings");
const ofServer = globalThis as unknown as Record<symbol, WorldOptions | undefined>;

/** What a test has besides Playwright's own. */
export interface EviFixtures {
  /** The settings of each test's world; set them with `test.use` or in the configuration. */
  eviSettings: WorldOptions;
  /** The world of the test. */
  evi: Evi;
  /** The microphone of the pages. */
  microphone: Microphone;
}

/** What a worker has. */
export interface EviWorkerFixtures {
  /** The world that lasts as long as the worker; tests see it as `evi`. Only `perWorker` has it. */
  workerEvi: Evi;
}

type Test<Fixtures extends object, WorkerFixtures extends object> = TestType<
  PlaywrightTestArgs & PlaywrightTestOptions & Fixtures,
  PlaywrightWorkerArgs & PlaywrightWorkerOptions & WorkerFixtures
>;

const CHROMIUM_FLAGS = [
  `--host-resolver-rules=${SERVICE_HOSTS.map((host) => `MAP ${host} ~NOTFOUND`).join(", ")}`, // what is not routed must not get there
  "--autoplay-policy=no-user-gesture-required",
  "--use-fake-ui-for-media-stream",
  "--use-fake-device-for-media-stream",
];

const withBrowser = base.extend<Pick<EviFixtures, "eviSettings">>({
  eviSettings: [{}, { option: true }],
  launchOptions: [
    async ({ launchOptions, browserName }, use) => {
      if (browserName !== "chromium") {
        await use(launchOptions);
        return;
      }
      const silence = silentRecording();
      const given = launchOptions.args ?? [];
      const file = "--use-file-for-fake-audio-capture";
      const isGiven = given.some((each) => each.startsWith(file));
      const microphone = isGiven ? [] : [`${file}=${silence.file}`];
      await use({ ...launchOptions, args: [...CHROMIUM_FLAGS, ...microphone, ...given] });
      silence.remove();
    },
    { scope: "worker" },
  ],
});

/** Playwright's `test` with the fixtures `evi` and `microphone`; `page` and `context` talk to the world. */
export const test: Test<EviFixtures, object> = withBrowser.extend<Omit<EviFixtures, "eviSettings">>({
  evi: async ({ eviSettings }, use, info) => {
    const apiKey = process.env[KEY_VARIABLE];
    if (apiKey) checkWorkers(info);
    const name = info.titlePath.filter(Boolean).join(" > ");
    const settings = apiKey ? { ...ofServer[PLACE], apiKey, ...eviSettings } : eviSettings;
    const world = await openWorld(settings, name);
    try {
      await use(world);
      await finish(world, info);
    } finally {
      await world.close();
    }
  },
  context: async ({ context, evi }, use) => {
    const routes = await routeService(context, evi);
    await use(context);
    await routes.close();
  },
  microphone: async ({ context, evi }, use) => use(await Microphone.install(context, evi)),
});

/**
 * Return Playwright's `test` with one world, and so one API key, for the life of a worker.
 *
 * It suits a server such as Next.js's, which reads its key once: start it in a fixture of the worker
 * that uses `workerEvi`. In tests, `evi` is the same world, reset before each.
 */
export function perWorker(settings: WorldOptions = {}): Test<EviFixtures, EviWorkerFixtures> {
  return test.extend<object, EviWorkerFixtures>({
    workerEvi: [
      // eslint-disable-next-line no-empty-pattern
      async ({}, use) => {
        const world = await openWorld(settings);
        await use(world);
        await world.close();
      },
      { scope: "worker" },
    ],
    evi: async ({ workerEvi }, use, info) => {
      await workerEvi.reset();
      await use(workerEvi);
      await finish(workerEvi, info);
    },
  });
}

/**
 * Start the run's emulator in the configuration, and return the world of the server of `webServer`.
 *
 *     import { defineConfig } from "@playwright/test";
 *     import { worldOfServer } from "evi-emulator/playwright";
 *
 *     const evi = await worldOfServer();
 *     const url = "http://localhost:3000";
 *     export default defineConfig({ workers: 1, webServer: { command: "npm start", url, env: evi.env } });
 *
 * Each test starts this world over, with these settings and its own `eviSettings`, so all tests run
 * in one worker.
 */
export async function worldOfServer(settings: WorldOptions = {}): Promise<Evi> {
  ofServer[PLACE] = settings;
  const emulator = await sharedEmulator();
  process.env[URL_VARIABLE] = emulator.url; // for the workers, which inherit it
  if (emulator.caFile !== undefined) process.env[CA_VARIABLE] = emulator.caFile;
  const apiKey = (process.env[KEY_VARIABLE] ??= `evi-${randomUUID()}`);
  return emulator.world({ ...settings, apiKey });
}

function checkWorkers({ config: { workers } }: TestInfo): void {
  if (workers === 1) return;
  throw new UsageError(
    `worldOfServer() makes one world for all tests, which ${workers} workers would use at once: ` +
      "set workers: 1, or start a server for each worker with perWorker()",
  );
}

/** Check what a passed test has left over; tell under a failed one what happened. */
async function finish(world: Evi, info: TestInfo): Promise<void> {
  if (info.status === info.expectedStatus) {
    if (info.status === "passed") await checkLeftovers(world);
    return;
  }
  const error = info.errors.at(-1);
  const told = await report(world, error);
  if (!told) return;
  if (error === undefined) {
    await info.attach("timeline", { body: told, contentType: "text/plain" });
    return;
  }
  const before = error.message ?? "";
  const message = `${before}\n\n${told}`;
  error.message = message;
  if (error.stack?.includes(before)) error.stack = error.stack.replace(before, () => message);
}
