// What leads a browser's calls into a world, without a browser.
import assert from "node:assert/strict";
import { test } from "node:test";
import { evi } from "evi-emulator/node-test";

const inside = (name) => import(new URL(`node_modules/evi-emulator/dist/${name}.js`, import.meta.url));
const { addressedTo } = await inside("credentials");
const { HandshakeRefused, openSocket } = await inside("socket");

const BASE = "http://127.0.0.1:8484";
const basic = (text) => `Basic ${Buffer.from(text).toString("base64")}`;

function addressed(path, headers = {}, body = undefined) {
  const url = new URL(path, "https://api.hume.ai");
  const sent = addressedTo(BASE, "k", { url, headers, body: body && Buffer.from(body) });
  assert.equal(sent.url.origin, BASE);
  return [sent.url.pathname + sent.url.search, sent.headers, sent.body?.toString()];
}

test("credentials are replaced kind for kind, and nothing else", () => {
  assert.deepEqual(addressed("/v0/evi/configs?page_size=2"), ["/v0/evi/configs?page_size=2", {}, undefined]);
  assert.deepEqual(addressed("/a", { "x-hume-api-key": "real" })[1], { "x-hume-api-key": "k" });
  assert.deepEqual(addressed("/a", { authorization: "Bearer real" })[1], { "x-hume-api-key": "k" });
  assert.equal(addressed("/a?b=1&api_key=real")[0], "/a?b=1&api_key=k");
  assert.equal(addressed("/a?apiKey=real")[0], "/a?apiKey=k");
  assert.equal(addressed("/a?access_token=real")[0], "/a?api_key=k");
  assert.equal(addressed("/a?accessToken=real")[0], "/a?apiKey=k");
  assert.deepEqual(addressed("/oauth2-cc/token", { authorization: basic("real:sec:ret") })[1], {
    authorization: basic("k:sec:ret"),
  });
  const form = "grant_type=client_credentials&client_id=real&client_secret=s";
  assert.equal(addressed("/oauth2-cc/token", {}, form)[2], form.replace("real", "k"));
});

test("an access token of the world stays", async (t) => {
  const world = await evi(t);
  const answer = await fetch(`${world.url}/oauth2-cc/token`, {
    method: "POST",
    headers: { Authorization: basic(`${world.apiKey}:secret`) },
    body: new URLSearchParams({ grant_type: "client_credentials" }),
  });
  const { access_token } = await answer.json();
  const headers = { authorization: `Bearer ${access_token}` };
  const url = new URL(`https://api.hume.ai/a?access_token=${access_token}`);
  const sent = addressedTo(world.url, world.apiKey, { url, headers });
  assert.deepEqual([sent.url.search, sent.headers], [url.search, headers]);
});

test("a WebSocket: long messages both ways, the close", { timeout: 20_000 }, async (t) => {
  const world = await evi(t);
  await world.script.onAnything().say("Yes.");
  const told = [];
  let closed, answered;
  const ended = new Promise((resolve) => (closed = (...how) => resolve(how)));
  const answer = new Promise((resolve) => (answered = resolve));
  const message = (data) => {
    told.push(JSON.parse(data));
    if (told.at(-1).type === "assistant_end") answered();
  };
  const listener = { message, closed };
  const socket = await openSocket(new URL(`${world.url}/v0/evi/chat?api_key=${world.apiKey}`), listener);
  const chat = await world.nextChat();
  const long = "long ".repeat(20_000).trim();
  socket.send(JSON.stringify({ type: "user_input", text: long }));
  await answer;
  socket.close(1000, "done");
  assert.deepEqual(await ended, [1000, "done"]);
  await chat.closed(1000);
  assert.equal(told[0].type, "chat_metadata");
  assert.ok(told.some((each) => each.message?.content === long));
});

test("a WebSocket that is refused", async (t) => {
  const world = await evi(t);
  const listener = { message() {}, closed() {} };
  await assert.rejects(openSocket(new URL(`${world.url}/v0/evi/chat`), listener), (error) => {
    return error instanceof HandshakeRefused && error.message === "answered 401";
  });
  await assert.rejects(openSocket(new URL("http://127.0.0.1:1/"), listener), HandshakeRefused);
});
