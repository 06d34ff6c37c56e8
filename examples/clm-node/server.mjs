// A custom language model for EVI: chat completions as an event stream.
// Run it with `node server.mjs 8000`. `sentence` is where your own model goes.

import { createHash, randomUUID, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

const KEY = process.env.CLM_KEY ?? ""; // what clients set as language_model_api_key; "" for none
const PAUSE_MS = Number(process.env.CLM_PAUSE_S ?? 0) * 1000; // between words, as a model makes them
const GREETING_REQUEST = "Speak your greeting to the user.";

// What to say.
function sentence(messages) {
  const last = messages.at(-1);
  if (last?.role === "tool") {
    const { celsius, sky } = JSON.parse(last.content);
    return `It has ${celsius} degrees, with ${sky}.`;
  }
  const user = messages.findLast(({ role }) => role === "user");
  const text = (user?.content ?? "").trim();
  if (text === GREETING_REQUEST) return "Hello! I am your assistant.";
  if (!text) return ""; // the stream has [DONE] alone, so EVI says nothing
  const feeling = strongest(user);
  const heard = feeling ? ` I hear ${feeling.toLowerCase()} in it.` : "";
  return `You said: ${text.replace(GREETING_REQUEST, "").trim()}${heard}`;
}

// The strongest expression; what is typed has none.
function strongest({ models }) {
  const scores = Object.entries(models?.prosody?.scores ?? {});
  return scores.sort(([, one], [, other]) => other - one)[0]?.[0];
}

// The tool to call: the weather's, if it is offered and the user asks for it.
function wantedTool({ messages, tools = [] }) {
  const last = messages.at(-1);
  const isOffered = tools.some((each) => each.function.name === "get_current_weather");
  if (!isOffered || last?.role !== "user" || !/weather/i.test(last.content)) return null;
  return { name: "get_current_weather", arguments: JSON.stringify({ location: "Oslo" }) };
}

// The chunks of an answer. The fingerprint names the chat, and comes back with each request.
async function* chunks(body, sessionId) {
  const chunk = (delta, finish = null) => ({
    id: "chatcmpl-1",
    object: "chat.completion.chunk",
    created: 0,
    model: body.model ?? "default",
    system_fingerprint: sessionId,
    choices: [{ index: 0, delta, finish_reason: finish }],
  });
  const tool = wantedTool(body);
  if (tool) {
    const call = { index: 0, id: `call_${randomUUID()}`, type: "function", function: tool };
    yield chunk({ tool_calls: [call] }, "tool_calls");
    return;
  }
  for (const word of sentence(body.messages).split(" ")) {
    yield chunk({ role: "assistant", content: `${word} ` });
    await sleep(PAUSE_MS);
  }
  yield chunk({}, "stop");
}

function hasKey({ authorization = "" }) {
  const digest = (text) => createHash("sha256").update(text).digest();
  return !KEY || timingSafeEqual(digest(authorization), digest(`Bearer ${KEY}`));
}

async function answer(request, response) {
  const url = new URL(request.url, "http://localhost");
  if (request.method !== "POST" || url.pathname !== "/chat/completions") {
    return response.writeHead(404).end();
  }
  if (!hasKey(request.headers)) {
    return response.writeHead(401).end(JSON.stringify({ error: { message: "wrong key" } }));
  }
  let text = "";
  for await (const piece of request.setEncoding("utf8")) text += piece;
  const sessionId = url.searchParams.get("custom_session_id") || randomUUID();
  response.writeHead(200, { "Content-Type": "text/event-stream" });
  for await (const chunk of chunks(JSON.parse(text), sessionId)) {
    if (response.destroyed) return; // the user has interrupted the answer
    response.write(`data: ${JSON.stringify(chunk)}\n\n`);
  }
  response.end("data: [DONE]\n\n");
}

const server = createServer((request, response) => {
  answer(request, response).catch((error) => {
    console.error(error);
    response.destroy();
  });
}).listen(Number(process.argv[2]), "127.0.0.1", () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});
