/**
 * One emulator for all processes of a test run, as `globalSetup` of Vitest or Jest.
 *
 *     import { defineConfig } from "vitest/config";
 *
 *     export default defineConfig({ test: { globalSetup: ["evi-emulator/global-setup"] } });
 */
import { startEmulator } from "./emulator.js";
import { CA_VARIABLE, URL_VARIABLE } from "./fixture.js";

/** Start an emulator, and have every test find it. Returns what stops it, which Vitest calls. */
export default async function setup(): Promise<() => Promise<void>> {
  if (process.env[URL_VARIABLE]) return async () => {};
  const emulator = await startEmulator();
  process.env[URL_VARIABLE] = emulator.url;
  if (emulator.caFile !== undefined) process.env[CA_VARIABLE] = emulator.caFile;
  return async () => {
    delete process.env[URL_VARIABLE];
    delete process.env[CA_VARIABLE];
    await emulator.stop();
  };
}
