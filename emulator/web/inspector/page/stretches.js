// The rows of a timeline: entries, but sound that one side sends as one row for each stretch of it.

import { soundOf } from "./mediastream.js";

const BOTH = ["in", "out"];
const SERVER = ["out"];
const NONE = [];
// Whose stretch of sound a message of a chat ends, where that is not both sides'.
const ENDS = {
  assistant_message: SERVER,
  assistant_end: SERVER,
  assistant_prosody: NONE,
  chat_metadata: NONE,
};

export class Stretches {
  rows = [];
  #open = new Map(); // chat → direction, type and findings → index of the row that more sound is added to

  add(entry) {
    const sound = soundOf(entry);
    if (!sound) {
      if (entry.kind === "frame") this.#end(entry);
      this.rows.push(entry);
      return;
    }
    const open = this.#openOf(entry.chat_id);
    const side = sideOf(entry);
    const index = open.get(side);
    if (index === undefined) {
      open.set(side, this.rows.length);
      this.rows.push(entry);
    } else this.rows[index] = joined(this.rows[index], sound);
  }

  #openOf(chat) {
    if (!this.#open.has(chat)) this.#open.set(chat, new Map());
    return this.#open.get(chat);
  }

  /** What is heard after this message is below its row. */
  #end(entry) {
    const sides = sidesThatEnd(entry);
    const open = this.#open.get(entry.chat_id);
    if (!open || sides === NONE) return;
    for (const side of [...open.keys()])
      if (sides.some((direction) => side.startsWith(`${direction} `))) open.delete(side);
  }
}

export function rowsOf(entries) {
  const made = new Stretches();
  for (const entry of entries) made.add(entry);
  return made;
}

/** Sound is added to a row of the same sound: of one side, of one type, with the same findings. */
const sideOf = (entry) =>
  `${entry.direction} ${typeOf(entry)} ${entry.findings?.length ? JSON.stringify(entry.findings) : ""}`;

function sidesThatEnd({ direction, content }) {
  if (direction === "in") return BOTH;
  if (content?.type === "user_message" && content.interim) return NONE;
  return Object.hasOwn(ENDS, content?.type) ? ENDS[content.type] : BOTH;
}

/** The row of an entry with more sound: another one, since rows are drawn once. */
function joined(entry, more) {
  const { first_seq, first_ms, count, bytes } = soundOf(entry);
  const run = {
    first_seq,
    count: count + more.count,
    bytes: bytes + more.bytes,
    first_ms,
    last_ms: more.last_ms,
  };
  return { ...entry, run, content: { type: typeOf(entry), bytes: run.bytes } };
}

const typeOf = ({ content }) => content.type ?? content.event;
