// Holds a conversation in the terminal: each line that you type is answered.

import { createInterface } from "node:readline";
import { HumeClient } from "hume";

const client = new HumeClient({ apiKey: process.env.HUME_API_KEY });
const socket = await client.empathicVoice.chat.connect();

let answered;
socket.on("message", (message) => {
  if (message.type === "assistant_message") console.log(`assistant: ${message.message.content}`);
  if (message.type === "assistant_end") answered();
});
socket.on("error", (error) => {
  console.error(error.message);
  process.exit(1);
});
await socket.waitForOpen();

for await (const line of createInterface({ input: process.stdin })) {
  const answer = new Promise((resolve) => (answered = resolve));
  socket.sendUserInput(line);
  await answer;
}
socket.close();
