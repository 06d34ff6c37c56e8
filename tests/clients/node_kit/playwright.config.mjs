// Run by Playwright Test, in Debian's Chromium.
import { defineConfig } from "@playwright/test";
import { worldOfServer } from "evi-emulator/playwright";

const isShared = process.env.SUITE === "server";
const evi = isShared ? await worldOfServer({ seed: "empty" }) : undefined;
const port = process.env.PORT_OF_SERVER;

export default defineConfig({
  testMatch: `${process.env.SUITE}.playwright.mjs`,
  timeout: 30_000,
  workers: Number(process.env.WORKERS ?? 1),
  reporter: "list",
  globalSetup: process.env.SETUP || undefined,
  use: { launchOptions: { executablePath: process.env.CHROMIUM } },
  webServer: isShared
    ? { command: "node server.mjs", env: evi.env, url: `http://127.0.0.1:${port}/health` }
    : undefined,
});
