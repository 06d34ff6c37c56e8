// evi.intercept() and its preload: programs that name the service's host reach a world.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import dns from "node:dns";
import { once } from "node:events";
import http, { createServer } from "node:http";
import http2 from "node:http2";
import https, { request as namedRequest } from "node:https";
import { createRequire, syncBuiltinESMExports } from "node:module";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { startEmulator } from "evi-emulator";
import { HumeClient, fetchAccessToken } from "hume";
import { WebSocket as Ws } from "ws";

const require = createRequire(import.meta.url);
const CommonJs = require("hume").HumeClient;
const HOST = "https://api.hume.ai";
const WRONG = "a-key-of-production";
const keptFetch = fetch; // from before
void Request; // has Node make its dispatcher
const DISPATCHER = globalThis[Symbol.for("undici.globalDispatcher.1")];

let emulator, evi, interception;

before(async () => (emulator = await startEmulator()));
after(() => emulator.stop());
beforeEach(async () => {
  evi = await emulator.world({ seed: "empty" });
  await evi.script.onAnything().say("Hello from the emulator.");
  interception = evi.intercept();
});
afterEach(() => evi.close());

const paths = async () => {
  const entries = await evi.journal.entries({ kind: "http" });
  return entries.map(({ method, path }) => `${method} ${path}`);
};

/** What the assistant says in a chat of the vendor's client. */
async function converse(client) {
  const socket = await client.empathicVoice.chat.connect({});
  const said = [];
  const over = new Promise((resolve, reject) => {
    socket.on("error", reject);
    socket.on("close", resolve);
    socket.on("message", (message) => {
      if (message.type === "assistant_message") said.push(message.message.content);
      if (message.type === "assistant_end") resolve();
    });
  });
  await socket.waitForOpen();
  socket.sendUserInput("Hello");
  await over;
  socket.close();
  return said;
}

/** The answer to a request of node:http or node:https. */
async function answered(request) {
  const [response] = await once(request, "response");
  const pieces = [];
  for await (const piece of response) pieces.push(piece);
  return { status: response.statusCode, body: JSON.parse(Buffer.concat(pieces)) };
}

for (const [name, Client] of Object.entries({ "ES modules": HumeClient, CommonJS: CommonJs })) {
  test(`the vendor's client as ${name}`, async () => {
    const client = new Client({ apiKey: WRONG });
    const made = await client.empathicVoice.prompts.createPrompt({ name: "Mine", text: "Be brief." });
    assert.equal((await evi.prompts.get("Mine")).id, made.id);
    assert.deepEqual(await converse(client), ["Hello from the emulator."]);
    const chat = await evi.nextChat();
    await chat.expect("user_input", { text: "Hello" });
  });
}

test("the vendor's client without a global WebSocket", async () => {
  const kept = globalThis.WebSocket;
  globalThis.WebSocket = undefined; // as in Node 20: it takes the package ws
  try {
    assert.deepEqual(await converse(new HumeClient({ apiKey: WRONG })), ["Hello from the emulator."]);
  } finally {
    globalThis.WebSocket = kept;
  }
});

test("access tokens are this world's", async () => {
  const accessToken = await fetchAccessToken({ apiKey: WRONG, secretKey: "secret" });
  assert.deepEqual(await converse(new HumeClient({ accessToken })), ["Hello from the emulator."]);
  await (await evi.nextChat()).expect("user_input");
});

test("fetch in every form", async () => {
  const headers = { "X-Hume-Api-Key": WRONG };
  const post = { method: "POST", body: JSON.stringify({ name: "One", text: "x" }) };
  const typed = { ...headers, "Content-Type": "application/json" };
  for (const send of [
    () => fetch(`${HOST}/v0/evi/prompts`, { headers }),
    () => fetch(new URL(`${HOST}/v0/evi/prompts`), { headers: new Headers(headers) }),
    () => fetch(new Request(`${HOST}/v0/evi/prompts`, { headers })),
    () => fetch(`${HOST}:443/v0/evi/prompts?api_key=${WRONG}&page_size=3`),
    () => keptFetch(new Request(`${HOST}/v0/evi/prompts`, { ...post, headers: typed })),
  ]) {
    const answer = await send();
    assert.ok(answer.ok, await answer.text());
    assert.ok(answer.url.startsWith(HOST)); // the program does not notice
  }
  assert.deepEqual(await paths(), [...Array(4).fill("GET /v0/evi/prompts"), "POST /v0/evi/prompts"]);
  assert.equal((await fetch(`${HOST}/v0/evi/prompts`)).status, 401); // no key is made up
});

test("node:http and node:https in every form", async () => {
  const headers = { "X-Hume-Api-Key": WRONG, Host: "api.hume.ai" };
  const path = "/v0/evi/prompts";
  for (const request of [
    https.get(`${HOST}${path}`, { headers }),
    https.get(new URL(`${HOST}${path}?api_key=${WRONG}`)),
    https.request({ host: "api.hume.ai", path, headers, agent: new https.Agent(), port: 443 }).end(),
    namedRequest({ hostname: "API.hume.ai", path, headers: ["X-Hume-Api-Key", WRONG] }).end(),
    http.request(`http://api.hume.ai${path}`, { headers }, () => {}).end(),
  ]) {
    const { status, body } = await answered(request);
    assert.equal(status, 200);
    assert.deepEqual(body.prompts_page, []);
  }
  assert.deepEqual(await paths(), Array(5).fill(`GET ${path}`));
});

