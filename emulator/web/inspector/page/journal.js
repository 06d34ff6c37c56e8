// The journal of the world, kept up to date: all entries in order, as long as the emulator has them.

import { get } from "./api.js";

const PAGE = 2_500; // entries: a few requests for all that a journal keeps
const WAIT_S = 25;
const PATIENCE_MS = 1000; // after an error

/** What is searched in an entry: all but the scores, whose names are in every frame. */
export const searchable = (entry) =>
  JSON.stringify(entry, (name, value) => (name === "scores" ? undefined : value)).toLowerCase();

const searched = new WeakMap(); // entry → its text

/** The text of an entry, made when it is first asked for: thousands of entries are shown sooner without. */
export function textOf(entry) {
  if (!searched.has(entry)) searched.set(entry, searchable(entry));
  return searched.get(entry);
}

const SLICE = 200; // entries whose texts are made at once

/** Makes the texts of entries while nothing else is to be done, before somebody searches. */
function prepare(entries) {
  const soon = window.requestIdleCallback ?? ((action) => setTimeout(action, 50));
  let next = 0;
  const go = () => {
    for (const entry of entries.slice(next, (next += SLICE))) textOf(entry);
    if (next < entries.length) soon(go);
  };
  soon(go);
}

export class Journal extends EventTarget {
  entries = [];
  last = 0;
  dropped = 0;
  #first = 1;
  #running = null;

  /** Start over, for the world of another key. */
  restart() {
    this.#running?.abort();
    this.#forget();
    const running = (this.#running = new AbortController());
    this.#run(running.signal);
  }

  #forget() {
    this.entries = [];
    this.last = this.dropped = 0;
    this.#first = 1;
    this.dispatchEvent(new CustomEvent("begin"));
  }

  async #run(signal) {
    let caughtUp = false;
    while (!signal.aborted) {
      if (document.hidden) {
        await shown(signal); // a browser has few connections to one server
        caughtUp = false;
      }
      try {
        let page = null;
        if (caughtUp) {
          page = await get(
            `/_emulator/journal/wait?after=${this.last}&limit=${PAGE}&timeout=${WAIT_S}&audio=runs&or_reset=true&first_seq=${this.#first}`,
            signal,
          );
        }
        if (!page?.entries.length) {
          const after = Math.max(0, this.last - 1); // with the last one: it shows whose journal it is
          page = await get(`/_emulator/journal?after=${after}&limit=${PAGE}`, signal);
        }
        if (this.#isAnother(page)) {
          this.#forget(); // another journal, whose numbers start from 1
          caughtUp = false;
          continue;
        }
        this.#take(page);
        caughtUp = this.last >= page.last_seq;
        this.#tellState("live", "");
      } catch (error) {
        if (signal.aborted) return;
        caughtUp = false; // it may be another emulator when it comes back
        if (error.status) this.#tellState("refused", error.message);
        else this.#tellState("offline", "The emulator does not answer.");
        await new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
      }
    }
  }

  /** True if it is another emulator's page: its numbers start from 1, and pass ours in time. */
  #isAnother(page) {
    const [ours, theirs] = [this.entries.at(-1), page.entries[0]];
    if (page.last_seq < this.last) return true;
    return ours?.seq === theirs?.seq && searchable(ours ?? null) !== searchable(theirs ?? null);
  }

  #take(page) {
    const added = page.entries.filter((entry) => entry.seq > this.last);
    let gone = 0;
    while (gone < this.entries.length && this.entries[gone].seq < page.first_seq) gone++;
    if (gone) this.entries.splice(0, gone);
    this.entries.push(...added);
    prepare(added);
    this.#first = page.first_seq;
    this.last = Math.max(this.entries.at(-1)?.seq ?? 0, page.first_seq - 1);
    this.dropped = page.dropped;
    if (gone || added.length)
      this.dispatchEvent(new CustomEvent("entries", { detail: { added, gone } }));
  }

  #tellState(state, message) {
    this.dispatchEvent(new CustomEvent("state", { detail: { state, message } }));
  }
}

function shown(signal) {
  return new Promise((resolve) => {
    const look = () => {
      if (document.hidden && !signal.aborted) return;
      document.removeEventListener("visibilitychange", look);
      resolve();
    };
    document.addEventListener("visibilitychange", look);
  });
}
