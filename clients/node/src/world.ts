import { readFile, writeFile } from "node:fs/promises";
import { Chat } from "./chat.js";
import { Clock } from "./clock.js";
import { Contract } from "./contract.js";
import type { Control } from "./control.js";
import type {
  FrameEntry,
  ModelCase,
  ModelCheck,
  NewWorld,
  Simulation,
  SignedWebhook,
  SimulatedChat,
  Snapshot,
  Stub,
  StubMatch,
  ToolCalls,
  Unused,
  WebhookEventName,
  WorldSettings,
} from "./control-types.js";
import { explain } from "./diagnosis.js";
import { ExpectationFailed, LookupError, RefusedError, UnreachableError, UsageError } from "./errors.js";
import { Expression } from "./expression.js";
import { Faults } from "./faults.js";
import { nameOrText } from "./files.js";
import { redirect, type Interception } from "./intercept/redirect.cjs";
import { Journal } from "./journal.js";
import { Listing, listed } from "./listing.js";
import { snakeKeys, type CamelKeys } from "./names.js";
import { Phone, type Call, type CallOptions } from "./phone.js";
import { WebhookReceiver } from "./receiver.js";
import { Script, type ScriptContent } from "./script.js";
import { Tts } from "./tts.js";
import { deadlineOf, waitForEntry, within, type Waiting } from "./waiting.js";
import { Webhooks } from "./webhooks.js";

/** A bundled script's name, the path of a script's file, its content, or a `Script`. */
export type ScriptSource = string | ScriptContent | Script;

/** Settings of one world, where they differ from the server's. */
export interface WorldOptions extends Omit<WorldSettings, "seed" | "script"> {
  /** A bundled seed's name (demo, empty), the path of a seed's file, or its content. */
  seed?: string | Record<string, unknown> | undefined;
  /** What the assistant says: a script's name, path or content. */
  script?: ScriptSource | undefined;
  /** The API key; one of its own if left out. */
  apiKey?: string | undefined;
  /** How long a client may leave a tool call unanswered before its chat ends, in s; 30 by default. */
  toolCallPatienceS?: number | null | undefined;
}

/** A conversation: the keys of a script, in camel case. */
export type Scene = Omit<CamelKeys<Simulation>, "script"> & { script?: ScriptSource | undefined };

/** The answer that replaces that of an operation. */
export interface StubOptions {
  /** The status; that of success if left out. */
  status?: number | undefined;
  /** The body; one in the service's words if left out. */
  body?: unknown;
  /** Further headers of the answer, by name. */
  headers?: Record<string, string> | undefined;
  /** For how many calls; null for all; 1 if left out. */
  times?: number | null | undefined;
  /** False takes a body that the document does not allow. */
  check?: boolean | undefined;
  /** For which requests: by some of their path, query, headers and JSON body. */
  match?: StubMatch | undefined;
}

/** How an event is signed. */
export interface SignOptions {
  /** The chat of the event; a made-up one if left out. */
  chatId?: string | undefined;
  /** Fields of the event to replace, by name or by a path such as "a.b". */
  set?: Record<string, unknown> | undefined;
  /** What is wrong with the signature. */
  faults?: readonly ("missing_headers" | "stale_timestamp" | "tampered_body" | "wrong_key")[] | undefined;
}

/** A resource of the service, such as a config, as REST shows it. */
export interface Resource extends Record<string, unknown> {
  /** The resource's id. */
  id: string;
  /** The name that it was given. */
  name: string;
}

/** A world: its own API key, data, time, script, webhooks. Nothing leaks to another. */
export class Evi {
  /** What happened. */
  readonly journal: Journal;
  /** The world's time. */
  readonly clock: Clock;
  /** What breaks on request. */
  readonly faults: Faults;
  /** Webhooks: what was sent, and how sending fails. */
  readonly webhooks: Webhooks;
  /** What clients do right, do wrong, and never do. */
  readonly contract: Contract;
  /** What was said by text-to-speech, and how it sounds. */
  readonly tts: Tts;
  /** Phone calls: incoming ones, and calls that a test places. */
  readonly phone: Phone;
  /** What is measured in voices and faces, and the runs that there were. */
  readonly expression: Expression;
  /** The configs, in their latest versions. */
  readonly configs: Listing<Resource>;
  /** The prompts, in their latest versions. */
  readonly prompts: Listing<Resource>;
  /** The tools, in their latest versions. */
  readonly tools: Listing<Resource>;
  /** The account's custom voices. */
  readonly voices: Listing<Resource>;