test("the package ws", async () => {
  const socket = new Ws(`wss://api.hume.ai/v0/evi/chat?apiKey=${WRONG}`, { headers: { "X-Mine": "1" } });
  const [first] = await once(socket, "message");
  assert.equal(JSON.parse(first).type, "chat_metadata");
  socket.close(1000);
  await (await evi.nextChat()).closed(1000);
});

test("other hosts are left alone", async (t) => {
  const server = createServer((request, response) => {
    response.end(JSON.stringify([request.url, request.headers["x-hume-api-key"]]));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  t.after(() => server.closeAllConnections());
  const url = `http://127.0.0.1:${server.address().port}/x?api_key=${WRONG}`;
  const headers = { "X-Hume-Api-Key": WRONG };
  const sent = [`/x?api_key=${WRONG}`, WRONG];
  assert.deepEqual(await (await fetch(url, { headers })).json(), sent);
  assert.deepEqual((await answered(http.get(url, { headers }))).body, sent);
  assert.deepEqual(await paths(), []);
});

test("the last world counts, until it lets go", async () => {
  const other = await emulator.world({ seed: "empty" });
  const headers = { "X-Hume-Api-Key": WRONG, "Content-Type": "application/json" };
  const create = (name) =>
    fetch(`${HOST}/v0/evi/prompts`, { method: "POST", headers, body: JSON.stringify({ name, text: "x" }) });
  const second = other.intercept();
  await create("in the other");
  second.restore();
  second.restore(); // again is nothing
  await create("in the first");
  assert.deepEqual((await other.prompts.list()).map(({ name }) => name), ["in the other"]);
  assert.deepEqual((await evi.prompts.list()).map(({ name }) => name), ["in the first"]);
  other.intercept();
  await other.close(); // lets go, too
  assert.equal((await create("in the first again")).status, 201);
});

test("restoring leaves nothing behind", () => {
  const members = () => [
    http.request, http.get, https.request, https.get, dns.lookup, namedRequest, DISPATCHER.dispatch,
  ];
  const patched = members();
  interception.restore();
  const unpatched = members();
  patched.forEach((each, at) => assert.notEqual(each, unpatched[at]));
  assert.equal(fetch, keptFetch); // it was never replaced
  assert.ok(!Object.hasOwn(DISPATCHER, "dispatch"));
  const again = evi.intercept();
  const theirs = (https.request = () => {}); // somebody else's, which stays
  again[Symbol.dispose]();
  assert.equal(https.request, theirs);
  https.request = unpatched[2];
  syncBuiltinESMExports();
  assert.deepEqual(members(), unpatched);
});

test("what can't be redirected fails, and says so", async () => {
  const session = http2.connect(HOST);
  const [error] = await once(session, "error");
  assert.equal(error.code, "ERR_NOT_REDIRECTED");
  assert.match(error.message, /could not redirect a connection to api\.hume\.ai, and has refused it/);
});

test("the preload goes by the environment", async () => {
  const program = `
    const { get } = require("node:https");
    get("${HOST}/v0/evi/prompts?api_key=x", (answer) => console.log("https", answer.resume().statusCode));
    fetch("${HOST}/v0/evi/prompts?api_key=x").then(async (answer) => console.log("fetch", answer.status, await answer.text()));
  `;
  const run = (option, variables) => {
    const words = [option, "evi-emulator/intercept", "-e", program];
    return execFileSync(process.execPath, words, { env: variables, encoding: "utf8", timeout: 30_000 });
  };
  for (const option of ["--import", "--require"]) {
    const lines = run(option, evi.env).trim().split("\n").sort();
    assert.match(lines[0], /^fetch 200 {/);
    assert.equal(lines[1], "https 200");
  }
  assert.equal((await paths()).length, 4);
});

test("a preload that redirects nothing says why", () => {
  const cases = [
    [{}, /intercept: HUME_BASE_URL is not set, so nothing is redirected/],
    [{ HUME_BASE_URL: "nowhere" }, /must be a URL such as http:\/\/127.0.0.1:8484, got "nowhere"/],
    [{ HUME_BASE_URL: HOST, HUME_API_KEY: "x" }, /is the service itself/],
    [{ HUME_BASE_URL: evi.url }, /HUME_API_KEY is not set, so nothing is redirected/],
  ];
  for (const [variables, told] of cases) {
    const shell = `"${process.execPath}" --import evi-emulator/intercept -e "" 2>&1`;
    const env = { PATH: process.env.PATH, ...variables };
    assert.match(execFileSync("/bin/sh", ["-c", shell], { env, encoding: "utf8" }), told);
  }
});
