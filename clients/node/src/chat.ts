import type { Control } from "./control.js";
import type { FrameEntry, JournalEntry } from "./control-types.js";
import { explain, nearest, shortFields, type Candidate } from "./diagnosis.js";
import { matches, type Fields } from "./equality.js";
import { closest, ExpectationFailed, LookupError, UsageError } from "./errors.js";
import type { Journal } from "./journal.js";
import { everyPage } from "./listing.js";
import { deadlineOf, waitForEntry, within, type Waiting } from "./waiting.js";

/** What was said, and by whom. */
export type Message = [speaker: "user" | "assistant", text: string];

/** An event of a chat's history, as REST shows it. */
export interface ChatEvent extends Record<string, unknown> {
  /** The event's id. */
  id: string;
  /** The kind of event, such as USER_MESSAGE. */
  type: string;
  /** Who did it: USER, AGENT, SYSTEM, TOOL. */
  role: string;
  /** When, in ms since the epoch. */
  timestamp: number;
  /** What was said, or the JSON of a tool call. */
  message_text: string;
}

const SPOKEN: Record<string, Message[0]> = { USER_MESSAGE: "user", AGENT_MESSAGE: "assistant" };

const SENT_BY_CLIENTS = [
  "session_settings",
  "audio_input",
  "user_input",
  "assistant_input",
  "tool_response",
  "tool_error",
  "pause_assistant_message",
  "resume_assistant_message",
  "audio", // a binary frame
];

/**
 * One chat of a world, live or over.
 *
 * Expectations look at the frames that its client sends, each of which meets one at most.
 */
export class Chat {
  readonly #control: Control;
  readonly #journal: Journal;
  #seen = 0; // frames up to this number of the journal have met an expectation

  constructor(
    /** The chat's id. */
    readonly id: string,
    control: Control,
    journal: Journal,
  ) {
    this.#control = control;
    this.#journal = journal;
  }

  // what it is

