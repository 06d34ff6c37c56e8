// Made by `make control-document` from control-openapi.yaml: types of the control API's bodies.
/* eslint-disable */

export interface ErrorBody {
  /** The status in words. */
  error: string;
  /** What is wrong, and what to do. */
  message: string;
  /** The kind of error. */
  code: string;
}

export interface ValidationErrors {
  detail: Array<ValidationProblem>;
}

export interface ValidationProblem {
  /** The steps to the value; the first is `body` or `query`. */
  loc: Array<string | number>;
  msg: string;
  /** The kind of mistake. */
  type: string;
}

export interface Health {
  status: "ok";
  /** Version of the emulator. */
  version: string;
  /** Version of the EVI document. */
  spec_version: string;
  /** How many operations the EVI document has. */
  operations: number;
  /** How many operations each emulated API has. */
  apis: Record<string, number>;
}

export interface Snapshot {
  format: "evi-emulator-world";
  format_version: number;
  /** The emulator that wrote the document. */
  emulator_version: string;
  /** Everything in the world. Its fields belong to the format's version. */
  world: Record<string, unknown>;
  checksum: string;
}

export interface Clock {
  /** The time, in ms. */
  now_ms: number;
  /** `system` for a clock that runs, `manual` for a frozen one. */
  mode: "system" | "manual";
}

export interface World {
  /** What names the world where its key must not appear. */
  reference: string;
  /** What a test or a user calls it, if anything. */
  name: string | null;
  /** When something last happened in it, by the wall clock. */
  last_used_ms: number | null;
  /** How many entries its journal keeps. */
  entries: number;
}

export interface WorldList {
  worlds: Array<World>;
  /** How many there are, also beyond the limit. */
  total: number;
}

export interface WorldName {
  /** The name, of which 200 characters are kept; null takes it away. */
  name: string | null;
}

export interface WorldToken {
  access_token: string;
  /** In s, on the clock of the world. */
  expires_in: number;
}

export interface NewWorld {
  /** The key that the world's webhooks are signed with. */
  signing_key: string;
  /** Its time, in ms. What the seed holds is older. */
  now_ms: number;
}

export interface JournalPage {
  entries: Array<JournalEntry>;
  /** How many of the oldest entries were dropped. */
  dropped: number;
  /** Number of the oldest entry that is kept. */
  first_seq: number;
  /** Number of the newest entry. */
  last_seq: number;
}

export type JournalEntry = HttpEntry | FrameEntry | WebhookEntry | ModelEntry | FaultEntry | ClockEntry | EarsEntry | VoiceEntry | CallEntry | ScriptEntry | WorldEntry | BugEntry;

/** A request and its answer, or the request that opened a WebSocket. */
export interface HttpEntry {
  kind: "http";
  seq: Seq;
  at_ms: AtMs;
  /** Id of the operation, or `chat` or `connect`; null for an unknown path. */
  operation: string | null;
  method: string;
  path: string;
  query: string;
  /** null if a fault broke the connection before the answer. */
  status: number | null;
  duration_ms?: number | undefined;
  request_headers: Record<string, string>;
  /** The beginning of the body. */
  request?: string | undefined;
  /** The beginning of the answer's body. */
  response: string;
  /** What was sent of a body that came in pieces, in bytes. */
  response_bytes?: number | undefined;
  /** How an answer in pieces ended. */
  ended?: "complete" | "client_left" | "broken" | "failed" | undefined;
  /** The bug that the request ran into. */
  reference?: string | undefined;
  /** What the bug is. */
  error?: string | undefined;
  findings?: Findings | undefined;
}

/** A message in a chat, or how its connection ended. */
export interface FrameEntry {
  kind: "frame";
  seq: Seq;
  at_ms: AtMs;
  /** null before the chat has an id. */
  chat_id: string | null;
  /** `in` comes from the client. */
  direction: "in" | "out";
  /** The message; for audio, how much it is. */
  content?: unknown | undefined;
  /** Code of the close frame. */
  close?: number | undefined;
  /** Why the emulator cut the connection. */
  error?: string | undefined;
  /** True for a client that joined through /connect. */
  joined?: boolean | undefined;
  /** True for a simulated chat. */
  simulated?: boolean | undefined;
  /** True for a message of a phone call's chat. */
  on_phone?: boolean | undefined;
  findings?: Findings | undefined;
  run?: AudioRun | undefined;
}

/** Successive audio frames that share an entry. */
export interface AudioRun {
  first_seq: number;
  count: number;
  bytes: number;
  first_ms: number;
  last_ms: number;
}

/** An attempt to deliver a webhook, or why a delivery failed without one. */
export interface WebhookEntry {
  kind: "webhook";
  seq: Seq;
  at_ms: AtMs;
  delivery_id: string;
  event_name: string;
  chat_id: string;
  url: string;
  /** Which attempt it is. */
  number?: number | undefined;
  /** Status that the receiver answered. */
  status?: number | null | undefined;
  /** Why there is no answer. */
  error?: string | null | undefined;
  duration_ms?: number | undefined;
  faults?: Array<WebhookFault> | undefined;
  findings?: Findings | undefined;
}

/** A question to a language model, and its answer. */
export interface ModelEntry {
  kind: "model";
  seq: Seq;
  at_ms: AtMs;
  chat_id: string;
  /** The user's turn */
  turn: number;
  /** Without credentials and query. */
  url: string;
  /** The beginning of the body. */
  request: string;
  /** Their names. */
  headers: Array<string>;
  /** null if nothing answered. */
  status: number | null;
  /** When the first words, or a tool call, began to come; in real time. */
  first_token_ms?: number | null | undefined;
  /** In real time. */
  duration_ms?: number | undefined;
  chunks?: number | undefined;
  /** What the model said. */
  text?: string | undefined;
  /** The custom session id that the model set. */
  session_id?: string | null | undefined;
  /** Its finish_reason. */
  finish?: string | null | undefined;
  ended: "complete" | "cut" | "dropped" | "failed" | "ignored" | "timed_out";
  error: string | null;
  /** True for an answer from a cassette. */
  replayed?: boolean | undefined;
  faults?: Array<string> | undefined;
  /** The beginning of what the model sent, as it came. */
  stream?: string | undefined;
  /** The tool that the model wants called. */
  tool_call?: {
    name: string;
    arguments: Record<string, unknown>;
  } | undefined;
  /** The custom session id of the request. */
  sent_session_id?: string | undefined;
  findings?: Findings | undefined;
}

/** A fault rule, and what it broke. */
export interface FaultEntry {
  kind: "fault";
  seq: Seq;
  at_ms: AtMs;
  /** Id of the rule. */
  rule: string;
  of: FaultKind;
  fault: string;
  operation?: string | null | undefined;
  method?: string | undefined;
  path?: string | undefined;
  chat_id?: string | null | undefined;
  turn?: number | undefined;
  frame?: number | undefined;
  /** Type of the message. */
  type?: string | undefined;
  /** Time since the chat began, in ms. */
  chat_ms?: number | undefined;
  event_name?: string | undefined;
}

/** A change of the clock, or a streamed answer that waits for a frozen one. */
export interface ClockEntry {
  kind: "clock";
  seq: Seq;
  at_ms: AtMs;
  action: "freeze" | "resume" | "advance" | "wait";
  mode: "system" | "manual";
  /** How far it was advanced, or must be until a wait ends, in ms. */
  ms?: number | undefined;
  /** What waits, such as an answer. */
  what?: string | undefined;
}

