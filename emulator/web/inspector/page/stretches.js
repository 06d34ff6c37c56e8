// The rows of a timeline: entries, but sound that one side sends as one row for each stretch of it.

import { soundOf } from "./mediastream.js";

export class Stretches {
  rows = [];
  #open = new Map(); // chat → direction → index of the row that more sound is added to

  add(entry) {
    const sound = soundOf(entry);
    if (!sound) {
      if (entry.kind === "frame") this.#open.delete(entry.chat_id); // what is heard later is below this row
      this.rows.push(entry);
      return;
    }
    const open = this.#openOf(entry.chat_id);
    const side = `${entry.direction} ${typeOf(entry)}`;
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
}

export function rowsOf(entries) {
  const made = new Stretches();
  for (const entry of entries) made.add(entry);
  return made;
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