  /** Return the id of its chat group. */
  async groupId(): Promise<string> {
    return (await this.#document()).chat_group_id;
  }

  /** Return the status, such as ACTIVE or USER_ENDED. */
  async status(): Promise<string> {
    return (await this.#document()).status;
  }

  /** True while a client is connected to it. */
  async isLive(): Promise<boolean> {
    const path = "/_emulator/chats/live";
    const { chat_ids } = await this.#control.json<{ chat_ids: string[] }>("GET", path);
    return chat_ids.includes(this.id);
  }

  /** Return the history, as REST shows it. */
  async events(): Promise<ChatEvent[]> {
    return everyPage<ChatEvent>(this.#control, this.#path, "events_page", {});
  }

  /** Return what was said: `[["user", "Hello"], ["assistant", "Hi!"], ...]`. */
  async messages(): Promise<Message[]> {
    return (await this.events()).flatMap(({ type, message_text }) => {
      const speaker = SPOKEN[type];
      return speaker === undefined ? [] : [[speaker, message_text] as Message];
    });
  }

  /** Return the error frames that its client was sent, such as those of a strict script. */
  async errors(): Promise<Fields[]> {
    const entries = (await this.#journal.entries({ kind: "frame", chat_id: this.id })) as FrameEntry[];
    const contents = entries.filter(({ joined }) => !joined).map(({ content }) => content as Fields);
    return contents.filter((content) => content?.["type"] === "error");
  }

  /**
   * Return the history as text, a line for each event, to be stored and compared.
   *
   * With a random seed and a manual clock, every run gives the same text.
   */
  async transcript(): Promise<string> {
    const events = await this.events();
    const beginMs = events[0]?.timestamp ?? 0;
    return events
      .map(({ timestamp, role, type, message_text }) => {
        const seconds = ((timestamp - beginMs) / 1000).toFixed(3);
        return `${seconds} ${role} ${type} ${JSON.stringify(message_text)}\n`;
      })
      .join("");
  }

  #document(): Promise<{ chat_group_id: string; status: string }> {
    const query = { page_size: 1 };
    return this.#control.json("GET", this.#path, { quiet: true, query });
  }

  get #path(): string {
    return `/v0/evi/chats/${encodeURIComponent(this.id)}`;
  }

  // what a test does

  /**
   * Send a message through the control plane, such as `{ type: "user_input", text: "Hello" }`.
   *
   * Throws RefusedError for an invalid message, LookupError if the chat is over.
   */
  async send(message: Fields): Promise<void> {
    if (!(await this.isLive())) throw new LookupError(`chat ${this.id} is not live any more`);
    const path = `/v0/evi/chat/${encodeURIComponent(this.id)}/send`;
    await this.#control.json("POST", path, { body: message });
  }

  // what a test expects of the client

  /**
   * Wait for the client's next frame of that type with these fields, and return it.
   *
   * Frames that met an expectation before don't count. Throws ExpectationFailed when the time is
   * over, or the chat, with what came instead; UsageError for a type that no client sends.
   */
  async expect(type: string, fields: Fields = {}, waiting: Waiting = {}): Promise<Fields> {
    checkType(type);
    const wanted = { type, ...fields };
    const whole = deadlineOf(waiting);
    let isOver = !(await this.isLive()); // asked before the journal: a chat that is over sends nothing later
    const deadline = isOver ? performance.now() : whole;
    for (;;) {
      const found = await waitForEntry(
        this.#control,
        this.#seen,
        deadline,
        { kind: "frame", chat_id: this.id },
        (entry) => isFromClient(entry) && matches(wanted, entry.content),
        (entry) => (isOver ||= isClose(entry)),
      );
      if (found === undefined) return this.#fail(wanted, isOver, waiting);
      if (found.seq <= this.#seen) continue; // another expectation has met it meanwhile
      this.#seen = found.seq;
      return (found as FrameEntry).content as Fields;
    }
  }

  /** Wait for the client's answer to a tool call, and return it: `expect("tool_response", fields)`. */
  async expectToolResponse(fields: Fields = {}, waiting: Waiting = {}): Promise<Fields> {
    return this.expect("tool_response", fields, waiting);
  }

  async #fail(wanted: Fields, isOver: boolean, waiting: Waiting): Promise<never> {
    const all = await this.#journal.entries({ kind: "frame", chat_id: this.id });
    const sent = all.filter(isFromClient).map(({ seq, content }) => ({ seq, fields: content as Fields }));
    const came = sent.filter(({ seq }) => seq > this.#seen);
    const before = sent.filter(({ seq }) => seq <= this.#seen);
    const wasThere = before.some(({ fields }) => matches(wanted, fields));
    const hint = wasThere
      ? "such a frame came before one that an earlier expectation has met"
      : isOver && sent.length === 0
        ? "no client sent anything in this chat; what a simulation said is in chat.messages()"
        : "";
    const when = isOver ? "before the chat was over" : within(waiting);
    const what = `the client sent no ${shortFields(wanted)} ${when}`;
    throw await this.#failed(what, wanted, came.length > 0 ? came : before, hint);
  }

  /** Wait until its socket is closed with that code, by either side. Throws ExpectationFailed. */
  async closed(code = 1000, waiting: Waiting = {}): Promise<void> {
    const closes: Candidate[] = [];
    await waitForEntry(
      this.#control,
      0,
      deadlineOf(waiting),
      { kind: "frame", chat_id: this.id },
      (entry) => {
        if (!isClose(entry)) return false;
        closes.push({ seq: entry.seq, fields: { code: entry.close } });
        return true;
      },
    );
    if (closes.some(({ fields }) => fields["code"] === code)) return;
    const what = `the socket was not closed with ${code} ${within(waiting)}`;
    throw await this.#failed(what, { code }, closes, "");
  }

  async #failed(what: string, wanted: Fields, near: Candidate[], hint: string): Promise<Error> {
    const best = nearest(wanted, near);
    const owed = hint || (await this.#journal.hint());
    return new ExpectationFailed(
      explain(what, wanted, best, owed, await this.#journal.timeline(best?.seq)),
    );
  }
}

function isFromClient(entry: JournalEntry): entry is FrameEntry {
  if (entry.kind !== "frame" || entry.direction !== "in" || entry.joined) return false;
  return typeof entry.content === "object" && entry.content !== null;
}

function isClose(entry: JournalEntry): entry is FrameEntry {
  return entry.kind === "frame" && entry.close !== undefined && !entry.joined;
}

function checkType(type: string): void {
  if (!SENT_BY_CLIENTS.includes(type)) {
    throw new UsageError(
      `no client sends ${JSON.stringify(type)}${closest(type, SENT_BY_CLIENTS)}; expect looks at ` +
        `what the client sends: ${SENT_BY_CLIENTS.join(", ")}. What the assistant said is in chat.messages()`,
    );
  }
}