/** The fate of the world that the key had before. It is the first entry of the new one. */
export interface WorldEntry {
  kind: "world";
  seq: Seq;
  at_ms: AtMs;
  action: "expired";
  /** When that was, by the wall clock, in ms since the Unix epoch. */
  before_ms: number;
  /** For how many minutes nobody had used it (`--world-idle-minutes`). */
  idle_minutes: number;
  /** Its name */
  name?: string | undefined;
}

/** A turn of a user's sound that ears (`--ears`) were to put into words. */
export interface EarsEntry {
  kind: "ears";
  seq: Seq;
  at_ms: AtMs;
  chat_id: string;
  /** Where it was sent */
  url: string;
  model: string;
  language: string | null;
  /** How long the sound lasts (ms). */
  sound_ms: number;
  /** Null if nothing answered. */
  status: number | null;
  /** How long the call took (ms, in real time). */
  duration_ms: number;
  /** What was understood; empty for noise. */
  text: string | null;
  ended: "complete" | "dropped" | "failed";
  error: string | null;
}

/** A text that the voice's server (`--voice URL`) was to say. If it failed, tones are heard. */
export interface VoiceEntry {
  kind: "voice";
  seq: Seq;
  at_ms: AtMs;
  /** Null for text-to-speech and for reconstructions. */
  chat_id: string | null;
  /** Where it was sent */
  url: string;
  model: string;
  voice: string;
  text: string;
  /** Null if nothing answered. */
  status: number | null;
  /** How long the call took (ms, in real time). */
  duration_ms: number;
  /** How long the sound lasts (ms). */
  sound_ms: number | null;
  ended: "complete" | "dropped" | "failed";
  error: string | null;
}

/** Something that happened in a phone call that the emulator placed. */
export interface CallEntry {
  kind: "call";
  seq: Seq;
  at_ms: AtMs;
  call_sid: string;
  /** What happened, such as dialled, verb, caller, answerer, mark, ended. */
  event: string;
  /** When (ms since the call's start). */
  call_ms: number;
  /** The end of what lasts, such as speech. */
  until_ms?: number | undefined;
  /** What was said, or the name of what happened. */
  text?: string | undefined;
  /** What only this event has. */
  data: Record<string, unknown>;
}

/** A mistake in a script that showed while it ran, or news of the script's file. */
export interface ScriptEntry {
  kind: "script";
  seq: Seq;
  at_ms: AtMs;
  chat_id: string | null;
  /** The kind of mistake. */
  finding: string;
  message: string;
}

/** A bug of the emulator in a chat or a timer; requests carry theirs themselves. */
export interface BugEntry {
  kind: "bug";
  seq: Seq;
  at_ms: AtMs;
  chat_id: string | null;
  reference: string;
  error: string;
}

/** Number of the entry. Numbers only grow. */
export type Seq = number;

/** When it happened by the clock of the world, in ms. */
export type AtMs = number;

export type Findings = Array<Finding>;

/** One thing that a client did wrong. */
export interface Finding {
  code: FindingCode;
  level: FindingLevel;
  /** JSON pointer to the mistake. */
  place: string;
  expected: string;
  /** The value that the client sent. */
  got: unknown;
  hint: string;
}

export interface ReportedFinding {
  /** The operation, the socket or the webhook. */
  subject: string;
  code: FindingCode;
  level: FindingLevel;
  /** JSON pointer to the mistake. */
  place: string;
  expected: string;
  /** The value that the client sent. */
  got: unknown;
  hint: string;
  /** How often it happened. */
  count: number;
  /** Journal entry of the first time; 0 for all worlds. */
  first_seq: number;
  /** Journal entry of the last time; 0 for all worlds. */
  last_seq: number;
  /** The world's time of the first. */
  first_at_ms: number | null;
  /**
   * The first request, frame or webhook in short, such as POST /v0/evi/configs -> 422, client
   * -> user_input, or webhook chat_ended -> 500.
   */
  first_line: string | null;
}

export interface ContractReport {
  /** By operation, those with errors first; the errors of each first. */
  findings: Array<ReportedFinding>;
  /** How many more findings were too many to keep. */
  dropped: number;
  /** How many of them have each code. */
  dropped_codes: Record<string, number>;
  coverage: Coverage;
  /**
   * What was run: `version` of the emulator, `seed`, `random_seed`, and of `exec` the
   * `command`.
   */
  run: Record<string, string | number>;
}

export interface Coverage {
  percent: Percent;
  parts: Array<CoveragePart>;
}

export interface CoveragePart {
  name: string;
  covered: number;
  total: number;
  percent: Percent;
  items: Array<CoverageItem>;
}

export interface CoverageItem {
  name: string;
  /** How often clients used it. */
  count: number;
  /** True if the coverage does not ask for it. */
  extra: boolean;
  /** How often an operation answered with each status. */
  detail?: Record<string, number> | undefined;
}

export type Percent = number;

export interface FaultTable {
  kinds: Record<string, {
    /** What breaks. */
    strikes: string;
    /** The fields that choose what breaks. */
    matched_by: Array<string>;
    faults: Record<string, {
      /** What happens to what breaks. */
      does: string;
      /** Further fields, with their defaults. */
      options: Record<string, unknown>;
    }>;
  }>;
  /** The values that some fields may have. */
  values: {
    operation: Array<string>;
    event_name: Array<string>;
    error: Array<string>;
    method: Array<string>;
  };
  /** The fields of a rule, with what a person needs to fill them in. */
  fields: Record<string, {
    /** Of a JSON value; `any` for several. */
    type: "string" | "integer" | "number" | "object" | "any";
    hint: string;
    /** Empty for a text. */
    unit: string;
    /** A value that it can have. */
    example: unknown;
  }>;
}

export interface NewStub {
  /** Id of the operation. */
  operation: string;
  /** That of success if left out. */
  status?: number | undefined;
  /** The answer's body; for an error, one in the service's words if left out. */
  body?: unknown | undefined;
  /** Further headers of the answer, by name. */
  headers?: Record<string, string> | undefined;
  /** For how many calls; null for all; 1 if left out. */
  times?: number | null | undefined;
  /** False takes a body that the document does not allow. */
  check?: boolean | undefined;
  match?: StubMatch | undefined;
}

export interface Unused {
  unused: Array<{
    kind: "stub" | "rule" | "fault" | "turn";
    message: string;
  }>;
  /** Unused stubs fail a test in any case. */
  fail_unused: boolean;
}

/** What the requests have for which the stub is meant; all of them if left out. */
export interface StubMatch {
  /** With wildcards, such as `/v0/evi/configs/*`. */
  path?: string | undefined;
  /** Some parameters, as texts; a list for one that is repeated. */
  query?: Record<string, unknown> | undefined;
  /** Some headers, in any case. */
  headers?: Record<string, string> | undefined;
  /** The JSON body; an object may have more fields than this one. */
  body?: unknown | undefined;
}

export interface Stub {
  id: string;
  operation: string;
  status: number;
  body: unknown;
  headers: Record<string, string>;
  times: number | null;
  /** How many calls it has answered. */
  used: number;
  match?: StubMatch | undefined;
  /** True if a callable of a test in Python makes the answer. */
  callable?: boolean | undefined;
}

