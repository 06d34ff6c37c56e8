import type { Control } from "./control.js";
import type { JournalEntry, JournalKind, JournalPage } from "./control-types.js";
import { explain, nearest, shortFields } from "./diagnosis.js";
import { matches, type Fields } from "./equality.js";
import { ExpectationFailed } from "./errors.js";
import { deadlineOf, waitForEntry, within, type Waiting } from "./waiting.js";

/** Which entries of the journal are meant: of a kind, after a number, with these fields. */
export interface EntryFields extends Fields {
  /** The kind of entry; any if left out. */
  kind?: JournalKind;
  /** Only entries with a greater number. */
  after?: number;
}

const BY_THE_SERVER = ["chat_id", "direction", "event_name", "method", "path", "operation"];

/** What happened: HTTP exchanges, frames, webhook attempts, clock moves, findings. */
export class Journal {
  readonly #control: Control;
  /** Return what may keep a client from going on; "" if nothing does. @internal */
  readonly hint: () => Promise<string>;

  constructor(control: Control, hint: () => Promise<string>) {
    this.#control = control;
    this.hint = hint;
  }

  /**
   * Return the entries of a kind whose fields are as wanted, in order.
   *
   * Audio frames of a client that follow each other are one entry, with the field `run`.
   */
  async entries(wanted: EntryFields = {}): Promise<JournalEntry[]> {
    const { kind, after, ...fields } = wanted;
    const query = { kind, after, ...known(fields) };
    const page = await this.#control.json<JournalPage>("GET", "/_emulator/journal", { query });
    return page.entries.filter((entry) => matches(fields, entry));
  }

  /** Return the last entries, a line each, and those around the number of one that matters. */
  async timeline(around?: number): Promise<string> {
    return this.#control.text("GET", "/_emulator/journal/timeline", { query: { around } });
  }

  /** Wait for the first such entry, and return it. Each audio frame counts by itself. Throws ExpectationFailed. */
  async waitFor(wanted: EntryFields = {}, waiting: Waiting = {}): Promise<JournalEntry> {
    const { kind, after = 0, ...fields } = wanted;
    const query = { kind, ...known(fields) };
    const deadline = deadlineOf(waiting);
    const find = (entry: JournalEntry) => matches(fields, entry);
    const found = await waitForEntry(this.#control, after, deadline, query, find);
    if (found !== undefined) return found;
    const names = Object.keys(fields);
    const all = await this.entries({ ...(kind === undefined ? {} : { kind }), after });
    const near = nearest(fields, all.map((each) => ({ seq: each.seq, fields: pick(each, names) })));
    const asked = kind === undefined ? fields : { kind, ...fields };
    const what = `no journal entry ${within(waiting)}: ${shortFields(asked)}`;
    throw new ExpectationFailed(
      explain(what, fields, near, await this.hint(), await this.timeline(near?.seq)),
    );
  }
}

/** Return the fields by which the server can choose, being plain texts. */
function known(fields: Fields): Record<string, string> {
  const chosen = Object.entries(fields).filter(
    ([name, value]) => BY_THE_SERVER.includes(name) && typeof value === "string",
  );
  return Object.fromEntries(chosen) as Record<string, string>;
}

function pick(entry: object, names: readonly string[]): Fields {
  return Object.fromEntries(Object.entries(entry).filter(([name]) => names.includes(name)));
}
