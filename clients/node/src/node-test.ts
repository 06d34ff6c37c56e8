/**
 * A fresh world for a test of `node:test`.
 *
 *     import { test } from "node:test";
 *     import { evi } from "evi-emulator/node-test";
 *
 *     test("it answers", async (t) => {
 *       const world = await evi(t, { clock: "manual" });
 *     });
 */
import type { TestContext } from "node:test";
import { checkLeftovers, openWorld, report } from "./fixture.js";
import type { Evi, WorldOptions } from "./world.js";

export { sharedEmulator } from "./fixture.js";

/**
 * Return a fresh world, which is closed at the test's end.
 *
 * A failed test shows what happened in it; a passed one fails for stubs that nobody used.
 */
export async function evi(t: TestContext, settings: WorldOptions = {}): Promise<Evi> {
  const world = await openWorld(settings, t.fullName ?? t.name);
  t.after(async () => {
    try {
      const error = errorOf(t);
      if (error === undefined) await checkLeftovers(world);
      else (await report(world, error)).split("\n").forEach((line) => t.diagnostic(line));
    } finally {
      await world.close();
    }
  });
  return world;
}

/** Return why a test has failed, if it has. */
function errorOf(t: TestContext): unknown {
  const { error } = t as TestContext & { error?: (Error & { cause?: unknown }) | null };
  return error?.cause ?? error ?? undefined;
}