/** One webhook event on its way to one URL. */
export interface Delivery {
  id: string;
  event_name: string;
  chat_id: string;
  url: string;
  state: DeliveryState;
  /** Why it failed without an attempt. */
  error: string | null;
  created_at_ms: number;
  /** The event as JSON. */
  body: string;
  attempts: Array<Attempt>;
}

/** One request of a delivery, and the receiver's answer. */
export interface Attempt {
  number: number;
  at_ms: number;
  status: number | null;
  /** Why there is no answer. */
  error: string | null;
  duration_ms: number;
  faults: Array<WebhookFault>;
  signature: {
    valid: boolean;
    /** What a receiver should object to. */
    problem: string | null;
  };
  request: {
    headers: Record<string, string>;
    body: string;
  };
  response: {
    /** Its beginning. */
    body: string;
  };
}

/** How custom language models are asked, in the words of docs/custom-models.md. */
export interface ModelOptions {
  quirks?: Array<ModelQuirk> | undefined;
  failure?: "continue" | "end" | undefined;
  system?: "session" | "always" | "never" | undefined;
  /** In s, in real time. */
  timeout?: number | undefined;
}

export interface ToolCalls {
  /** How long a client may leave a call unanswered, in s; null without a limit. */
  patience: number | null;
  /** The calls that wait for an answer. */
  unanswered: Array<{
    chat_id: string;
    /** What the client owes, in words. */
    message: string;
  }>;
  /** A sentence for each call that ended its chat, since no answer came in time. */
  given_up: Array<string>;
}

export interface SignedWebhook {
  /**
   * The signature and the timestamp, unless a fault takes them away, and the type of the
   * content.
   */
  headers: Record<string, string>;
  body: string;
}

export interface ModelCheck {
  /** Where the model was asked, without credentials. */
  url: string;
  /** How the model is asked. */
  form: string;
  pass: number;
  skipped: number;
  warn: number;
  fail: number;
  cases: Array<ModelCase>;
  /** The cases that failed, as text; null if none did. */
  failure: string | null;
}

export interface ModelCase {
  name: string;
  level: "pass" | "skipped" | "warn" | "fail";
  sends: string;
  expects: string;
  first_token_ms: number | null;
  duration_ms: number;
  /** Why it was not tried. */
  skipped: string | null;
  note: string | null;
  problems: Array<{
    level: string;
    /** The code of a finding. */
    code: string | null;
    expected: string;
    got: string;
    hint: string;
  }>;
}

export interface ScriptReference {
  /** The name of a bundled script, a script, or the text of a script's file. */
  script: string | Script;
}

export interface ScriptSummary {
  name: string;
  /** True if a turn without a rule is an error. */
  strict: boolean;
  /** The turns that each rule answers, in short. */
  rules: Array<string>;
  /** How often each rule has answered since the script was set. */
  uses: Array<number>;
  /** The script as YAML; null if no file can express a script made in Python. */
  text: string | null;
  /** Name of the file that the script follows; a change is read before the next chat. */
  file: string | null;
  /** Why the file can't be read as it is now; the last good script is kept. */
  mistake: string | null;
}

export interface ScriptProblems {
  problems: Array<{
    /** From 1; null where the script is not a text. */
    line: number | null;
    /** A JSON pointer into the script. */
    place: string;
    message: string;
  }>;
}

export interface SimulatedChat {
  chat_id: string;
  chat_group_id: string;
  /** The chat's status now; ACTIVE while it waits. */
  status: string;
}

export type SpeechFormat = "mp3" | "pcm" | "wav";

export interface SpeakingVoice {
  id: string;
  name: string;
  provider: string;
}

/** As it was sent, without fields that have their default. */
export interface SpokenUtterance {
  text: string;
  description?: string | undefined;
  speed?: number | undefined;
  /** Seconds. */
  trailing_silence?: number | undefined;
  voice?: SpeakingVoice | undefined;
}

export interface SpeechGeneration {
  generation_id: string;
  request_id: string;
  /** Milliseconds since the epoch. */
  created_at: number;
  /** Id of the operation or name of the socket that made it. */
  operation: string;
  version: string;
  format: SpeechFormat;
  /** Seconds. */
  duration: number;
  /** The texts of all utterances. */
  text: string;
  /** That of the first utterance. */
  description: string | null;
  /** That of the first utterance; null if it was designed. */
  voice: SpeakingVoice | null;
  utterances: Array<SpokenUtterance>;
  context_generation_id: string | null;
  /** Its place among the generations of one request. */
  variant: number;
  /** False if a stream of it ended early. */
  complete?: boolean | undefined;
}

export interface SpeechGenerationWithWords {
  generation_id: string;
  request_id: string;
  /** Milliseconds since the epoch. */
  created_at: number;
  /** Id of the operation or name of the socket that made it. */
  operation: string;
  version: string;
  format: SpeechFormat;
  /** Seconds. */
  duration: number;
  /** The texts of all utterances. */
  text: string;
  /** That of the first utterance. */
  description: string | null;
  /** That of the first utterance; null if it was designed. */
  voice: SpeakingVoice | null;
  utterances: Array<SpokenUtterance>;
  context_generation_id: string | null;
  /** Its place among the generations of one request. */
  variant: number;
  /** False if a stream of it ended early. */
  complete?: boolean | undefined;
  words: Array<SpeechTimestamp>;
  phonemes: Array<SpeechTimestamp>;
}

export interface SpeechTimestamp {
  text: string;
  /** From the beginning of the generation, in milliseconds. */
  time: {
    begin: number;
    end: number;
  };
  type: "word" | "phoneme";
}

export interface OwnSound {
  text: string;
  /** Seconds. */
  duration: number;
}

/** A call to place. Times are texts such as 2s or 500ms. */
export interface CallOrder {
  /** What answers with TwiML. */
  url: string;
  /** What the caller does, step by step. */
  user?: Array<CallStep> | undefined;
  /** The number that calls. */
  from_number?: string | undefined;
  /** The number that is called. */
  to_number?: string | undefined;
  /** How the form is sent; POST by default. */
  method?: "POST" | "GET" | undefined;
  /** CA and 32 hexadecimal digits; by default a new one. */
  call_sid?: string | undefined;
  /** The account in Twilio's form. */
  account_sid?: string | undefined;
  /** What X-Twilio-Signature is made with. */
  auth_token?: string | undefined;
  /** Who calls whom. */
  direction?: "inbound" | "outbound-api" | "outbound-dial" | undefined;
  /** Where the call's progress is posted. */
  status_callback?: string | undefined;
  /** How long the caller waits for first words; 2s by default. */
  greeting?: string | undefined;
  /** The silence after which it is the caller's turn; 0.7s by default. */
  reaction?: string | undefined;
  /** How long the caller waits for an answer; 10s by default. */
  patience?: string | undefined;
  /** How long the call may last; 30m by default. */
  longest?: string | undefined;
  /** Have the answer carry how both sides sounded. */
  sound?: boolean | undefined;
}

/** A text to say, or one other thing that the caller does. */
export type CallStep = string | {
  /** What to say. */
  say?: string | undefined;
  /** Say it while the other side speaks. */
  interrupt?: boolean | undefined;
  /** Keys to press: digits, *, #. */
  keys?: string | undefined;
  /** How long to say nothing, such as 2s. */
  wait?: string | undefined;
  /** True: hang up. */
  hang_up?: boolean | undefined;
};

