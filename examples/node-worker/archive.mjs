// An app under test: it archives chats that are over, what was said and how it sounded.

import { access, mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";

const SPEAKERS = { USER_MESSAGE: "user", AGENT_MESSAGE: "assistant" };
const MOST_LOOKS = 10; // at a sound that is being made

/** Write a folder for each chat that is over and has none yet. Returns the ids of those chats. */
export async function archive(client, folder, { pauseMs = 1000 } = {}) {
  const archived = [];
  for await (const chat of await client.empathicVoice.chats.listChats({ ascendingOrder: true })) {
    if (chat.status === "ACTIVE" || (await exists(join(folder, chat.id)))) continue;
    await archiveChat(client, chat, folder, pauseMs);
    archived.push(chat.id);
  }
  return archived;
}

async function archiveChat(client, chat, folder, pauseMs) {
  const { lines, strongest } = await readEvents(client, chat.id);
  const sound = await readSound(client, chat.id, pauseMs);
  const unfinished = join(folder, `${chat.id}.part`); // a worker that is stopped leaves no half chat
  await mkdir(unfinished, { recursive: true });
  const seconds = (chat.endTimestamp - chat.startTimestamp) / 1000;
  const summary = { id: chat.id, status: chat.status, seconds, strongest, lines };
  await writeFile(join(unfinished, "chat.json"), JSON.stringify(summary, null, 2));
  if (sound) await writeFile(join(unfinished, sound.name), sound.content);
  await rename(unfinished, join(folder, chat.id));
}

/** What was said, and the emotion that the user's voice showed most. */
async function readEvents(client, id) {
  const lines = [];
  const scores = {};
  const events = await client.empathicVoice.chats.listChatEvents(id, { ascendingOrder: true, pageSize: 100 });
  for await (const { type, messageText, emotionFeatures } of events) {
    if (!(type in SPEAKERS)) continue;
    lines.push(`${SPEAKERS[type]}: ${messageText}`);
    if (type !== "USER_MESSAGE" || !emotionFeatures) continue;
    for (const [emotion, score] of Object.entries(JSON.parse(emotionFeatures))) {
      scores[emotion] = (scores[emotion] ?? 0) + score;
    }
  }
  const [strongest = null] = Object.keys(scores).sort((one, other) => scores[other] - scores[one]);
  return { lines, strongest };
}

/** The chat's sound, once the service has put it together; nothing if it can't. */
async function readSound(client, id, pauseMs) {
  for (let look = 0; look < MOST_LOOKS; look++) {
    const { status, signedAudioUrl, filename } = await client.empathicVoice.chats.getAudio(id);
    if (status === "COMPLETE") {
      const answer = await fetch(signedAudioUrl);
      if (!answer.ok) throw new Error(`the sound of chat ${id} was answered ${answer.status}`);
      return { name: filename.split("/").at(-1), content: Buffer.from(await answer.arrayBuffer()) };
    }
    if (status === "ERROR" || status === "CANCELLED") return null;
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  throw new Error(`the sound of chat ${id} took more than ${MOST_LOOKS} looks`);
}

const exists = (path) => access(path).then(() => true, () => false);
