import { defineConfig } from "@playwright/test";
import { worldOfServer } from "evi-emulator/playwright";

const port = Number(process.env.PORT ?? 3000);
const evi = await worldOfServer();

export default defineConfig({
  testMatch: "tests/*.spec.ts",
  workers: 1,
  reporter: "list",
  use: {
    baseURL: `http://localhost:${port}`,
    launchOptions: { executablePath: process.env.CHROMIUM }, // Playwright's own if left out
  },
  webServer: {
    command: `next start --port ${port}`,
    url: `http://localhost:${port}`,
    // The server asks api.hume.ai; the last variable leads its requests into the world.
    env: { ...evi.env, HUME_SECRET_KEY: "any", NODE_OPTIONS: "--import evi-emulator/intercept" },
  },
});