export interface PlacedCall {
  call_sid: string;
  from_number: string;
  to_number: string;
  status: "completed" | "failed" | "busy" | "no-answer";
  /** Since the call was answered. */
  duration_ms: number;
  stream_sids: Array<string>;
  /** The transcript. */
  lines: Array<{
    /** Since the call's start. */
    at_ms: number;
    until_ms: number;
    who: "caller" | "answerer" | "twilio";
    text: string;
  }>;
  /** What would differ with Twilio. */
  notices: Array<string>;
  /** What a person should mend. */
  problems: Array<string>;
  /** The chat that the call has led to. */
  chat_id: string | null;
  /** If asked for: a WAV file with the caller on the left. */
  sound?: string | undefined;
}

export interface PhoneCall {
  call_sid: string;
  /** The number that calls, such as +4712345678. */
  from_number: string;
  /** The number that is called. */
  to_number: string;
  /** When it came in, in milliseconds since the epoch. */
  at_ms: number;
  /** Null until its media stream has started. */
  chat_id: string | null;
  /** That of the URL; null for the default config. */
  config_id: string | null;
}

export interface MeasurementScript {
  /** A statement a line, such as speech from 98 ms to 26 s: joy 0.8. */
  script: string;
}

/** As the API shows it, and its events. */
export interface MeasurementRun {
  run_id: string;
  user_id: string;
  status: "live" | "ended" | "errored";
  endpoint: "audio" | "video";
  mode: "realtime" | "file";
  /** RFC 3339. */
  started_at: string;
  /** RFC 3339. */
  ended_at: string | null;
  close_code: number | null;
  close_reason: string | null;
  bytes_received: number | null;
  bytes_recorded: number | null;
  metered_seconds: number;
  /** The configuration with its defaults. */
  config: Record<string, unknown>;
  /** What went wrong; of a kind, the first 100. */
  events: Array<MeasurementRunEvent>;
}

export interface MeasurementRunEvent {
  seq: number;
  /** RFC 3339. */
  at: string;
  kind: string;
  detail?: Record<string, unknown> | undefined;
}

export interface ServerSettings {
  /** address to listen on */
  host?: string | undefined;
  /** port to listen on; 0 picks a free one */
  port?: number | undefined;
  /** what a world starts with: demo, empty, or a file's path */
  seed?: string | undefined;
  /** an OpenAPI document to serve instead of the bundled one */
  spec?: string | undefined;
  /** accept only these API keys (any non-empty key otherwise) */
  apiKey?: Array<string> | "(hidden)" | undefined;
  /** make ids and other random values repeatable: the number that starts their generators */
  randomSeed?: number | null | undefined;
  /** unit of timestamps of chats, chat groups, configs, prompts and tools */
  timestamps?: "milliseconds" | "seconds" | undefined;
  /** answer 400 for an EVI 3 config without a voice */
  requireVoice?: boolean | undefined;
  /** status of the answer to a name that another config or tool already has */
  nameConflict?: "409" | "400" | undefined;
  /** the answer to an id that does not exist: 404, or an example */
  unknownIds?: "404" | "example" | undefined;
  /** whether to accept or refuse a library voice that is not in the emulator's list */
  unknownVoices?: "accept" | "refuse" | undefined;
  /**
   * let text-to-speech accept streams without a voice, and the bodies of Hume's generated
   * tests: empty contexts and ids, voices without a name
   */
  lenientTts?: boolean | undefined;
  /**
   * how speech sounds: tones, words spoken by eSpeak NG, which needs the package's extra
   * [voice], or what an OpenAI-compatible server at a URL says
   */
  voice?: string | undefined;
  /** the model's name on the voice's server; tts-1 by default */
  voiceModel?: string | undefined;
  /** the voice of the voice's server for all speech; the Hume voice's name by default */
  voiceName?: string | undefined;
  /** the API key of the voice's server */
  voiceKey?: string | "(hidden)" | undefined;
  /** how long the voice's server may take for a sentence, in real time (s) */
  voiceTimeout?: number | undefined;
  /** longest speech that one request may ask for (s) */
  maxGenerationSeconds?: number | undefined;
  /** how long a text-to-speech socket may be idle before it is closed (s) */
  ttsIdleTimeout?: number | undefined;
  /** how long an expression socket may be idle before it is closed (s) */
  expressionIdleTimeout?: number | undefined;
  /** media type of text-to-speech's streamed JSON lines; the lines are the same with both */
  ttsStreamType?: "text/event-stream" | "application/x-ndjson" | undefined;
  /** media type of text-to-speech's files: audio/mpeg and so on, or octet-stream for all */
  ttsFileType?: "audio" | "octet-stream" | undefined;
  /** inactivity timeout (s) of configs that set none */
  inactivityTimeout?: number | undefined;
  /** key that webhooks are signed with */
  signingKey?: string | "(hidden)" | undefined;
  /** sign webhooks with the signing key, or with the world's API key */
  signWebhooksWith?: "signing_key" | "api_key" | undefined;
  /** the time in a webhook's header: the wall clock's, or the world's */
  webhookTime?: "wall" | "world" | undefined;
  /** how long a webhook's receiver may take to answer (s) */
  webhookTimeout?: number | undefined;
  /** webhook deliveries that a world keeps, and that may be pending */
  webhookQueue?: number | undefined;
  /** entries that a world's journal keeps */
  journalLimit?: number | undefined;
  /** approximate bytes of requests, answers and frames that a world's journal keeps */
  journalMaxBytes?: number | undefined;
  /** worlds that a server keeps; a new key beyond them gets 429 */
  maxWorlds?: number | undefined;
  /**
   * real minutes after which a world that nobody uses is dropped; 0 keeps all, as do --api-
   * key, --state and --export-on-exit
   */
  worldIdleMinutes?: number | undefined;
  /** a world's time runs (system), or is frozen at the start of 2025 until moved (manual) */
  clock?: "system" | "manual" | undefined;
  /** what the assistant says: a bundled script, or a file's path */
  script?: string | undefined;
  /**
   * how long the assistant takes, and how fast generated speech streams: instant, realtime, or
   * a speed factor (5 is five times faster)
   */
  pace?: string | undefined;
  /**
   * with a pace, the time from a request or a turn to the first sound, such as 500ms; by
   * default 200ms for generated speech, and 0.6 to 1 s in a chat
   */
  firstAudio?: string | undefined;
  /** with a pace, the longest random delay of each chunk of sound */
  jitter?: string | undefined;
  /** send the assistant's speech as audio, too */
  audioOutput?: boolean | undefined;
  /**
   * where the scores of the assistant's sentences are sent: in a frame of their own, or inline
   * in the assistant_message, as clients from before mid-2025 expect
   */
  prosody?: "frame" | "inline" | undefined;
  /** whether a chat ends, or continues, after audio that can't be decoded */
  transcriptionFailure?: "end" | "continue" | undefined;
  /** live chats that a world may have; the next is refused */
  maxChats?: number | null | undefined;
  /**
   * chat events that a world keeps, beside its seed's; a chat that reaches the limit ends with
   * an error frame, and the next is refused
   */
  maxEvents?: number | undefined;
  /** bytes that may wait for a client that reads slowly; a client beyond it is cut off */
  maxUnsentBytes?: number | undefined;
  /** largest request body; a larger one gets 413 */
  maxBodyBytes?: number | undefined;
  /**
   * most characters that placeholders and variables may add to a text; a longer text gets an
   * error frame
   */
  maxFilledChars?: number | undefined;
  /** largest head of a request (its URL and headers); a larger one gets 414 or 431 */
  maxHeadBytes?: number | undefined;
  /** longest time that a request may take to arrive (s); a slower one gets 408 */
  requestTimeout?: number | undefined;
  /** answer 422 for fields, parameters and values that the document does not list */
  strict?: boolean | undefined;
  /** requests that a world answers in a second; more get 429 */
  requestsPerSecond?: number | null | undefined;
  /** largest frame of a WebSocket; a larger one closes the WebSocket with 1009 */
  maxFrameBytes?: number | undefined;
  /**
   * fail a test, or the command of exec, if it leaves rules of its script or faults unused, or
   * if a user's turn meets no rule; unused stubs fail it in any case
   */
  failUnused?: boolean | undefined;
  /** random faults in every world, with their probabilities, such as ws_drop=.05,http_5xx=.02 */
  chaos?: string | undefined;
  /** print a line for each request */
  logRequests?: boolean | undefined;
  /** a folder that keeps worlds when the server ends */
  state?: string | undefined;
  /** a folder to which each world is written when the server ends */
  exportOnExit?: string | undefined;
  /** largest snapshot that may be restored */
  maxSnapshotBytes?: number | undefined;
  /** serve https and wss, with a new certificate */
  tls?: boolean | undefined;
  /** additional host names accepted on the emulator's own routes */
  allowedHosts?: Array<string> | undefined;
  /**
   * the address at which others reach the emulator, such as https://abc.tunnel.example; URLs
   * in answers begin with it, by default with the request's Host
   */
  publicUrl?: string | undefined;
  /** hosts where webhooks, custom language models and phone calls may use http and ws, too */
  callHosts?: Array<string> | undefined;
  /**
   * redirects, each FROM=TO: calls to a URL that begins with FROM go to TO instead; for custom
   * language models, webhooks and phone calls
   */
  mapUrl?: Array<string> | undefined;
  /** how long a custom language model may be silent, in real time (s) */
  modelTimeout?: number | undefined;
  /** whether a chat continues, or ends, when its custom language model fails */
  modelFailure?: "continue" | "end" | undefined;
  /**
   * when a custom language model gets a system message: if session settings gave a prompt
   * (session), always, or never
   */
  modelSystem?: "session" | "always" | "never" | undefined;
  /** odd behaviour of the service to imitate when the emulator asks a custom language model */
  modelQuirks?: Array<"greeting_as_user_text" | "greeting_prefix_once" | "duplicate_last_message" | "expression_suffix" | "superset_finals" | "double_post" | "retry_after_silence" | "resume_without_history" | "connect_id_ignored" | "none"> | undefined;
  /** a file for questions to language models and their answers, as JSON lines */
  modelCassette?: string | undefined;
  /**
   * what to do with a question that the cassette lacks: ask and keep the answer (auto), or
   * fail (replay); record asks all questions again
   */
  modelCassetteMode?: "auto" | "record" | "replay" | undefined;
  /** an OpenAI-compatible server that answers chats whose config names no model of its own */
  brain?: string | undefined;
  /** the model's name on the brain's server */
  brainModel?: string | undefined;
  /** the brain's API key */
  brainKey?: string | "(hidden)" | undefined;
  /** how long the brain may send nothing, in real time (s) */
  brainTimeout?: number | undefined;
  /** an OpenAI-compatible transcription server, which turns users' sound into words */
  ears?: string | undefined;
  /** the model's name on the ears' server; whisper-1 by default */
  earsModel?: string | undefined;
  /** the language that users speak, such as en; the ears find out by default */
  earsLanguage?: string | undefined;
  /** the ears' API key */
  earsKey?: string | "(hidden)" | undefined;
  /** how long the ears may take for a turn, in real time (s) */
  earsTimeout?: number | undefined;
  /** call no host that --call-hosts leaves out, not even this machine */
  callHostsOnly?: boolean | undefined;
  /**
   * addresses of proxies whose X-Forwarded-Proto and X-Forwarded-For the emulator believes; *
   * for any
   */
  trustedProxies?: Array<string> | undefined;
}

