// What the fixtures of all test runners share: one emulator for the process, and a world for a test.
import { connect, startEmulator, type Emulator } from "./emulator.js";
import { EmulatorError, ExpectationFailed, StartupError } from "./errors.js";
import type { Evi, WorldOptions } from "./world.js";

/** The environment variable with the URL of an emulator that runs already. */
export const URL_VARIABLE = "EVI_URL";
/** The environment variable with the file of its CA, if it serves https. */
export const CA_VARIABLE = "EVI_CA_FILE";

// One for ES modules and CommonJS, which are two copies of this module.
const PLACE = Symbol.for("evi-emulator.shared");
const shared = globalThis as unknown as Record<symbol, Promise<Emulator> | undefined>;

/**
 * Return the emulator that tests share: the one of EVI_URL, or one that this process starts once.
 *
 * Variables such as EVI_EMULATOR_PACE are its settings. Throws StartupError.
 */
export function sharedEmulator(): Promise<Emulator> {
  return (shared[PLACE] ??= open());
}

async function open(): Promise<Emulator> {
  try {
    const url = process.env[URL_VARIABLE];
    return await (url ? connectTo(url) : startEmulator());
  } catch (error) {
    shared[PLACE] = undefined; // the next test may try again
    throw error;
  }
}

/** Connect to the emulator of EVI_URL, which errors name. */
async function connectTo(url: string): Promise<Emulator> {
  try {
    return await connect({ url, caFile: process.env[CA_VARIABLE] });
  } catch (error) {
    if (!(error instanceof EmulatorError)) throw error;
    throw new StartupError(`${URL_VARIABLE} is set to ${JSON.stringify(url)}: ${error.message}`);
  }
}

/** Stop the shared emulator, if this process has started one. */
export async function stopSharedEmulator(): Promise<void> {
  const emulator = shared[PLACE];
  shared[PLACE] = undefined;
  await (await emulator?.catch(() => undefined))?.stop();
}

/** Return a fresh world on the shared emulator; the inspector lists it by the test's name. */
export async function openWorld(settings: WorldOptions = {}, name?: string): Promise<Evi> {
  return (await sharedEmulator()).world({ ...(name ? { name } : {}), ...settings });
}

/** Throw ExpectationFailed, with the timeline, for what a passed test has left over. */
export async function checkLeftovers(evi: Evi): Promise<void> {
  try {
    await Promise.all([evi.checkToolCalls(), evi.checkStubs(), evi.checkUnused({ ifSet: true })]);
  } catch (error) {
    if (!(error instanceof ExpectationFailed)) throw error;
    throw new ExpectationFailed(`${error.message}\n${await happened(evi)}`);
  }
}

/** Return what happened in a world, for the report of a failed test; "" if that was told already. */
export async function report(evi: Evi, error?: unknown): Promise<string> {
  try {
    return await told(evi, error);
  } catch (problem) {
    return String(problem); // the test's own error matters more
  }
}

async function told(evi: Evi, error: unknown): Promise<string> {
  const message = (error as Error | undefined)?.message ?? "";
  const parts = /^timeline:$/m.test(message) ? [] : [await happened(evi)];
  try {
    await evi.checkToolCalls();
  } catch (unanswered) {
    parts.push(`what the EVI world waited for in vain: ${(unanswered as Error).message}`);
  }
  return parts.join("\n");
}

async function happened(evi: Evi): Promise<string> {
  return `what happened in the EVI world:\n${await evi.timeline()}`;
}
