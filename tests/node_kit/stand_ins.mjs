// What the pages leave to their reader, for the blocks of JavaScript: a world, an app, a handler.
import { spawn as start } from "node:child_process";
import { createHmac } from "node:crypto";
import { connect } from "evi-emulator";

export { HumeClient } from "hume";

/** Return a fresh world of the emulator that runs. */
export async function newWorld() {
  const emulator = await connect({ url: String(process.env.EVI_URL) });
  return emulator.world();
}

/** A server of Next.js, which keeps the environment that it is given. */
export const startNext = async (options) => ({ ...options, stop: async () => {} });

/** A route that takes webhooks with a good signature. */
export async function POST(request) {
  const body = await request.text();
  const signed = `${body}.${request.headers.get("X-Hume-AI-Webhook-Timestamp")}`;
  const key = String(process.env.HUME_WEBHOOK_SIGNING_KEY);
  const signature = createHmac("sha256", key).update(signed).digest("hex");
  const isGood = signature === request.headers.get("X-Hume-AI-Webhook-Signature");
  return new Response(null, { status: isGood ? 200 : 401 });
}

const ASK = `fetch("https://api.hume.ai/v0/evi/configs", { headers: { "X-Hume-Api-Key": "of production" } })
  .then(({ status }) => process.exit(status === 200 ? 0 : 1))`;

/** Start a program that names the service's host, in place of the command of an app. */
export const spawn = (command, words, options) =>
  start(process.execPath, ["--eval", ASK], { ...options, stdio: "inherit" });

/** Vercel's provider, as far as the page uses it. The real one runs in `make test-clients`. */
export const createHume = ({ apiKey, fetch }) => ({ speech: () => ({ apiKey, fetch }) });

export async function generateSpeech({ model, text, outputFormat }) {
  const answer = await model.fetch("https://api.hume.ai/v0/tts/file", {
    method: "POST",
    headers: { "X-Hume-Api-Key": model.apiKey, "Content-Type": "application/json" },
    body: JSON.stringify({ utterances: [{ text }], format: { type: outputFormat } }),
  });
  if (!answer.ok) throw new Error(await answer.text());
  return { audio: { uint8Array: new Uint8Array(await answer.arrayBuffer()) } };
}
