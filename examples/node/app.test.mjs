// Tests of the app next to this file: evi-emulator exec -- npm test

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { beforeEach, test } from "node:test";
import { configNames, converse, takeWebhook } from "./app.mjs";

const { HUME_BASE_URL: url, HUME_API_KEY: key, HUME_WEBHOOK_SIGNING_KEY: signingKey } = process.env;

// The emulator's own routes are the world's controls.
async function emulator(method, path, body) {
  const answer = await fetch(`${url}/_emulator/${path}`, {
    method,
    headers: { "X-Hume-Api-Key": key, "Content-Type": "application/json" },
    body: body && JSON.stringify(body),
  });
  const text = await answer.text();
  assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`);
  return text && JSON.parse(text);
}

beforeEach(() => emulator("POST", "reset"));

test("a busy service is asked again", async () => {
  await emulator("POST", "stubs", { operation: "list-configs", status: 503 });

  assert.equal((await configNames(url, key)).length, 4);

  const { stubs } = await emulator("GET", "stubs");
  assert.equal(stubs[0].used, 1);
});

test("a service that stays busy is an error", async () => {
  await emulator("POST", "stubs", { operation: "list-configs", status: 503, times: null });
  await assert.rejects(configNames(url, key), /answered 503/);
});

test("the weather", async () => {
  const answer = [
    { call_tool: "get_current_weather", parameters: { location: "Oslo" } },
    "There is {tool_result.sky} at {tool_result.celsius} degrees.",
  ];
  await emulator("PUT", "script", { script: { rules: [{ when: "weather", answer }] } });

  const said = await converse(url, key, "What's the weather?");

  assert.deepEqual(said, ["There is snow at -4 degrees."]);
  const { entries } = await emulator("GET", "journal/wait?kind=frame&direction=in&timeout=5");
  const types = entries.map((entry) => entry.content?.type).filter(Boolean);
  assert.deepEqual(types, ["session_settings", "user_input", "tool_response"]);
});

test("time passes at once", async () => {
  const scene = { user: ["Hello"], end_reason: "ACTIVE" };
  const { chat_id } = await emulator("POST", "simulate", scene);
  await emulator("POST", "clock/advance", { seconds: 1200 });
  const headers = { "X-Hume-Api-Key": key };
  const chat = await (await fetch(`${url}/v0/evi/chats/${chat_id}`, { headers })).json();
  assert.equal(chat.status, "INACTIVITY_TIMEOUT");
});

test("webhooks are checked", async (t) => {
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk;
    response.writeHead(takeWebhook(request.headers, body, signingKey)).end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });

  const target = { event_name: "chat_ended", url: `http://127.0.0.1:${server.address().port}/` };
  const genuine = await emulator("POST", "webhooks/trigger", target);
  const forged = await emulator("POST", "webhooks/trigger", { ...target, faults: ["wrong_key"] });

  assert.equal(genuine.state, "delivered");
  assert.equal(forged.attempts[0].status, 401);
});
