/**
 * Fixtures for Vitest: a fresh world for each test.
 *
 *     import { test } from "evi-emulator/vitest";
 *
 *     test("it answers", async ({ evi }) => { await evi.script.onUser("weather").say("It snows."); });
 */
import { test as base, type TestAPI, type TestContext } from "vitest";
import { checkLeftovers, openWorld, report, sharedEmulator } from "./fixture.js";
import type { Evi, WorldOptions } from "./world.js";

export { sharedEmulator };

await sharedEmulator(); // here no test waits for the start, which a busy machine may take seconds for

type Use = (evi: Evi) => Promise<void>;
type TestFixture = (context: Pick<TestContext, "task">, use: Use) => Promise<void>;

/** A fixture of a fresh world: `const test = base.extend({ evi })`. */
export const evi: TestFixture = eviWith({});

/** Return a fixture of fresh worlds with these settings: `base.extend({ evi: eviWith({ ... }) })`. */
export function eviWith(settings: WorldOptions): TestFixture {
  return async ({ task }, use) => {
    const world = await openWorld(settings, nameOf(task));
    try {
      await use(world);
      await finish(world, task);
    } finally {
      await world.close();
    }
  };
}

interface Named {
  name: string;
  suite?: Named | undefined;
}

/** Return the name of a test, after those of its suites. */
function nameOf({ name, suite }: Named): string {
  return suite ? `${nameOf(suite)} > ${name}` : name;
}

/**
 * Return Vitest's `test` with one world, and so one API key, for the life of a worker.
 *
 * It suits a server such as Next.js's, which reads its key once: start it in a fixture of the worker
 * that uses `workerEvi`. In tests, `evi` is the same world, reset before each.
 */
export function perWorker(settings: WorldOptions = {}): TestAPI<{ workerEvi: Evi; evi: Evi }> {
  return base.extend<{ workerEvi: Evi; evi: Evi }>({
    workerEvi: [
      // eslint-disable-next-line no-empty-pattern
      async ({}, use) => {
        const world = await openWorld(settings);
        await use(world);
        await world.close();
      },
      { scope: "worker" },
    ],
    evi: async ({ task, workerEvi }, use) => {
      await workerEvi.reset();
      await use(workerEvi);
      await finish(workerEvi, task);
    },
  });
}

/** Vitest's `test` with the fixture `evi`. */
export const test = base.extend({ evi });

export { test as it };

/** Check what a passed test has left over; tell under a failed one what happened. */
async function finish(world: Evi, task: TestContext["task"]): Promise<void> {
  const errors = task.result?.state === "fail" ? (task.result.errors ?? []) : [];
  const last = errors.at(-1);
  if (last === undefined) {
    await checkLeftovers(world);
    return;
  }
  const told = await report(world, last);
  if (told) last.message += `\n\n${told}`;
}
