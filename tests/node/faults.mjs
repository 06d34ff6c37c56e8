// What the vendor's TypeScript client does when something breaks. Each line of the input is a task:
//
//   {url, apiKey, request: "list" or "create", options}   one request, with the client's own options
//   {url, apiKey, chat: options, until: [event, times]}   a chat that says Hello each time that it is
//                                                         open, until that event has come that often,
//                                                         and `linger` ms more
//
// Each line of the output is what became of it. Waits of the client are noted in ms, and pass 20 times
// as fast.

import { createInterface } from "node:readline";
import { HumeClient } from "hume";

const TIMEOUT_MS = 10_000;
const HURRY = 20;
const SHORT_MS = 500;
// How long a connection may take, and until it counts as good. These pass as in life: a slow machine
// must not seem to be slow for 20 times as long.
const LIMITS = [4_000, 5_000];
const NO_WAITS = [30_000, 60_000]; // timeouts of a close, and of a request

const setTimer = globalThis.setTimeout;
let waits = [];
globalThis.setTimeout = (act, ms, ...rest) => {
  if (!(ms >= SHORT_MS) || LIMITS.includes(ms)) return setTimer(act, ms, ...rest);
  if (!NO_WAITS.includes(ms)) waits.push(ms);
  return setTimer(act, ms / HURRY, ...rest);
};

let uncaught = () => {};
process.on("uncaughtException", (error) => uncaught(`uncaught ${error.name}`));

async function request(client, { request, options }) {
  const { configs } = client.empathicVoice;
  try {
    const answer = request === "list"
      ? await configs.listConfigs({ pageSize: 1 }, options)
      : await configs.createConfig({ eviVersion: "3", name: "A new one" }, options);
    return { name: (request === "list" ? answer.data[0] : answer)?.name ?? null };
  } catch (error) {
    return { error: error.name, statusCode: error.statusCode ?? null, message: error.message };
  }
}

// What happens to a chat, in order: "open", types of messages, "error: ...", "close 1006", and
// "uncaught SyntaxError" for what would end a program.
async function chat(client, { chat: options, until: [wanted, times], linger = 0 }) {
  const events = [];
  const socket = client.empathicVoice.chat.connect(options);
  const over = new Promise((resolve, reject) => {
    const late = setTimer(() => reject(new Error(`late: ${events}`)), TIMEOUT_MS);
    const note = (event) => {
      events.push(event);
      if (events.filter((each) => each === wanted).length < times) return;
      clearTimeout(late);
      setImmediate(resolve); // after what the client does about it
    };
    uncaught = note;
    socket.on("open", () => {
      note("open");
      socket.sendUserInput("Hello");
    });
    socket.on("message", (message) => note(message.type));
    socket.on("error", (error) => note(`error: ${error.message}`));
    socket.on("close", (event) => note(`close ${event.code}`));
  });
  try {
    await over;
    await new Promise((resolve) => setTimer(resolve, linger));
    return { events: [...events] };
  } finally {
    socket.close();
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const task = JSON.parse(line);
  waits = [];
  const client = new HumeClient({ environment: task.url, apiKey: task.apiKey });
  const answer = await (task.request ? request : chat)(client, task)
    .catch((error) => ({ failed: error.stack }));
  console.log(JSON.stringify({ ...answer, waits }));
}
