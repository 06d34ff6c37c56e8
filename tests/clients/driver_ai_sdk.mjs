// What a program does with Vercel's AI SDK and its provider for Hume, which has no option for the
// address: its requests are led here by the `fetch` that it is given.
//
// The input is a list of {url, key, options}, where `options` are those of `generateSpeech`; the output
// is for each {audio, mediaType, format, warnings}, or {error, status, body} if it fails.

import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const resolve = createRequire(`${process.cwd()}/`).resolve;
const load = (name) => import(pathToFileURL(resolve(name)));

const given = JSON.parse(await new Response(process.stdin).text());
const { createHume } = await load("@ai-sdk/hume");
const ai = await load("ai");
const generateSpeech = ai.generateSpeech ?? ai.experimental_generateSpeech;

async function say({ url, key, options }) {
  const hume = createHume({
    apiKey: key,
    fetch: (asked, init) => fetch(String(asked).replace("https://api.hume.ai", url), init),
  });
  try {
    const { audio, warnings } = await generateSpeech({ model: hume.speech(), maxRetries: 0, ...options });
    return { audio: audio.base64, mediaType: audio.mediaType, format: audio.format, warnings };
  } catch (error) {
    return { error: error.message, status: error.statusCode ?? null, body: error.responseBody ?? null };
  }
}

const results = [];
for (const each of given) results.push(await say(each));
console.log(JSON.stringify(results));