export interface WorldSettings {
  /**
   * what a world starts with: a bundled seed's name, a seed's content, or the text of a seed's
   * file
   */
  seed?: string | Record<string, unknown> | undefined;
  /** make ids and other random values repeatable: the number that starts their generators */
  randomSeed?: number | null | undefined;
  /** unit of timestamps of chats, chat groups, configs, prompts and tools */
  timestamps?: "milliseconds" | "seconds" | undefined;
  /** answer 400 for an EVI 3 config without a voice */
  requireVoice?: boolean | undefined;
  /** status of the answer to a name that another config or tool already has */
  nameConflict?: "409" | "400" | undefined;
  /** whether to accept or refuse a library voice that is not in the emulator's list */
  unknownVoices?: "accept" | "refuse" | undefined;
  /**
   * how speech sounds: tones, words spoken by eSpeak NG, which needs the package's extra
   * [voice], or what an OpenAI-compatible server at a URL says
   */
  voice?: string | undefined;
  /** the model's name on the voice's server; tts-1 by default */
  voiceModel?: string | undefined;
  /** the voice of the voice's server for all speech; the Hume voice's name by default */
  voiceName?: string | undefined;
  /** the API key of the voice's server */
  voiceKey?: string | "(hidden)" | undefined;
  /** how long the voice's server may take for a sentence, in real time (s) */
  voiceTimeout?: number | undefined;
  /** longest speech that one request may ask for (s) */
  maxGenerationSeconds?: number | undefined;
  /** how long a text-to-speech socket may be idle before it is closed (s) */
  ttsIdleTimeout?: number | undefined;
  /** how long an expression socket may be idle before it is closed (s) */
  expressionIdleTimeout?: number | undefined;
  /** media type of text-to-speech's streamed JSON lines; the lines are the same with both */
  ttsStreamType?: "text/event-stream" | "application/x-ndjson" | undefined;
  /** media type of text-to-speech's files: audio/mpeg and so on, or octet-stream for all */
  ttsFileType?: "audio" | "octet-stream" | undefined;
  /** inactivity timeout (s) of configs that set none */
  inactivityTimeout?: number | undefined;
  /** key that webhooks are signed with */
  signingKey?: string | "(hidden)" | undefined;
  /** sign webhooks with the signing key, or with the world's API key */
  signWebhooksWith?: "signing_key" | "api_key" | undefined;
  /** the time in a webhook's header: the wall clock's, or the world's */
  webhookTime?: "wall" | "world" | undefined;
  /** webhook deliveries that a world keeps, and that may be pending */
  webhookQueue?: number | undefined;
  /** entries that a world's journal keeps */
  journalLimit?: number | undefined;
  /** approximate bytes of requests, answers and frames that a world's journal keeps */
  journalMaxBytes?: number | undefined;
  /** a world's time runs (system), or is frozen at the start of 2025 until moved (manual) */
  clock?: "system" | "manual" | undefined;
  /** what the assistant says: a bundled script, or a file's path */
  script?: string | undefined;
  /**
   * how long the assistant takes, and how fast generated speech streams: instant, realtime, or
   * a speed factor (5 is five times faster)
   */
  pace?: string | undefined;
  /**
   * with a pace, the time from a request or a turn to the first sound, such as 500ms; by
   * default 200ms for generated speech, and 0.6 to 1 s in a chat
   */
  firstAudio?: string | undefined;
  /** with a pace, the longest random delay of each chunk of sound */
  jitter?: string | undefined;
  /** send the assistant's speech as audio, too */
  audioOutput?: boolean | undefined;
  /**
   * where the scores of the assistant's sentences are sent: in a frame of their own, or inline
   * in the assistant_message, as clients from before mid-2025 expect
   */
  prosody?: "frame" | "inline" | undefined;
  /** whether a chat ends, or continues, after audio that can't be decoded */
  transcriptionFailure?: "end" | "continue" | undefined;
  /** live chats that a world may have; the next is refused */
  maxChats?: number | null | undefined;
  /**
   * chat events that a world keeps, beside its seed's; a chat that reaches the limit ends with
   * an error frame, and the next is refused
   */
  maxEvents?: number | undefined;
  /** bytes that may wait for a client that reads slowly; a client beyond it is cut off */
  maxUnsentBytes?: number | undefined;
  /**
   * most characters that placeholders and variables may add to a text; a longer text gets an
   * error frame
   */
  maxFilledChars?: number | undefined;
  /** answer 422 for fields, parameters and values that the document does not list */
  strict?: boolean | undefined;
  /** requests that a world answers in a second; more get 429 */
  requestsPerSecond?: number | null | undefined;
  /**
   * fail a test, or the command of exec, if it leaves rules of its script or faults unused, or
   * if a user's turn meets no rule; unused stubs fail it in any case
   */
  failUnused?: boolean | undefined;
  /** random faults in every world, with their probabilities, such as ws_drop=.05,http_5xx=.02 */
  chaos?: string | undefined;
  /**
   * the address at which others reach the emulator, such as https://abc.tunnel.example; URLs
   * in answers begin with it, by default with the request's Host
   */
  publicUrl?: string | undefined;
  /** hosts where webhooks, custom language models and phone calls may use http and ws, too */
  callHosts?: Array<string> | undefined;
  /**
   * redirects, each FROM=TO: calls to a URL that begins with FROM go to TO instead; for custom
   * language models, webhooks and phone calls
   */
  mapUrl?: Array<string> | undefined;
  /** how long a custom language model may be silent, in real time (s) */
  modelTimeout?: number | undefined;
  /** whether a chat continues, or ends, when its custom language model fails */
  modelFailure?: "continue" | "end" | undefined;
  /**
   * when a custom language model gets a system message: if session settings gave a prompt
   * (session), always, or never
   */
  modelSystem?: "session" | "always" | "never" | undefined;
  /** odd behaviour of the service to imitate when the emulator asks a custom language model */
  modelQuirks?: Array<"greeting_as_user_text" | "greeting_prefix_once" | "duplicate_last_message" | "expression_suffix" | "superset_finals" | "double_post" | "retry_after_silence" | "resume_without_history" | "connect_id_ignored" | "none"> | undefined;
  /** a file for questions to language models and their answers, as JSON lines */
  modelCassette?: string | undefined;
  /**
   * what to do with a question that the cassette lacks: ask and keep the answer (auto), or
   * fail (replay); record asks all questions again
   */
  modelCassetteMode?: "auto" | "record" | "replay" | undefined;
  /** an OpenAI-compatible server that answers chats whose config names no model of its own */
  brain?: string | undefined;
  /** the model's name on the brain's server */
  brainModel?: string | undefined;
  /** the brain's API key */
  brainKey?: string | "(hidden)" | undefined;
  /** how long the brain may send nothing, in real time (s) */
  brainTimeout?: number | undefined;
  /** an OpenAI-compatible transcription server, which turns users' sound into words */
  ears?: string | undefined;
  /** the model's name on the ears' server; whisper-1 by default */
  earsModel?: string | undefined;
  /** the language that users speak, such as en; the ears find out by default */
  earsLanguage?: string | undefined;
  /** the ears' API key */
  earsKey?: string | "(hidden)" | undefined;
  /** how long the ears may take for a turn, in real time (s) */
  earsTimeout?: number | undefined;
  /** call no host that --call-hosts leaves out, not even this machine */
  callHostsOnly?: boolean | undefined;
  /** what the list of worlds calls it, such as a test's name; null keeps the name it has */
  name?: string | null | undefined;
}

