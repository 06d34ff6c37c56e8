import { writeFile } from "node:fs/promises";
import type { Control } from "./control.js";
import type { CallOrder, CallStep, PhoneCall, PlacedCall } from "./control-types.js";
import { ExpectationFailed, UsageError } from "./errors.js";
import type { Journal } from "./journal.js";
import { snakeKeys, type CamelKeys } from "./names.js";

const PATIENCE_MS = 40 * 60_000; // a call in real time may last for half an hour

/** A call to place; the options are those of POST /_emulator/calls, in camel case. */
export interface CallOptions extends Omit<CamelKeys<CallOrder>, "url" | "user" | "sound"> {
  /** What answers with TwiML; the emulator's own URL if left out. */
  url?: string | undefined;
  /** The caller's steps: texts, `{ say, interrupt }`, `{ keys }`, `{ wait }`, `{ hang_up }`. */
  user?: readonly CallStep[] | undefined;
  /** The config of the emulator's own URL; the default one if left out. */
  configId?: string | undefined;
  /** False returns a call that has problems instead of throwing. */
  check?: boolean | undefined;
}

/** Phone calls of one world. */
export class Phone {
  readonly #control: Control;
  readonly #journal: Journal;

  constructor(control: Control, journal: Journal) {
    this.#control = control;
    this.#journal = journal;
  }

  /** Return the calls that have come in at /v0/evi/twilio, the oldest first. */
  async calls(): Promise<PhoneCall[]> {
    return (await this.#control.json<{ calls: PhoneCall[] }>("GET", "/_emulator/calls")).calls;
  }

  /** Return the URL of this world's own voice webhook, with its key. */
  url(configId?: string): string {
    const config = configId === undefined ? {} : { config_id: configId };
    const query = new URLSearchParams({ ...config, api_key: this.#control.apiKey ?? "" });
    return `${this.#control.url}/v0/evi/twilio?${query}`;
  }

  /**
   * Place a call, and return it once it is over (docs/phone.md). A frozen clock moves with it.
   *
   * Throws RefusedError for a wrong step or option, and ExpectationFailed for a call with problems.
   */
  async call(options: CallOptions = {}): Promise<Call> {
    const { url, user = [], configId, check = true, ...others } = options;
    if (url !== undefined && configId !== undefined) {
      throw new UsageError("configId is for the emulator's own URL: leave out url or configId");
    }
    const body = { ...snakeKeys(others), url: url ?? this.url(configId), user, sound: true };
    const sent = { body, patienceMs: PATIENCE_MS };
    const call = new Call(await this.#control.json<PlacedCall>("POST", "/_emulator/calls", sent));
    if (check && !(call.status === "completed" && call.problems.length === 0)) {
      const timeline = await this.#journal.timeline();
      throw new ExpectationFailed([call.trouble(), call.transcript(), "timeline:", timeline].join("\n"));
    }
    return call;
  }
}

/** A call that is over: what was said and heard, and how it ended. */
export class Call {
  /** The chat that it has led to, if there was one. */
  readonly chatId: string | null;
  /** Its id with Twilio: CA and 32 hexadecimal digits. */
  readonly callSid: string;
  /** How it ended, such as "completed". */
  readonly status: PlacedCall["status"];
  /** How long it has lasted since it was answered, in ms. */
  readonly durationMs: number;
  /** What a person should mend. */
  readonly problems: string[];
  /** What would differ with Twilio. */
  readonly notices: string[];
  /** Who said what, and when. */
  readonly lines: PlacedCall["lines"];

  readonly #sound: string;

  /** Use `evi.call` or `evi.phone.call`. */
  constructor(placed: PlacedCall) {
    this.chatId = placed.chat_id;
    this.callSid = placed.call_sid;
    this.status = placed.status;
    this.durationMs = placed.duration_ms;
    this.problems = placed.problems;
    this.notices = placed.notices;
    this.lines = placed.lines;
    this.#sound = placed.sound ?? "";
  }

  /** What the caller has said, in order. */
  get said(): string[] {
    return this.lines.filter(({ who }) => who === "caller").map(({ text }) => text);
  }

  /** What the caller has heard, in order: words, or how long somebody spoke. */
  get heard(): string[] {
    return this.lines.filter(({ who }) => who !== "caller").map(({ text }) => text);
  }

  /** Return who said what, a line for each, with seconds since the call's start. */
  transcript(): string {
    return this.lines
      .map(({ at_ms, who, text }) => {
        return `${(at_ms / 1000).toFixed(2).padStart(8)} s  ${who.padEnd(9)}  ${text}`;
      })
      .join("\n");
  }

  /** Return what was wrong with the call, in words. */
  trouble(): string {
    return [`the call ${this.callSid} has ${this.status}`, ...this.problems].join("; ");
  }

  /** Write both sides as a WAV file of 16-bit PCM at 8 kHz: the caller on the left. */
  async save(path: string): Promise<void> {
    await writeFile(path, Buffer.from(this.#sound, "base64"));
  }
}