  readonly #control: Control;
  readonly #closed: () => void;
  readonly #receivers: WebhookReceiver[] = [];
  readonly #interceptions: Interception[] = [];
  #settings: Record<string, unknown>;
  #signingKey: string;
  #script: Script;
  #first: ScriptSource | undefined; // the script that the world begins with, if it is no bundled one
  #sending: Promise<void> | undefined; // the rule that is being written
  #sent: Promise<void> = Promise.resolve(); // the last script
  #chatsSeen = 0; // of the journal
  #patienceS: number | null = null;
  #patience: Promise<unknown> = Promise.resolve(); // the request that sets it
  #isClosed = false;

  /** Use `emulator.world()`. */
  constructor(
    control: Control,
    made: NewWorld,
    settings: Record<string, unknown>,
    closed: () => void,
  ) {
    this.#control = control;
    this.#signingKey = made.signing_key;
    this.#settings = settings;
    this.#closed = closed;
    this.#script = this.#newScript();
    this.journal = new Journal(control, () => this.#owedAnswers());
    this.clock = new Clock(control);
    this.faults = new Faults(control);
    this.webhooks = new Webhooks(control, this.faults, this.journal);
    this.contract = new Contract(control);
    this.tts = new Tts(control, this.journal, made.now_ms);
    this.phone = new Phone(control, this.journal);
    this.expression = new Expression(control, this.journal, made.now_ms);
    this.configs = listed(control, "config", "/v0/evi/configs", "configs_page");
    this.prompts = listed(control, "prompt", "/v0/evi/prompts", "prompts_page");
    this.tools = listed(control, "tool", "/v0/evi/tools", "tools_page");
    const query = { provider: "CUSTOM_VOICE" };
    this.voices = listed(control, "custom voice", "/v0/tts/voices", "voices_page", query);
  }

  // how to reach it

  /** The URL of the emulator, for `baseUrl`, `environment` or `hostname` of clients. */
  get url(): string {
    return this.#control.url;
  }

  /** The URL of the chat's WebSocket, without credentials. */
  get wsUrl(): string {
    return `${this.url.replace(/^http/, "ws")}/v0/evi/chat`;
  }

  /** The API key, which makes requests those of this world. */
  get apiKey(): string {
    return this.#control.apiKey ?? "";
  }

  /** The key that its webhooks are signed with. */
  get signingKey(): string {
    return this.#signingKey;
  }

  /** The file of the CA that clients are to trust, if the server has TLS. */
  get caFile(): string | undefined {
    return this.#control.caFile;
  }

  /** The URL of the page that shows this world, with its key in the fragment. */
  get inspectorUrl(): string {
    return `${this.url}/_emulator/#${new URLSearchParams({ key: this.apiKey })}`;
  }

  /** The environment of a child process: this one's, and where the emulator is. */
  get env(): Record<string, string> {
    return {
      ...(process.env as Record<string, string>),
      HUME_API_KEY: this.apiKey,
      HUME_BASE_URL: this.url,
      HUME_WEBHOOK_SIGNING_KEY: this.signingKey,
      ...(this.caFile === undefined ? {} : { NODE_EXTRA_CA_CERTS: this.caFile }),
    };
  }

  /**
   * Return Hume's client, pointed at this world; `options` are the client's own.
   *
   * Throws UsageError if the package `hume` is not installed.
   */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  async client(options: Record<string, unknown> = {}): Promise<any> {
    const name = "hume"; // a type checker needs no types of it
    let hume: { HumeClient: new (options: object) => unknown };
    try {
      hume = (await import(name)) as typeof hume;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new UsageError(`Hume's client can't be loaded: npm install hume (${why})`);
    }
    return new hume.HumeClient({ environment: this.url, apiKey: this.apiKey, ...options });
  }

  /**
   * Redirect what this process sends to api.hume.ai to this world, for code that names that host.
   *
   * `restore()` undoes it, as does the end of a `using` block, or of the world. If several worlds
   * ask, the last one gets the requests. This world's key replaces the API key of a request.
   */
  intercept(): Interception {
    const made = redirect({ url: new URL(this.url), apiKey: this.apiKey });
    this.#interceptions.push(made);
    return made;
  }

  // what the assistant says and hears

  /**
   * What the assistant says in later chats: add rules, and await the last step.
   *
   * It begins empty; rules replace the script that the world began with.
   */
  get script(): Script {
    return this.#script;
  }

  /**
   * Use a bundled script, a file's, the content of one, or a `Script`.
   *
   * Throws RefusedError for a mistake in it, UsageError for a file that does not exist.
   */
  async useScript(source: ScriptSource): Promise<void> {
    this.#script = this.#newScript(contentOf(source));
    await this.#sendScript(source);
  }

  /**
   * Use the script of a new world, which it has again after a reset.
   *
   * @internal
   */
  async beginWith(source: ScriptSource): Promise<void> {
    this.#first = source instanceof Script ? structuredClone(source.content) : source;
    await this.useScript(source);
  }

  #newScript(content?: ScriptContent): Script {
    return new Script(content, () => (this.#sending ??= this.#sendSoon()));
  }

  /** Send the script once the rule that is being written is complete. */
  async #sendSoon(): Promise<void> {
    await Promise.resolve();
    this.#sending = undefined;
    await this.#sendScript(this.#script);
  }

  /** Send a script after those before it, so that the last one counts. */
  #sendScript(source: ScriptSource): Promise<void> {
    const send = () => this.#control.json<void>("PUT", "/_emulator/script", { body: { script: bodyOf(source) } });
    const sent = this.#sent.then(send);
    this.#sent = sent.catch(() => {}); // who wrote it is told
    return sent;
  }