/** The fields that a rule may have depend on its kind and fault. */
export interface NewFaultRule {
  /** What breaks. */
  kind: "http" | "socket" | "webhook" | "model" | "call";
  /** What happens to it. */
  fault: string;
  /** How often; always if left out. */
  times?: number | undefined;
  /** The chance that the rule applies to a match: above 0, at most 1. */
  probability?: number | undefined;
  /** The operation that it breaks, by its id. */
  operation?: string | undefined;
  /** The method that it breaks, such as POST. */
  method?: string | undefined;
  /** The path that it breaks; * stands for anything. */
  path?: string | undefined;
  /** The chat that it breaks. */
  chat_id?: string | undefined;
  /** The phone call that it breaks. */
  call_sid?: string | undefined;
  /** The user's turn, from 1. */
  turn?: number | undefined;
  /** The frame that goes to the client, from 1. */
  frame?: number | undefined;
  /** The type of the frame, such as audio_output. */
  type?: string | undefined;
  /** Apply no earlier than this time of the chat, in ms on the world's clock. */
  at_ms?: number | undefined;
  /** The event of the webhook that it breaks. */
  event_name?: string | undefined;
  /** The status of the answer; of a list, one is drawn. */
  status?: number | Array<number> | undefined;
  /** The header Retry-After of the answer, in seconds. */
  retry_after_s?: number | undefined;
  /** Further headers of the answer, by name. */
  headers?: Record<string, string> | undefined;
  /** The body of the answer; one in the service's words if left out. */
  body?: unknown | undefined;
  /** How long to wait, in real ms: a number, [from, to], or about a mean. */
  delay_ms?: number | Array<number> | {
    mean: number;
    deviation: number;
  } | undefined;
  /** How fast the answer comes, in bytes per second. */
  bytes_per_s?: number | undefined;
  /** How much is lost, from 0 to 1. */
  share?: number | undefined;
  /** How many lines or pieces are sent before it breaks. */
  after?: number | undefined;
  /** The code with which the WebSocket is closed. */
  code?: number | undefined;
  /** The reason of that close. */
  reason?: string | undefined;
  /** The error of the API, by slug or code. */
  error?: string | undefined;
  /** The text of that error. */
  message?: string | undefined;
}

export interface FaultRule {
  /** What breaks. */
  kind: "http" | "socket" | "webhook" | "model" | "call";
  /** What happens to it. */
  fault: string;
  /** How often; always if left out. */
  times: number | null;
  /** The chance that the rule applies to a match: above 0, at most 1. */
  probability: number | null;
  /** The operation that it breaks, by its id. */
  operation?: string | null | undefined;
  /** The method that it breaks, such as POST. */
  method?: string | null | undefined;
  /** The path that it breaks; * stands for anything. */
  path?: string | null | undefined;
  /** The chat that it breaks. */
  chat_id?: string | null | undefined;
  /** The phone call that it breaks. */
  call_sid?: string | null | undefined;
  /** The user's turn, from 1. */
  turn?: number | null | undefined;
  /** The frame that goes to the client, from 1. */
  frame?: number | null | undefined;
  /** The type of the frame, such as audio_output. */
  type?: string | null | undefined;
  /** Apply no earlier than this time of the chat, in ms on the world's clock. */
  at_ms?: number | null | undefined;
  /** The event of the webhook that it breaks. */
  event_name?: string | null | undefined;
  /** The status of the answer; of a list, one is drawn. */
  status?: number | Array<number> | null | undefined;
  /** The header Retry-After of the answer, in seconds. */
  retry_after_s?: number | null | undefined;
  /** Further headers of the answer, by name. */
  headers?: Record<string, string> | null | undefined;
  /** The body of the answer; one in the service's words if left out. */
  body?: unknown | undefined;
  /** How long to wait, in real ms: a number, [from, to], or about a mean. */
  delay_ms?: number | Array<number> | {
    mean: number;
    deviation: number;
  } | null | undefined;
  /** How fast the answer comes, in bytes per second. */
  bytes_per_s?: number | null | undefined;
  /** How much is lost, from 0 to 1. */
  share?: number | null | undefined;
  /** How many lines or pieces are sent before it breaks. */
  after?: number | null | undefined;
  /** The code with which the WebSocket is closed. */
  code?: number | null | undefined;
  /** The reason of that close. */
  reason?: string | null | undefined;
  /** The error of the API, by slug or code. */
  error?: string | null | undefined;
  /** The text of that error. */
  message?: string | null | undefined;
  id: string;
  /** How often it has applied. */
  used: number;
}

