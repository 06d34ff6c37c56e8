// Every verb of the package, on an emulator that it starts itself.
import assert from "node:assert/strict";
import { createServer } from "node:net";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import {
  connect,
  ExpectationFailed,
  LookupError,
  RefusedError,
  Script,
  startEmulator,
  StartupError,
  UsageError,
} from "evi-emulator";

let emulator, evi, folder;

before(async () => {
  emulator = await startEmulator({ journalLimit: 5000 });
  folder = await mkdtemp(join(tmpdir(), "evi-"));
});
after(async () => {
  await emulator.stop();
  await rm(folder, { recursive: true });
});
beforeEach(async () => {
  await evi?.close();
  evi = await emulator.world({ clock: "manual", randomSeed: 1 });
});

/** A client's side of a chat. */
class Talk {
  constructor(address) {
    this.frames = [];
    this.socket = new WebSocket(address);
    this.socket.onmessage = ({ data }) => {
      this.frames.push(JSON.parse(data));
      this.told?.();
    };
  }

  send(message) {
    this.socket.send(JSON.stringify(message));
  }

  async until(type) {
    for (;;) {
      const found = this.frames.find((frame) => frame.type === type);
      if (found) return found;
      await new Promise((resolve) => (this.told = resolve));
    }
  }
}

const talk = () => new Talk(`${evi.wsUrl}?api_key=${evi.apiKey}`);

const get = (path) => fetch(`${evi.url}${path}`, { headers: { "X-Hume-Api-Key": evi.apiKey } });

/** The message of what a promise is rejected with. */
async function failure(promise, kind = ExpectationFailed) {
  const error = await promise.then(() => assert.fail("it did not fail"), (error) => error);
  assert.ok(error instanceof kind, error.stack);
  return error.message;
}