  /** Set what the user says in the next audio turns: the transcripts, one for each turn. */
  async hear(...texts: string[]): Promise<void> {
    for (const text of texts) {
      await this.#control.json("POST", "/_emulator/heard", { body: { text } });
    }
  }

  // chats

  /**
   * Run a conversation until it ends or has to wait, and return its chat.
   *
   * Throws RefusedError for a mistake in the script, LookupError for a config that does not exist.
   */
  async simulate(scene: Scene = {}): Promise<Chat> {
    const { script, ...keys } = scene;
    const body = snakeKeys(keys);
    if (script !== undefined) body["script"] = bodyOf(script);
    const options = { body, patienceMs: 120_000 };
    const made = await this.#control.json<SimulatedChat>("POST", "/_emulator/simulate", options);
    return this.#chat(made.chat_id);
  }

  /** Return all chats, in the order in which they began. */
  async chats(): Promise<Chat[]> {
    const query = { ascending_order: true };
    const all = listed<Resource>(this.#control, "chat", "/v0/evi/chats", "chats_page", query);
    return (await all.list()).map((each) => this.#chat(each.id));
  }

  /** Return one chat. Throws LookupError if it does not exist. */
  async chat(id: string): Promise<Chat> {
    const chat = this.#chat(id.toLowerCase());
    try {
      await chat.status();
    } catch (error) {
      if (!(error instanceof LookupError || error instanceof RefusedError)) throw error;
      const told = `no chat ${JSON.stringify(id)} in this world; evi.chats() has all`;
      throw new LookupError(told);
    }
    return chat;
  }

  /**
   * Wait for the next chat that a client opens, and return it: each once.
   *
   * Throws ExpectationFailed, with why a client was refused.
   */
  async nextChat(waiting: Waiting = {}): Promise<Chat> {
    const query = { kind: "frame", direction: "out" };
    const deadline = deadlineOf(waiting);
    for (;;) {
      const found = await waitForEntry(this.#control, this.#chatsSeen, deadline, query, opensAChat);
      if (found === undefined) break;
      if (found.seq <= this.#chatsSeen) continue; // somebody else got it meanwhile
      this.#chatsSeen = found.seq;
      return this.#chat((found as FrameEntry).chat_id ?? "");
    }
    const what = `no chat was opened ${within(waiting)}`;
    throw new ExpectationFailed(
      explain(what, {}, undefined, await this.#whyNoChat(), await this.timeline()),
    );
  }

  async #whyNoChat(): Promise<string> {
    const refused = (await this.journal.entries({ kind: "frame" })).findLast(
      (entry) => (entry as FrameEntry).chat_id === null,
    ) as (FrameEntry & { content?: { message?: string } }) | undefined;
    const why = refused?.content?.message;
    if (why !== undefined) return `a client was refused: ${why}`;
    return `chats open at ${this.wsUrl}, with this world's key`;
  }

  #chat(id: string): Chat {
    return new Chat(id, this.#control, this.journal);
  }

  /** Place a phone call, and return it once it is over, as `evi.phone.call` does. */
  async call(options: CallOptions = {}): Promise<Call> {
    return this.phone.call(options);
  }

  // a webhook handler under test

  /**
   * Return body and headers as the service would post them now, for a handler under test.
   *
   * `event` is an event's name, with `chatId` and `set` as `webhooks.trigger` has them; or a payload
   * of your own; or a raw body. `faults` spoil the signature.
   */
  async sign(
    event: WebhookEventName | Record<string, unknown> | Uint8Array,
    { chatId, set, faults }: SignOptions = {},
  ): Promise<SignedWebhook> {
    const source =
      typeof event === "string"
        ? { event_name: event }
        : event instanceof Uint8Array
          ? { body: Buffer.from(event).toString() }
          : { payload: event };
    const body = { ...source, chat_id: chatId, set, faults };
    return this.#control.json<SignedWebhook>("POST", "/_emulator/webhooks/sign", { body });
  }

  // a custom language model

  /**
   * Check a custom language model as `evi-emulator clm-check` does, and return the results.
   *
   * `key` is the one that it asks for; `cases` are the names of those to run. Throws
   * ExpectationFailed with the cases that failed.
   */
  async clmCheck(
    url: string,
    { key, cases }: { key?: string | undefined; cases?: readonly string[] | undefined } = {},
  ): Promise<ModelCase[]> {
    const options = { body: { url, key, cases }, patienceMs: 600_000 };
    const report = await this.#control.json<ModelCheck>("POST", "/_emulator/clm-check", options);
    if (report.failure === null) return report.cases;
    throw new ExpectationFailed(report.failure);
  }

  // tool calls

  /** Set how long clients may leave later tool calls unanswered, in s; null without a limit. */
  async setToolCallPatience(seconds: number | null): Promise<void> {
    await this.#control.json("PUT", "/_emulator/tool-calls", { body: { patience: seconds } });
    this.#patienceS = seconds;
  }

  /**
   * Set the patience of a new world without waiting for the answer, which each test would wait for.
   *
   * @internal
   */
  startPatience(seconds: number | null): void {
    this.#patience = this.setToolCallPatience(seconds).catch((error: unknown) => error);
  }

  /** Throw ExpectationFailed if a chat was ended since a tool call was never answered. */
  async checkToolCalls(): Promise<void> {
    const problem = await this.#patience;
    if (problem instanceof Error) throw problem;
    const { given_up } = await this.#toolCalls();
    if (given_up.length > 0) throw new ExpectationFailed(given_up.join("; "));
  }

  #toolCalls(): Promise<ToolCalls> {
    return this.#control.json<ToolCalls>("GET", "/_emulator/tool-calls");
  }

  async #owedAnswers(): Promise<string> {
    return (await this.#toolCalls()).unanswered.map((each) => each.message).join("; ");
  }

  // answers to order

  /**
   * Set the next answers of an operation, such as "list-configs".
   *
   * A stub that is not used up fails the test at its end. Throws RefusedError for an unknown
   * operation, or a body that the document does not allow.
   */
  async stub(operation: string, options: StubOptions = {}): Promise<Stub> {
    const body = { operation, ...options };
    return this.#control.json<Stub>("POST", "/_emulator/stubs", { body });
  }

  /** Return the stubs, each with how often it was used. */
  async stubs(): Promise<Stub[]> {
    return (await this.#control.json<{ stubs: Stub[] }>("GET", "/_emulator/stubs")).stubs;
  }

  /** Throw ExpectationFailed if a stub was not used as often as it said. */
  async checkStubs(): Promise<void> {
    const { unused } = await this.#control.json<Unused>("GET", "/_emulator/unused");
    const told = unused.filter(({ kind }) => kind === "stub").map(({ message }) => message);
    if (told.length > 0) throw new ExpectationFailed(`stubs that nobody used: ${told.join("; ")}`);
  }

  /**
   * Throw ExpectationFailed if a rule of its script or a fault was never used, or a turn missed.
   *
   * With `ifSet`, only where the setting fail_unused is on.
   */
  async checkUnused({ ifSet = false }: { ifSet?: boolean | undefined } = {}): Promise<void> {
    const { unused, fail_unused } = await this.#control.json<Unused>("GET", "/_emulator/unused");
    if (ifSet && !fail_unused) return;
    const told = unused.filter(({ kind }) => kind !== "stub").map(({ message }) => message);
    if (told.length > 0) {
      throw new ExpectationFailed(`set up for nothing, or missed: ${told.join("; ")}`);
    }
  }

  /** Return a receiver of webhooks on this machine; it is closed with the world. */
  async receiver(): Promise<WebhookReceiver> {
    const atWorldsTime = this.#settings["webhook_time"] === "world";
    const now = atWorldsTime ? () => this.clock.now() : async () => Date.now();
    const receiver = await WebhookReceiver.open(this.signingKey, now);
    this.#receivers.push(receiver);
    return receiver;
  }

  // the world as a whole

  /** Start over from another seed: its name, a file's path, or its content. Throws RefusedError, UsageError. */
  async seed(seed: string | Record<string, unknown>): Promise<void> {
    const given = typeof seed === "string" ? nameOrText(seed) : seed;
    this.#settings = { ...this.#settings, seed: given };
    const options = { body: this.#settings };
    const made = await this.#control.json<NewWorld>("PUT", "/_emulator/world", options);
    this.#signingKey = made.signing_key;
    await this.#beginAgain();
  }

  /** Return to its seed, and to the script that it began with; what is under way ends. */
  async reset(): Promise<void> {
    await this.#control.json("POST", "/_emulator/reset");
    await this.#beginAgain();
  }

  async #beginAgain(): Promise<void> {
    await this.#forget();
    if (this.#first !== undefined) await this.useScript(this.#first);
  }

  /** Forget what concerns only what was before: its journal is empty now, and begins to count again. */
  async #forget(): Promise<void> {
    this.#script = this.#newScript();
    this.#chatsSeen = 0;
    this.tts.forget();
    this.expression.forget();
    await this.setToolCallPatience(this.#patienceS);
  }

  /** Return all that it remembers now, for `restore`. */
  async snapshot(): Promise<Snapshot> {
    return this.#control.json<Snapshot>("GET", "/_emulator/snapshot");
  }

  /** Become as it was then; what is under way now ends. Throws RefusedError for a damaged snapshot. */
  async restore(snapshot: Snapshot): Promise<void> {
    await this.#control.json("PUT", "/_emulator/snapshot", { body: snapshot });
    await this.#forget();
  }

  /** Write all that it remembers into a file, for `load`. */
  async save(path: string): Promise<void> {
    await writeFile(path, JSON.stringify(await this.snapshot()), { mode: 0o600 });
  }

  /** Become as it was when the file was written; what is under way now ends. Throws UsageError, RefusedError. */
  async load(path: string): Promise<void> {
    await this.restore(snapshotIn(await readFile(path, "utf8"), path));
  }

  /** Return what happened in it, a line for each journal entry. */
  async timeline(): Promise<string> {
    return this.journal.timeline();
  }

  /** Forget the world, and close its receivers. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#closed();
    this.#interceptions.forEach((each) => each.restore());
    await this.#patience; // which would start the world over
    await this.#sent; // as would a script
    await Promise.all(this.#receivers.map((each) => each.close()));
    try {
      await this.#control.json("DELETE", "/_emulator/world");
    } catch (error) {
      if (!(error instanceof UnreachableError)) throw error; // the emulator has ended before
    }
  }

  /** Close it at the end of an `await using` block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** Return the snapshot that a file has. Throws UsageError. */
function snapshotIn(text: string, path: string): Snapshot {
  try {
    return JSON.parse(text) as Snapshot;
  } catch (error) {
    throw new UsageError(`${path} is no snapshot, which evi.save() writes: ${(error as Error).message}`);
  }
}

/** True for the first message of a chat that a client has opened itself. */
function opensAChat(entry: object): boolean {
  const { content, joined, simulated } = entry as FrameEntry;
  const isFirst = (content as { type?: string } | undefined)?.type === "chat_metadata";
  return isFirst && !joined && !simulated;
}

/** Return a script's content, to which rules can be added; {} for a name. */
function contentOf(source: ScriptSource): ScriptContent {
  if (source instanceof Script) return source.content;
  return typeof source === "string" ? {} : source;
}

/** Return a script as a body has it: a bundled name, a file's text, or a content. */
function bodyOf(source: ScriptSource): string | ScriptContent {
  if (source instanceof Script) return source.content;
  return typeof source === "string" ? nameOrText(source) : source;
}
