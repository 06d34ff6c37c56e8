// Starts a Next.js app as it is, talks with its page in Chromium, and prints what the page shows.
// Both find the service by this process's environment: the server by Node's options, Chromium by
// its proxy.

import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";

const [project, port, chromium] = process.argv.slice(2);
const { chromium: browsers } = createRequire(join(project, "package.json"))("@playwright/test");

const next = join(project, "node_modules", "next", "dist", "bin", "next");
const server = spawn(process.execPath, [next, "start", "--port", port], { cwd: project });
await new Promise((resolve, reject) => {
  server.stdout.on("data", (text) => /Ready/.test(text) && resolve());
  server.on("exit", () => reject(new Error("the app has ended")));
});
const browser = await browsers.launch({
  executablePath: chromium,
  args: ["--no-sandbox", "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"],
});
try {
  const page = await browser.newPage({ ignoreHTTPSErrors: true });
  await page.goto(`http://localhost:${port}/`);
  await page.getByRole("button", { name: "Start" }).click();
  await page.getByLabel("Text").fill("Hello");
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByText("user: Hello").waitFor();
  await page.getByText("assistant: ").first().waitFor();
  await page.getByRole("button", { name: "Hang up" }).click();
  console.log(await page.getByRole("button", { name: "Start" }).isVisible());
} finally {
  await browser.close();
  server.removeAllListeners("exit");
  server.kill();
}
