// Holds connections of text-to-speech's socket with the vendor's TypeScript client. Each line of the
// input is a connection {url, apiKey, query, actions}, as conformance/ has them. Each line of the output
// is what the client received: {received, closed, errors}.

import { createInterface } from "node:readline";
import { HumeClient } from "hume";
import { camel } from "./names.mjs";

const TIMEOUT_MS = 10_000;

let uncaught = () => {};
process.on("uncaughtException", (error) => uncaught(`uncaught ${error.name}: ${error.message}`));

async function speak({ url, apiKey, query, actions }) {
  const client = new HumeClient({ environment: url, apiKey });
  const socket = await client.tts.streamInput.connect({ ...camel(query), reconnectAttempts: 0 });
  const told = { received: [], closed: null, errors: [] };
  let wake = () => {};
  const noting = (note) => (value) => {
    note(value);
    wake();
  };
  socket.on("message", noting((message) => told.received.push(message)));
  socket.on("error", noting((error) => told.errors.push(error.message)));
  socket.on("close", noting((event) => { told.closed = event.code; }));
  uncaught = noting((error) => told.errors.push(error));

  // Waits until this holds, or until something has gone wrong.
  const until = async (holds) => {
    const late = setTimeout(noting(() => told.errors.push("nothing came in time")), TIMEOUT_MS);
    while (!holds() && told.errors.length === 0) await new Promise((resolve) => { wake = resolve; });
    clearTimeout(late);
  };

  await socket.waitForOpen();
  for (const { send, receive, await: end } of actions) {
    if (told.errors.length) break;
    if (send) socket.sendPublish(camel(send));
    if (receive) {
      const count = told.received.length + receive;
      await until(() => told.received.length >= count);
    }
    if (end) await until(() => told.closed !== null);
  }
  const result = structuredClone(told);
  socket.close();
  return result;
}

for await (const line of createInterface({ input: process.stdin })) {
  const answer = await speak(JSON.parse(line)).catch((error) => ({ errors: [error.stack ?? String(error)] }));
  console.log(JSON.stringify(answer));
}
