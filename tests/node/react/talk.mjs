// Opens page.jsx in Chromium, with a file as its microphone, and goes through some steps. The input is
//
//     {hostname, apiKey, configId, enableAudioWorklet, chromium, microphone, packages, steps}
//
// where `packages` is the folder whose node_modules the page is made of, and a step is ["click", selector], ["see", selector, text] (as a part of one such element),
// ["hear", what, times] (until the page has told of it that often) or ["advance", seconds] (the
// clock). The output is {log, messages, failures}: what the page told, the messages that it shows,
// and what went wrong in it.
// Nothing but this machine is reached.

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { chromium } from "playwright-core";

const TIMEOUT_MS = 20_000;
const LOCAL = /^https?:\/\/(127\.0\.0\.1|localhost)[:/]/;
const { steps, chromium: executablePath, microphone, packages, ...settings } = JSON.parse(
  await text(process.stdin),
);

async function bundle() {
  const { outputFiles } = await build({
    stdin: {
      contents: await readFile(fileURLToPath(new URL("page.jsx", import.meta.url)), "utf8"),
      loader: "jsx",
      resolveDir: packages,
      sourcefile: "page.jsx",
    },
    bundle: true,
    define: { "process.env.NODE_ENV": '"production"' },
    format: "esm",
    jsx: "automatic",
    logLevel: "error",
    platform: "browser",
    write: false,
  });
  return outputFiles[0].text;
}

async function serve(script) {
  const html = `<!doctype html><title>A voice</title><link rel="icon" href="data:,"><div id="root"></div>
    <script>window.settings = ${JSON.stringify(settings)}</script>
    <script type="module" src="/page.js"></script>`;
  const server = createServer((request, response) => {
    const isScript = request.url === "/page.js";
    response.setHeader("Content-Type", isScript ? "text/javascript" : "text/html; charset=utf-8");
    response.end(isScript ? script : html);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

async function act(page, [kind, selector, wanted]) {
  if (kind === "click") return page.click(selector, { timeout: TIMEOUT_MS });
  if (kind === "see") {
    const shown = page.locator(selector, { hasText: wanted }).first();
    return shown.waitFor({ state: "attached", timeout: TIMEOUT_MS });
  }
  if (kind === "advance") return advance(selector);
  const isTold = ([what, times]) => window.log.filter((each) => each[0] === what).length >= times;
  return page.waitForFunction(isTold, [selector, wanted], { timeout: TIMEOUT_MS, polling: 20 });
}

async function advance(seconds) {
  const headers = { "X-Hume-Api-Key": settings.apiKey, "Content-Type": "application/json" };
  const body = JSON.stringify({ seconds });
  const url = `${settings.hostname}/_emulator/clock/advance`;
  const answer = await fetch(url, { method: "POST", headers, body });
  if (!answer.ok) throw new Error(await answer.text());
}

const server = await serve(await bundle());
const browser = await chromium.launch({
  executablePath,
  args: [
    "--no-sandbox",
    "--autoplay-policy=no-user-gesture-required",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    `--use-file-for-fake-audio-capture=${microphone}%noloop`,
  ],
});
const failures = [];
let page;
try {
  page = await browser.newPage({ ignoreHTTPSErrors: true }); // an emulator's own certificate
  await page.route((url) => !LOCAL.test(url.href), (route) => route.abort());
  page.on("pageerror", (error) => failures.push(`page: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error") failures.push(`console: ${message.text()}`);
  });
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  for (const step of steps) {
    await act(page, step).catch((error) => {
      throw new Error(`${JSON.stringify(step)}: ${error.message}`);
    });
  }
} catch (error) {
  failures.push(error.message);
} finally {
  const log = (await page?.evaluate(() => window.log).catch(() => null)) ?? [];
  const messages = (await page?.locator("#messages li").allTextContents().catch(() => null)) ?? [];
  await browser.close();
  server.close();
  console.log(JSON.stringify({ log, messages, failures }));
}
