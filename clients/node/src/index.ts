// In the order in which the reference lists them.
export {
  connect,
  Emulator,
  startEmulator,
  type ConnectOptions,
  type StartOptions,
} from "./emulator.js";
export { Evi, type Resource, type Scene, type ScriptSource, type SignOptions, type StubOptions, type WorldOptions } from "./world.js";
export { Chat, type ChatEvent, type Message } from "./chat.js";
export { Clock, type Duration } from "./clock.js";
export { Rule, Script, type Mood, type RuleOptions, type ScriptContent } from "./script.js";
export { Journal, type EntryFields } from "./journal.js";
export { Webhooks, type TriggerOptions } from "./webhooks.js";
export { Received, WebhookReceiver } from "./receiver.js";
export { Faults, type FaultOptions } from "./faults.js";
export { Contract, type Demands } from "./contract.js";
export { Tts } from "./tts.js";
export { Expression } from "./expression.js";
export { Call, Phone, type CallOptions } from "./phone.js";
export { Listing } from "./listing.js";
export type { Interception } from "./intercept/redirect.cjs";
export { type Waiting } from "./waiting.js";
export type { Fields } from "./equality.js";
export { COMMAND_VARIABLE, type CommandOptions } from "./command.js";
export {
  EmulatorError,
  ExpectationFailed,
  LookupError,
  RefusedError,
  StartupError,
  UnreachableError,
  UsageError,
} from "./errors.js";
export type * from "./control-types.js";