export type FaultKind = "http" | "socket" | "webhook" | "model" | "call";

export type WebhookFault = "duplicate" | "reorder" | "drop" | "delay" | "stale_timestamp" | "wrong_key" | "tampered_body" | "missing_headers";

export type JournalKind = "http" | "frame" | "webhook" | "fault" | "model" | "ears" | "voice" | "call" | "clock" | "script" | "world" | "bug";

export type DeliveryState = "pending" | "delivered" | "failed";

export type FindingCode = "path_unknown" | "method_unknown" | "credentials_refused" | "request_invalid" | "request_refused" | "body_too_large" | "field_unknown" | "parameter_unknown" | "parameter_repeated" | "value_coerced" | "value_unlisted" | "deprecated" | "page_base" | "body_unexpected" | "content_type_missing" | "accept_excludes_json" | "key_in_query" | "frame_invalid" | "frame_unknown" | "socket_unread" | "socket_broken" | "webhook_refused" | "webhook_unanswered" | "webhook_slow" | "webhook_unverified" | "credential_spelling" | "tool_call_unknown" | "tool_call_unanswered" | "audio_refused" | "audio_undecodable" | "message_in_bytes" | "variable_missing" | "model_url_unusual" | "model_type_wrong" | "model_line_broken" | "model_done_missing" | "model_silent" | "model_fingerprint_leaked" | "model_tools_parallel" | "model_arguments_broken" | "brain_model_unknown" | "chat_refused" | "media_mislabelled" | "measurement_refused" | "media_in_container" | "media_too_fast" | "call_field_missing" | "call_refused" | "stream_message_invalid" | "instant_mode_ignored" | "timestamps_ignored" | "speech_refused" | "voice_unlisted";

export type FindingLevel = "error" | "warning";

export type WebhookEventName = "chat_started" | "chat_ended" | "tool_call";

export type ModelQuirk = "greeting_as_user_text" | "greeting_prefix_once" | "duplicate_last_message" | "expression_suffix" | "superset_finals" | "double_post" | "retry_after_silence" | "resume_without_history" | "connect_id_ignored" | "none";

/** A script, in the words of docs/scripts.md. */
export interface Script {
  /** The config of the chat; the default config if left out. */
  config_id?: string | null | undefined;
  /** The version of that config; the latest if left out. */
  config_version?: number | null | undefined;
  /** The chat group that the chat continues. */
  resumed_chat_group_id?: string | null | undefined;
  /** The settings that the client sends first. */
  session_settings?: SessionSettings | null | undefined;
  /** The number that calls, such as +4712345678, of a phone call. */
  caller_number?: string | null | undefined;
  /** What else Twilio says of a phone call, by name. */
  twilio_metadata?: Record<string, string> | null | undefined;
  /** What the user does, step by step; a text alone is said. */
  user?: Array<string | ScriptUserStep> | undefined;
  /**
   * A tool call that the script does not answer gets a tool_error (fallback), or waits for an
   * answer by the control plane (wait); fallback if left out.
   */
  unanswered_tool_calls?: "fallback" | "wait" | undefined;
  /** How the chat ends; ACTIVE leaves it live. USER_ENDED if left out. */
  end_reason?: "USER_ENDED" | "USER_TIMEOUT" | "INACTIVITY_TIMEOUT" | "MAX_DURATION_TIMEOUT" | "ERROR" | "hang_up" | "ACTIVE" | undefined;
  /** instant, realtime, or a speed factor (5 is five times faster); instant if left out. */
  pace?: string | number | undefined;
  /** What the script is for. */
  description?: string | undefined;
  /** Answer a turn that no rule matches with an error; false if left out. */
  strict?: boolean | undefined;
  /** The emotion of the assistant where a step names none, or scores by emotion. */
  mood?: string | Record<string, number> | null | undefined;
  /** How a custom language model is asked. */
  model?: ScriptModel | undefined;
  /** The rules: the first one that matches, and is not used up, answers a turn. */
  rules?: Array<ScriptRule> | undefined;
  /** How a simulated client answers the calls of tools, by the tool's name. */
  tools?: Record<string, string | ScriptToolAnswer> | undefined;
  /** Texts that sound like a recording. */
  sounds?: Array<ScriptSound> | undefined;
}

/** The format of raw audio input; `sample_rate` is in Hz. */
export interface AudioSettings {
  encoding: "linear16";
  channels: number;
  sample_rate: number;
  codec?: string | null | undefined;
}

export interface BuiltinTool {
  name: "web_search" | "hang_up";
  fallback_content?: string | null | undefined;
}

/**
 * Text that accompanies the next user message, or every later one.  'editable', which the
 * SDK's type also names, lasts as 'persistent' does.
 */
export interface Context {
  text: string;
  type?: "temporary" | "persistent" | "editable" | undefined;
}

/** Changes the settings that it names, and no others; a null `context` ends the context. */
export interface SessionSettings {
  custom_session_id?: string | null | undefined;
  type?: "session_settings" | undefined;
  audio?: AudioSettings | null | undefined;
  builtin_tools?: Array<BuiltinTool> | null | undefined;
  context?: Context | null | undefined;
  event_limit?: number | null | undefined;
  language_model_api_key?: string | null | undefined;
  metadata?: Record<string, unknown> | null | undefined;
  system_prompt?: string | null | undefined;
  tools?: Array<Tool> | null | undefined;
  variables?: Record<string, string | number | boolean> | null | undefined;
  voice_id?: string | null | undefined;
}

/** A tool for this chat alone; `parameters` is a JSON schema as text. */
export interface Tool {
  type: "function" | "builtin";
  name: string;
  parameters: string;
  description?: string | null | undefined;
  fallback_content?: string | null | undefined;
}

/** How a custom language model is asked: as the settings of these names say, for one script. */
export interface ScriptModel {
  /** The service's habits towards models that it has. */
  quirks?: Array<"greeting_as_user_text" | "greeting_prefix_once" | "duplicate_last_message" | "expression_suffix" | "superset_finals" | "double_post" | "retry_after_silence" | "resume_without_history" | "connect_id_ignored" | "none"> | null | undefined;
  /** Whether a chat ends, or continues, after the model has failed. */
  failure?: "continue" | "end" | null | undefined;
  /** When the prompt is sent to the model as a system message. */
  system?: "session" | "always" | "never" | null | undefined;
  /** How long the model may be silent, in seconds of real time. */
  timeout?: number | null | undefined;
}