test("a world is reached by its own key", async () => {
  const other = await emulator.world();
  assert.notEqual(evi.apiKey, other.apiKey);
  assert.match(evi.url, /^http:\/\/127\.0\.0\.1:\d+$/);
  assert.equal(evi.env.HUME_API_KEY, evi.apiKey);
  assert.equal(evi.env.HUME_BASE_URL, evi.url);
  assert.equal(evi.env.HUME_WEBHOOK_SIGNING_KEY, evi.signingKey);
  assert.match(evi.inspectorUrl, /_emulator\/#key=evi-/);
  await other.clock.resume();
  assert.equal(await evi.clock.mode(), "manual");
  assert.equal((await emulator.settings()).journal_limit, 5000);
  await other.close();
});

test("what is called wrongly is refused", async () => {
  assert.match(await failure(emulator.world({ clok: 1 }), UsageError), /did you mean "clock"/);
  assert.match(await failure(emulator.world({ port: 1 }), UsageError), /setting of the whole server/);
  assert.match(await failure(emulator.world({ clock: "x" }), RefusedError), /system, manual/);
  assert.match(await failure(emulator.world({ seed: "no.yaml" }), UsageError), /does not exist/);
  assert.match(await failure(startEmulator({ sed: "x" }), UsageError), /did you mean "seed"/);
  assert.match(await failure(evi.stub("list-confgs"), RefusedError), /did you mean 'list-configs'/);
  assert.match(await failure(evi.faults.add("http", "stat"), RefusedError), /did you mean 'status'/);
  assert.match(await failure(evi.chat("nobody"), LookupError), /no chat "nobody"/);
  assert.match(await failure(evi.configs.get("x"), LookupError), /no config "x"; there is "/);
  assert.match(await failure(evi.clock.advance({}), UsageError), /advance moves forward/);
  assert.match(await failure(evi.nextChat({ timeoutMs: -1 }), UsageError), /timeoutMs/);
});

test("a chat of a client", async () => {
  await evi.script.onUser("weather").callTool("get_weather", { city: "Oslo" }).say("{tool_result}");
  const client = talk();
  const chat = await evi.nextChat();
  assert.equal(await chat.isLive(), true);
  client.send({ type: "user_input", text: "What's the weather?" });
  const call = await client.until("tool_call");
  assert.match(
    await failure(chat.expectToolResponse({}, { timeoutMs: 20 })),
    /sent no type='tool_response' within 0.02 s[^]*hint: tool_call .* was never answered[^]*timeline:/,
  );
  client.send({ type: "tool_response", tool_call_id: call.tool_call_id, content: "snow" });
  await client.until("assistant_end");
  assert.equal((await chat.expect("user_input", { text: /weather/ })).text, "What's the weather?");
  assert.equal((await chat.expectToolResponse({ content: "snow" })).content, "snow");
  assert.match(await failure(chat.expect("user_input", {}, { timeoutMs: 0 })), /earlier expectation/);
  assert.match(await failure(chat.expect("user_inptu"), UsageError), /did you mean "user_input"/);
  const both = [chat.expect("user_input"), chat.expect("user_input")];
  client.send({ type: "user_input", text: "One" });
  client.send({ type: "user_input", text: "Two" });
  assert.deepEqual((await Promise.all(both)).map(({ text }) => text), ["One", "Two"]);
  await chat.send({ type: "user_input", text: "Bye" });
  assert.match(await failure(chat.send({ type: "no" }), RefusedError), /./);
  assert.match(await failure(chat.closed(1000, { timeoutMs: 10 })), /not closed with 1000/);
  client.socket.close(1000);
  await chat.closed(1000);
  assert.equal(await chat.status(), "USER_ENDED");
  assert.match(await failure(chat.expect("user_input", { text: "x" })), /before the chat was over/);
  const simulated = await evi.simulate({ user: ["Hello"] });
  assert.match(
    await failure(simulated.expect("user_input", {}, { timeoutMs: 60_000 })),
    /before the chat was over[^]*hint: .* chat\.messages\(\)/,
  );
  assert.match(await failure(chat.send({ type: "user_input", text: "x" }), LookupError), /not live/);
  assert.deepEqual((await chat.messages()).slice(0, 2), [
    ["user", "What's the weather?"],
    ["assistant", "snow"],
  ]);
  assert.match(await chat.groupId(), /-/);
  assert.deepEqual(await chat.errors(), []);
  assert.equal((await evi.chat(chat.id.toUpperCase())).id, chat.id);
  assert.ok((await evi.chats()).some(({ id }) => id === chat.id));
  assert.match(await failure(evi.nextChat({ timeoutMs: 10 })), /hint: chats open at ws:/);
});

test("a tool call that is never answered", async () => {
  await evi.setToolCallPatience(0);
  await evi.script.onAnything().callTool("get_weather");
  const client = talk();
  const chat = await evi.nextChat();
  client.send({ type: "user_input", text: "Hello" });
  await client.until("error");
  assert.match(await failure(evi.checkToolCalls()), /was never answered/);
  assert.equal((await chat.errors()).length, 1);
});

test("conversations, and time", async () => {
  await evi.hear("Hello");
  const chat = await evi.simulate({ user: ["Hello"], endReason: "ACTIVE" });
  const before = await evi.clock.now();
  await evi.clock.advance({ minutes: 19, seconds: 59, ms: 1000 });
  assert.equal((await evi.clock.now()) - before, 20 * 60_000);
  assert.equal(await chat.status(), "INACTIVITY_TIMEOUT");
  await evi.clock.resume();
  assert.equal(await evi.clock.mode(), "system");
  await evi.clock.freeze();
  const [first] = await chat.events();
  assert.equal(first.type, "CHAT_START_MESSAGE");
  const again = await emulator.world({ clock: "manual", randomSeed: 1 });
  const twin = await again.simulate({ user: ["Hello"], endReason: "ACTIVE" });
  await again.clock.advance({ minutes: 20 });
  assert.equal(await twin.transcript(), await chat.transcript());
  await again.close();
});

test("scripts", async () => {
  const said = async (scene = {}) =>
    (await (await evi.simulate({ user: ["Hello"], ...scene })).messages()).at(-1);
  await evi.useScript({ rules: [{ answer: "One." }] });
  assert.deepEqual(await said(), ["assistant", "One."]);
  const file = join(folder, "script.yaml");
  await writeFile(file, "rules:\n- answer: Two.\n");
  await evi.useScript(file);
  assert.deepEqual(await said(), ["assistant", "Two."]);
  assert.deepEqual(await said({ script: { rules: [{ answer: "Three." }] } }), ["assistant", "Three."]);
  evi.script.onUser(/hello/i).pause("10ms").say("Four.", { mood: "Joy", quick: true });
  await evi.script.onTurn(2).webSearch("snow", { result: "white" }).error("uncaught");
  assert.deepEqual(await said(), ["assistant", "Four."]);
  await evi.script.strict().onAnything({ times: 1 }).hangUp();
  await evi.script.answerTool("a", { b: 1 }).failTool("c", "no");
  assert.deepEqual(evi.script.content.tools.a, { content: { b: 1 } });
  await evi.useScript("weather");
  assert.match(await failure(evi.useScript("wether"), RefusedError), /did you mean 'weather'/);
  assert.match(
    await failure(Promise.resolve(evi.script.onUser("x").say("{nothing}")), RefusedError),
    /nothing is called/,
  );
  const world = await emulator.world({ script: file });
  const chat = await world.simulate({ user: ["Hello"] });
  assert.deepEqual((await chat.messages()).at(-1), ["assistant", "Two."]);
  await world.close();
});

test("the script that a world began with", async (t) => {
  const begun = new Script();
  begun.onAnything().say("Begun.");
  const world = await emulator.world({ script: begun });
  t.after(() => world.close());
  const said = async () => (await (await world.simulate({ user: ["Hello"] })).messages()).at(-1)[1];
  for (const again of [() => world.reset(), () => world.seed("empty")]) {
    await world.useScript({ rules: [{ answer: "Another." }] });
    begun.onTurn(1).say("Changed afterwards.");
    assert.equal(await said(), "Another.");
    await again();
    assert.equal(await said(), "Begun.");
  }
});

test("webhooks", async () => {
  const receiver = await evi.receiver();
  receiver.answer(500);
  assert.throws(() => receiver.answer(99), UsageError);
  const config = await fetch(`${evi.url}/v0/evi/configs`, {
    method: "POST",
    headers: { "X-Hume-Api-Key": evi.apiKey, "Content-Type": "application/json" },
    body: JSON.stringify({
      evi_version: "3",
      name: "With webhooks",
      webhooks: [{ url: receiver.url, events: ["chat_ended"] }],
    }),
  });
  const { id } = await config.json();
  assert.equal((await evi.configs.get("With webhooks")).id, id);
  assert.equal(await evi.configs.has(id), true);
  const chat = await evi.simulate({ user: ["Hello"], configId: id });
  const first = await receiver.waitFor("chat_ended", { chat_id: chat.id });
  assert.equal(first.isGenuine, true);
  assert.equal(await evi.webhooks.drain({ timeoutMs: 100 }), 1); // the frozen clock holds the retry
  await evi.clock.advance({ hours: 1 });
  await evi.webhooks.waitFor("chat_ended", { chat_id: chat.id });
  assert.equal(receiver.received.length, 2);
  assert.match(await failure(evi.webhooks.waitFor("chat_started", {}, { timeoutMs: 20 })), /no delivered/);
  assert.match(await failure(receiver.waitFor("tool_call", {}, { timeoutMs: 20 })), /came: chat_ended/);
  await evi.webhooks.misbehave("wrong_key");
  const delivery = await evi.webhooks.trigger("chat_ended", { url: receiver.url, chatId: chat.id });
  assert.equal(delivery.attempts.at(-1).status, 401);
  assert.equal(receiver.received.at(-1).problem, "the signature is wrong");
  assert.match(
    await failure(evi.webhooks.waitFor("chat_ended", { chat_id: "x" }, { timeoutMs: 20 })),
    /attempt 1 of chat_ended to \S+ was answered 401: the signature is wrong\n/,
  );
  assert.match(
    await failure(receiver.waitFor("tool_call", {}, { timeoutMs: 20 })),
    /chat_ended \(the signature is wrong\)/,
  );
  await fetch(receiver.url, { method: "POST", body: "{" });
  assert.match(
    await failure(receiver.waitFor("tool_call", {}, { timeoutMs: 20 })),
    /, a request without an event_name \(the body is not JSON\)$/,
  );
  const signed = await evi.sign("chat_ended", { chatId: chat.id, faults: ["wrong_key"] });
  assert.equal(JSON.parse(signed.body).chat_id, chat.id);
  assert.match(signed.headers["X-Hume-AI-Webhook-Signature"], /^[0-9a-f]{64}$/);
  assert.equal((await evi.sign({ a: 1 })).body, '{"a":1}');
  assert.equal((await evi.sign(Buffer.from("raw"), { faults: ["missing_headers"] })).body, "raw");
  assert.match(await failure(evi.sign("chat_ended", { chatId: "1" }), LookupError), /1/);
  await evi.webhooks.behave();
  await evi.webhooks.trigger("chat_ended", { url: receiver.url, set: { caller_number: null } });
  assert.equal(receiver.events.length, 3);
  assert.ok((await evi.webhooks.deliveries()).length >= 3);
});

test("faults, stubs, the journal and the contract", async () => {
  await evi.faults.add("http", "status", { status: 429, retryAfterS: 3, times: 1 });
  const refused = await get("/v0/evi/configs");
  assert.equal(refused.status, 429);
  assert.equal((await evi.faults.list())[0].used, 1);
  await evi.faults.clear("socket");
  assert.equal((await evi.faults.list()).length, 1);
  await evi.faults.clear();
  assert.deepEqual(await evi.faults.list(), []);
  await evi.stub("list-configs", { status: 503, times: 2 });
  assert.equal((await get("/v0/evi/configs")).status, 503);
  assert.match(await failure(evi.checkStubs()), /list-configs -> 503: used 1 of 2 times/);
  assert.equal((await evi.stubs())[0].used, 1);
  await get("/v0/evi/configs");
  await evi.checkStubs();
  await evi.stub("list-tools", { status: 503, match: { query: { name: "A" } } });
  assert.equal((await get("/v0/evi/tools?name=B")).status, 200);
  assert.match(await failure(evi.checkStubs()), /query.name: wanted 'A', got 'B'/);
  assert.equal((await get("/v0/evi/tools?name=A")).status, 503);
  await evi.faults.add("http", "reset", { path: "/nowhere" });
  await evi.checkUnused({ ifSet: true });
  assert.match(await failure(evi.checkUnused()), /the http fault 'reset' .* never struck/);
  assert.match(await evi.timeline(), /\n  unused   the http fault 'reset'/);
  await evi.faults.clear();
  await evi.checkUnused();
  const entry = await evi.journal.waitFor({ kind: "http", path: "/v0/evi/configs", status: 503 });
  assert.equal(entry.method, "GET");
  const later = evi.journal.waitFor({ kind: "http", after: entry.seq, status: 404 });
  await get("/v0/evi/nothing");
  assert.equal((await later).path, "/v0/evi/nothing");
  assert.equal((await evi.journal.entries({ kind: "http", status: /x/ })).length, 0);
  assert.match(await evi.timeline(), /GET \/v0\/evi\/nothing -> 404/);
  assert.match(
    await failure(evi.journal.waitFor({ kind: "http", status: 418 }, { timeoutMs: 10 })),
    /no journal entry within 0.01 s: kind='http', status=418\nnearest: /,
  );
  assert.match(await failure(evi.contract.assertClean()), /finding[^]*expected/);
  assert.match(await failure(evi.contract.assertClean({ failOn: "x" }), UsageError), /warning, error/);
  const codes = (await evi.contract.findings()).map(({ code }) => code);
  await evi.contract.assertClean({ allow: codes });
  assert.ok((await evi.contract.coverage()).parts.length > 0);
  assert.ok((await emulator.contractReport()).findings.length > 0);
  await evi.contract.clear();
  await evi.contract.assertClean();
});

test("text-to-speech", async () => {
  const say = (text) =>
    fetch(`${evi.url}/v0/tts`, {
      method: "POST",
      headers: { "X-Hume-Api-Key": evi.apiKey, "Content-Type": "application/json" },
      body: JSON.stringify({ utterances: [{ text, voice: { name: "Ito", provider: "HUME_AI" } }] }),
    });
  const spoken = evi.tts.expect({ text: /good morning/i, voice: "ito" });
  await say("Good morning!");
  const generation = await spoken;
  assert.equal((await evi.tts.generations()).at(-1).generation_id, generation.generation_id);
  const both = [evi.tts.expect({ text: "Two" }), evi.tts.expect({ text: "Two" })];
  await say("Two");
  await say("Two");
  const [one, two] = await Promise.all(both);
  assert.notEqual(one.generation_id, two.generation_id);
  assert.match(await failure(evi.tts.expect({ text: /step/ }, { timeoutMs: 0 })), /nothing was said/);
  assert.match(await failure(evi.tts.expect({ text: /morning/ }, { timeoutMs: 10 })), /earlier expectation/);
  assert.match(await failure(evi.tts.expect({ txt: "x" }), UsageError), /did you mean "text"/);
  const sound = await evi.tts.audio(generation);
  assert.equal(sound.subarray(0, 4).toString(), "RIFF");
  await evi.tts.setSound("Ding!", sound);
  await evi.tts.clearSounds();
  assert.match(await failure(evi.tts.audio("x", "flac"), UsageError), /known: mp3, pcm, wav/);
  assert.deepEqual(await evi.prompts.has("nothing"), false);
  assert.ok(Array.isArray(await evi.tools.list()) && Array.isArray(await evi.voices.list()));
});

test("expression measurement", async () => {
  const measure = async (seconds) => {
    const form = new FormData();
    const samples = new Blob([new Uint8Array(seconds * 32_000)], { type: "application/octet-stream" });
    form.append("file", samples, "speech.pcm");
    const init = { method: "POST", headers: { "X-Hume-Api-Key": evi.apiKey }, body: form };
    return (await fetch(`${evi.url}/v1/expression/audio/file`, init)).json();
  };
  await evi.expression.script("speech from 98 ms: joy 0.8");
  const awaited = evi.expression.expect({ endpoint: "audio", events: [] });
  const { run_id, measurements } = await measure(26);
  assert.equal(measurements.length, 9);
  assert.equal(measurements[0].expressions[0].name, "joy");
  assert.equal((await awaited).run_id, run_id);
  assert.equal((await evi.expression.runs()).at(-1).run_id, run_id);
  const runs = evi.expression.expect({ mode: "realtime" }, { timeoutMs: 0 });
  assert.match(await failure(runs), /no run with mode='realtime' has ended within 0 s/);
  const again = evi.expression.expect({ endpoint: "audio" }, { timeoutMs: 10 });
  assert.match(await failure(again), /such a run has met an earlier expectation/);
  assert.match(await failure(evi.expression.expect({ mod: "file" }), UsageError), /did you mean "mode"/);
  assert.match(await failure(evi.expression.script("sing"), RefusedError), /Line 1, 'sing'/);
  await evi.expression.script("");
});

test("phone calls", async () => {
  await evi.script.onUser("order").say("It is on its way.");
  const call = await evi.call({ user: ["Where is my order?"] });
  assert.deepEqual(call.said, ["Where is my order?"]);
  assert.deepEqual(call.heard, ["It is on its way."]);
  assert.equal(await (await evi.chat(call.chatId)).status(), "USER_ENDED");
  assert.equal((await evi.phone.calls())[0].call_sid, call.callSid);
  const file = join(folder, "call.wav");
  await call.save(file);
  assert.equal((await readFile(file)).subarray(0, 4).toString(), "RIFF");
  assert.match(call.transcript(), /caller +Where is my order\?/);
  assert.match(evi.phone.url("x"), /twilio\?config_id=x&api_key=evi-/);
  assert.match(await failure(evi.call({ url: "http://127.0.0.1:9/" })), /has failed[^]*timeline:/);
  assert.equal((await evi.call({ url: "http://127.0.0.1:9/", check: false })).status, "failed");
});

test("a custom language model", async () => {
  const url = "http://127.0.0.1:9/chat/completions";
  assert.match(await failure(evi.clmCheck(url, { cases: ["typed"] })), /1 of 1 cases failed/);
});

test("the world as a whole", async () => {
  const names = async () => (await evi.prompts.list()).map(({ name }) => name);
  const seed = { prompts: [{
    id: "b5a3d1a5-3b3f-4f2c-9d68-0a9f1b2c3d4e", name: "Mine", created_on: 1700000000000,
    versions: [{ text: "Be brief." }],
  }] };
  const before = await names();
  const snapshot = await evi.snapshot();
  const file = join(folder, "world.json");
  await evi.save(file);
  assert.equal(JSON.parse(await readFile(file, "utf8")).checksum, snapshot.checksum);
  await evi.seed(seed);
  assert.deepEqual(await names(), ["Mine"]);
  assert.equal(await evi.clock.mode(), "manual");
  await evi.restore(snapshot);
  assert.deepEqual(await names(), before);
  await evi.reset();
  assert.deepEqual(await names(), ["Mine"]);
  await evi.load(file);
  assert.deepEqual(await names(), before);
  const text = join(folder, "seed.yaml");
  await writeFile(text, "prompts: []\n");
  await evi.seed(text);
  assert.deepEqual(await names(), []);
  await writeFile(file, "{");
  assert.match(await failure(evi.load(file), UsageError), /world.json is no snapshot/);
});

test("chats and speech after the world began anew", async () => {
  const snapshot = await evi.snapshot();
  for (const again of [() => evi.reset(), () => evi.seed("demo"), () => evi.restore(snapshot)]) {
    await evi.script.strict();
    const client = talk();
    const chat = await evi.nextChat();
    await fetch(`${evi.url}/v0/tts`, {
      method: "POST",
      headers: { "X-Hume-Api-Key": evi.apiKey, "Content-Type": "application/json" },
      body: JSON.stringify({ utterances: [{ text: "Ding" }] }),
    });
    await evi.tts.expect({ text: "Ding" });
    client.socket.close(1000);
    await chat.closed();
    await again();
    assert.deepEqual(evi.script.content, { rules: [] });
  }
});

test("the last script counts, also of those that nobody awaits", async () => {
  for (let number = 0; number < 20; number++) {
    evi.script.onAnything({ times: 1 }).say(`Number ${number}`);
    await null;
    await null;
  }
  await evi.script.onAnything().say("The last.");
  const chat = await evi.simulate({ user: Array(21).fill("Hello") });
  assert.deepEqual((await chat.messages()).at(-1), ["assistant", "The last."]);
});

test("a receiver whose world is gone", async () => {
  const receiver = await evi.receiver();
  const { url } = receiver;
  await fetch(url, { method: "POST", body: "{}" });
  assert.equal(receiver.received[0].problem, "a header is missing");
  await evi.close();
  await receiver.close();
  await assert.rejects(fetch(url));
});

test("an answer that breaks off", async () => {
  const server = createServer((socket) => {
    socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${server.address().port}`;
  assert.match(await failure(connect({ url }), StartupError), /does not answer GET .*health: aborted/);
  server.close();
  assert.match(await failure(connect({ url: "http://[" }), UsageError), /connect takes a URL/);
});

test("the vendor's client", async () => {
  const isInstalled = await import("hume").then(() => true, () => false);
  if (!isInstalled) {
    assert.match(await failure(evi.client(), UsageError), /npm install hume/);
    return;
  }
  const client = await evi.client();
  const { data } = await client.empathicVoice.configs.listConfigs();
  assert.equal(data.length, (await evi.configs.list()).length);
});
