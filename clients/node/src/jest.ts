/**
 * A fresh world for each test of Jest.
 *
 *     import { useEvi } from "evi-emulator/jest";
 *
 *     const evi = useEvi({ clock: "manual" });
 *
 *     test("it answers", async () => { await evi.script.onUser("weather").say("It snows."); });
 */
import { UsageError } from "./errors.js";
import { checkLeftovers, openWorld, report, stopSharedEmulator } from "./fixture.js";
import type { Evi, WorldOptions } from "./world.js";

export { sharedEmulator } from "./fixture.js";

type Hook = (run: () => Promise<void>, timeoutMs?: number) => void;
interface JestGlobals {
  beforeAll: Hook;
  beforeEach: Hook;
  afterEach: Hook;
  afterAll: Hook;
}

/** How long a world is used. */
export interface UseOptions {
  /** "test" for a fresh world for each, "file" for one that is reset before each. */
  per?: "test" | "file" | undefined;
}

const START_MS = 40_000;
let users = 0; // of this file: the last one stops the emulator

/**
 * Have a world for each test of this file, or of the surrounding `describe`, and return it.
 *
 * What is returned stands for the world of the test that runs. With `per: "file"` it is one world
 * with one API key, for a server that reads its key once; it is reset before each test.
 */
export function useEvi(settings: WorldOptions = {}, { per = "test" }: UseOptions = {}): Evi {
  const jest = globalThis as unknown as JestGlobals;
  if (typeof jest.beforeEach !== "function") {
    throw new UsageError("useEvi needs Jest's globals: call it in a test file that Jest runs");
  }
  let world: Evi | undefined;
  const open = async () => {
    world = await openWorld(settings, nameOfTest());
  };
  const close = async () => {
    await world?.close();
    world = undefined;
  };
  users++;
  jest.afterAll(async () => {
    await close();
    if (--users === 0) await stopSharedEmulator();
  }, START_MS);
  if (per === "file") {
    jest.beforeAll(open, START_MS);
    jest.beforeEach(async () => world?.reset());
  } else {
    jest.beforeEach(open, START_MS);
  }
  jest.afterEach(async () => {
    if (world === undefined) return; // it could not be opened
    try {
      await finish(world);
    } finally {
      if (per === "test") await close();
    }
  });
  return standIn(() => world);
}

/** Return the name of the test that runs, after those of its suites; none outside of a test. */
function nameOfTest(): string | undefined {
  const { expect } = globalThis as unknown as { expect?: { getState?(): { currentTestName?: string } } };
  return expect?.getState?.().currentTestName;
}

/** Check what a passed test has left over; tell under a failed one what happened. */
async function finish(world: Evi): Promise<void> {
  const errors = errorsOfTest();
  if (errors.length === 0) {
    await checkLeftovers(world);
    return;
  }
  const told = await report(world, errors.at(-1));
  // An error of the hook is the one place of Jest's report where a text can be put.
  if (told) throw Object.assign(new Error(told), { name: "", stack: told });
}

/** Return the errors of the test that runs, as Jest's runner keeps them; none if it hides them. */
function errorsOfTest(): unknown[] {
  const symbols = Object.getOwnPropertySymbols(globalThis);
  const place = symbols.find((each) => each.description === "JEST_STATE_SYMBOL");
  if (place === undefined) return [];
  const state = (globalThis as unknown as Record<symbol, CircusState>)[place];
  const errors = state?.currentlyRunningTest?.errors ?? [];
  return errors.map((each) => (Array.isArray(each) ? (each[0] ?? each[1]) : each));
}

interface CircusState {
  currentlyRunningTest?: { errors: unknown[] } | null;
}

/** Return an object that is the present world to everybody who uses it. */
function standIn(present: () => Evi | undefined): Evi {
  return new Proxy({} as Evi, {
    get(_, name) {
      const world = present();
      if (world === undefined) {
        if (typeof name === "symbol" || name === "then" || name === "toJSON") return undefined;
        throw new UsageError(`evi.${name}: there is a world only while a test runs`);
      }
      const value: unknown = Reflect.get(world, name, world);
      return typeof value === "function" ? value.bind(world) : value;
    },
  });
}