export interface ScriptRule {
  /** What a turn must be like; words alone, found in any case. Any if left out. */
  when?: string | ScriptWhen | undefined;
  /** How often the rule answers; always if left out. */
  times?: number | null | undefined;
  /** The steps of the assistant, one after the other; a text alone is spoken. */
  answer: string | ScriptStep | Array<string | ScriptStep>;
}

/** The sound of a text: an audio file beside the script's, or its content in base64. */
export interface ScriptSound {
  /** The text that has the sound. */
  text: string;
  /** The audio file, beside the script's file; not over HTTP. */
  file?: string | null | undefined;
  /** The content of an audio file, in base64. */
  data?: string | null | undefined;
}

/** A step of the assistant: one action, and what belongs to it. */
export interface ScriptStep {
  /** What to say. Placeholders such as {tool_result} are filled in. */
  say?: string | null | undefined;
  /** The emotion it is said with, or scores by emotion. */
  mood?: string | Record<string, number> | null | undefined;
  /** Say it as a quick response. */
  quick?: boolean | undefined;
  /** The function tool to call; its answer is {tool_result} in later steps. */
  call_tool?: string | null | undefined;
  /** The parameters of that call. */
  parameters?: Record<string, unknown> | null | undefined;
  /** What to search for with the built-in tool. */
  web_search?: string | null | undefined;
  /** What the search finds. */
  result?: unknown | undefined;
  /** End the chat. */
  hang_up?: true | null | undefined;
  /** Stop for a while: 2s, 500ms, or a number of seconds. */
  pause?: string | number | null | undefined;
  /** The error frame to send, by slug or code; of a search, why it fails. */
  error?: string | null | undefined;
  /** The text of that error frame. */
  message?: string | null | undefined;
}

export interface ScriptToolAnswer {
  /** The answer: a text, or a value, sent as JSON. With error, for the model. */
  content?: unknown | undefined;
  /** Why the tool fails. */
  error?: string | null | undefined;
}

/** A step of the simulated user: one action, and what belongs to it. */
export interface ScriptUserStep {
  /** What to say, once the assistant is quiet. */
  say?: string | null | undefined;
  /** What to type: a user_input, without prosody. */
  type?: string | null | undefined;
  /** What to say while the assistant still answers. */
  interrupt?: string | null | undefined;
  /** The emotion it is said with, or scores by emotion. */
  mood?: string | Record<string, number> | null | undefined;
  /** Do nothing for a while: 2s, 500ms, or a number of seconds. */
  wait?: string | number | null | undefined;
  /** A message of a client to send, such as pause_assistant_message. */
  send?: Record<string, unknown> | null | undefined;
}

export interface ScriptWhen {
  /** Words that the user says, in any case. */
  text?: string | null | undefined;
  /** A pattern that is found in what the user says, in any case. */
  regex?: string | null | undefined;
  /** The number of the user's turn, from 1. */
  turn?: number | null | undefined;
}

/** A script. Its keys override those of the one under `script`. */
export interface Simulation {
  /** The name of a bundled script, or a script. */
  script?: string | Script | undefined;
  /** The config of the chat; the default config if left out. */
  config_id?: string | null | undefined;
  /** The version of that config; the latest if left out. */
  config_version?: number | null | undefined;
  /** The chat group that the chat continues. */
  resumed_chat_group_id?: string | null | undefined;
  /** The settings that the client sends first. */
  session_settings?: SessionSettings | null | undefined;
  /** The number that calls, such as +4712345678, of a phone call. */
  caller_number?: string | null | undefined;
  /** What else Twilio says of a phone call, by name. */
  twilio_metadata?: Record<string, string> | null | undefined;
  /** What the user does, step by step; a text alone is said. */
  user?: Array<string | ScriptUserStep> | undefined;
  /**
   * A tool call that the script does not answer gets a tool_error (fallback), or waits for an
   * answer by the control plane (wait); fallback if left out.
   */
  unanswered_tool_calls?: "fallback" | "wait" | undefined;
  /** How the chat ends; ACTIVE leaves it live. USER_ENDED if left out. */
  end_reason?: "USER_ENDED" | "USER_TIMEOUT" | "INACTIVITY_TIMEOUT" | "MAX_DURATION_TIMEOUT" | "ERROR" | "hang_up" | "ACTIVE" | undefined;
  /** instant, realtime, or a speed factor (5 is five times faster); instant if left out. */
  pace?: string | number | undefined;
  /** What the script is for. */
  description?: string | undefined;
  /** Answer a turn that no rule matches with an error; false if left out. */
  strict?: boolean | undefined;
  /** The emotion of the assistant where a step names none, or scores by emotion. */
  mood?: string | Record<string, number> | null | undefined;
  /** How a custom language model is asked. */
  model?: ScriptModel | undefined;
  /** The rules: the first one that matches, and is not used up, answers a turn. */
  rules?: Array<ScriptRule> | undefined;
  /** How a simulated client answers the calls of tools, by the tool's name. */
  tools?: Record<string, string | ScriptToolAnswer> | undefined;
  /** Texts that sound like a recording. */
  sounds?: Array<ScriptSound> | undefined;
}

export const SERVER_SETTINGS: readonly string[] = (
  "host port seed spec apiKey randomSeed timestamps requireVoice nameConflict " +
  "unknownIds unknownVoices lenientTts voice voiceModel voiceName voiceKey voiceTimeout " +
  "maxGenerationSeconds ttsIdleTimeout expressionIdleTimeout ttsStreamType ttsFileType " +
  "inactivityTimeout signingKey signWebhooksWith webhookTime webhookTimeout " +
  "webhookQueue journalLimit journalMaxBytes maxWorlds worldIdleMinutes clock script " +
  "pace firstAudio jitter audioOutput prosody transcriptionFailure maxChats maxEvents " +
  "maxUnsentBytes maxBodyBytes maxFilledChars maxHeadBytes requestTimeout strict " +
  "requestsPerSecond maxFrameBytes failUnused chaos logRequests state exportOnExit " +
  "maxSnapshotBytes tls allowedHosts publicUrl callHosts mapUrl modelTimeout " +
  "modelFailure modelSystem modelQuirks modelCassette modelCassetteMode brain " +
  "brainModel brainKey brainTimeout ears earsModel earsLanguage earsKey earsTimeout " +
  "callHostsOnly trustedProxies"
).split(" ");

export const WORLD_SETTINGS: readonly string[] = (
  "seed randomSeed timestamps requireVoice nameConflict unknownVoices voice voiceModel " +
  "voiceName voiceKey voiceTimeout maxGenerationSeconds ttsIdleTimeout " +
  "expressionIdleTimeout ttsStreamType ttsFileType inactivityTimeout signingKey " +
  "signWebhooksWith webhookTime webhookQueue journalLimit journalMaxBytes clock script " +
  "pace firstAudio jitter audioOutput prosody transcriptionFailure maxChats maxEvents " +
  "maxUnsentBytes maxFilledChars strict requestsPerSecond failUnused chaos publicUrl " +
  "callHosts mapUrl modelTimeout modelFailure modelSystem modelQuirks modelCassette " +
  "modelCassetteMode brain brainModel brainKey brainTimeout ears earsModel earsLanguage " +
  "earsKey earsTimeout callHostsOnly name"
).split(" ");
