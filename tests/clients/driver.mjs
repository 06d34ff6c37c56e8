// What a program does with the vendor's package for Node, in whichever version is installed in the
// folder that this runs in. It takes and gives what driver.py does.

import { createRequire } from "node:module";
import { text as read } from "node:stream/consumers";
import { camel } from "../node/names.mjs";

const TIMEOUT_MS = 20_000;
const { HumeClient } = createRequire(`${process.cwd()}/`)("hume");

async function calls(evi, bodies) {
  const found = {};
  for (const [kind, body] of Object.entries(bodies)) {
    const part = evi[`${kind}s`];
    const name = kind[0].toUpperCase() + kind.slice(1);
    const created = await part[`create${name}`](camel(body));
    const listed = (await all(part[`list${name}s`](), `${kind}sPage`)).map((each) => each.name);
    const got = await part[`get${name}Version`](created.id, created.version);
    found[kind] = { id: created.id, listed, got: got.name };
  }
  return found;
}

// Most lists are walked through; of older versions some answer one page.
async function all(answer, field) {
  const list = await answer;
  if (!list[Symbol.asyncIterator]) return list[field];
  const items = [];
  for await (const item of list) items.push(item);
  return items;
}

async function history(evi, chatId) {
  const chats = await all(evi.chats.listChats());
  const events = await all(evi.chats.listChatEvents(chatId));
  return { chats: chats.map((each) => each.id), events: events.map((each) => each.type) };
}

// The parts of a message that a program looks at.
function seen(message) {
  const shown = { type: message.type };
  if (message.models) shown.scores = Object.keys(message.models.prosody?.scores ?? {}).length;
  if (message.type === "audio_output") shown.sound = Buffer.from(message.data, "base64").toString("latin1", 0, 4);
  if (message.message?.content !== undefined) shown.text = message.message.content;
  return shown;
}

async function chat(client, text) {
  const socket = client.empathicVoice.chat.connect({ reconnectAttempts: 0 });
  const messages = [];
  const over = new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`late: ${JSON.stringify(messages)}`)), TIMEOUT_MS);
    socket.on("open", () => socket.sendUserInput(text));
    socket.on("error", (error) => messages.push({ type: "unreadable", text: error.message }));
    socket.on("message", (message) => {
      messages.push(seen(message));
      if (message.type === "tool_call") {
        socket.sendToolResponseMessage({ toolCallId: message.toolCallId, content: "snow" });
      }
      if (message.type === "assistant_end") socket.close();
    });
    socket.on("close", () => {
      clearTimeout(late);
      resolve();
    });
  });
  await over;
  return messages;
}

const given = JSON.parse(await read(process.stdin));
const credentials = given.token ? { accessToken: given.token } : { apiKey: given.key };
const client = new HumeClient({ environment: given.url, ...credentials });
const evi = client.empathicVoice;
const result = given.do === "chat" ? await chat(client, given.text)
  : given.do === "calls" ? await calls(evi, given.bodies)
  : await history(evi, given.chat_id);
console.log(JSON.stringify(result));
