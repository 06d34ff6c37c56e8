import type { Control } from "./control.js";
import type { Delivery, WebhookEventName, WebhookFault } from "./control-types.js";
import { explain, nearest, shortFields } from "./diagnosis.js";
import { matches, type Fields } from "./equality.js";
import { ExpectationFailed } from "./errors.js";
import type { FaultOptions, Faults } from "./faults.js";
import type { Journal } from "./journal.js";
import { deadlineOf, waitUntil, within, type Waiting } from "./waiting.js";

const MOST_REFUSALS = 4; // that a failure shows
const LONGEST_BODY = 200; // characters of a receiver's answer

/** How an event is sent at will. */
export interface TriggerOptions {
  /** Where to send it; where the chat's config says if left out. */
  url?: string | undefined;
  /** The chat; a made-up one if left out. */
  chatId?: string | undefined;
  /** Fields of the event to replace, by name or by a path such as "a.b". */
  set?: Record<string, unknown> | undefined;
  /** How this delivery misbehaves. */
  faults?: readonly WebhookFault[] | undefined;
  /** For the fault "delay", in ms. */
  delayMs?: number | undefined;
}

/** Return what the receiver said in the last attempts that failed, a line for each. */
function refusals(deliveries: readonly Delivery[]): string[] {
  const lines = deliveries.flatMap(({ event_name, url, attempts }) =>
    attempts.flatMap(({ number, status, error, response }) => {
      const sent = `attempt ${number} of ${event_name} to ${url}`;
      if (error !== null || status === null) return [`${sent} had no answer: ${error ?? ""}`];
      if (status >= 200 && status < 300) return [];
      const body = response.body.replace(/\s+/g, " ").trim().slice(0, LONGEST_BODY);
      return [`${sent} was answered ${status}: ${body || "(no body)"}`];
    }),
  );
  return lines.slice(-MOST_REFUSALS);
}

/** The world's webhooks: what was sent, and how sending fails. */
export class Webhooks {
  readonly #control: Control;
  readonly #faults: Faults;
  readonly #journal: Journal;

  constructor(control: Control, faults: Faults, journal: Journal) {
    this.#control = control;
    this.#faults = faults;
    this.#journal = journal;
  }

  /** Return the deliveries, the oldest first. */
  async deliveries(): Promise<Delivery[]> {
    const path = "/_emulator/webhooks/deliveries";
    return (await this.#control.json<{ deliveries: Delivery[] }>("GET", path)).deliveries;
  }

  /** Wait until nothing is pending, 5 s at most. Returns how many still are. */
  async drain({ timeoutMs = 5000 }: Waiting = {}): Promise<number> {
    const options = { body: { timeout: timeoutMs / 1000 }, patienceMs: timeoutMs + 10_000 };
    const path = "/_emulator/webhooks/drain";
    return (await this.#control.json<{ pending: number }>("POST", path, options)).pending;
  }

  /** Wait for a delivered event of that name, whose delivery has these fields. Throws ExpectationFailed. */
  async waitFor(
    eventName: WebhookEventName,
    fields: Fields = {},
    waiting: Waiting = {},
  ): Promise<Delivery> {
    const wanted = { event_name: eventName, state: "delivered", ...fields };
    const found = await waitUntil(this.#control, deadlineOf(waiting), async () =>
      (await this.deliveries()).find((each) => matches(wanted, each)),
    );
    if (found !== undefined) return found;
    const names = Object.keys(wanted);
    const deliveries = await this.deliveries();
    const came = deliveries.map((each) => ({
      fields: Object.fromEntries(Object.entries(each).filter(([name]) => names.includes(name))),
    }));
    const unasked = "no config of this world's chats subscribes to webhooks";
    const hint = (await this.#journal.hint()) || (came.length > 0 ? "" : unasked);
    const what = `no delivered webhook ${within(waiting)}: ${shortFields(wanted)}`;
    throw new ExpectationFailed(
      explain(
        what,
        wanted,
        nearest(wanted, came),
        hint,
        await this.#journal.timeline(),
        refusals(deliveries.filter((each) => each.event_name === eventName)),
      ),
    );
  }

  /** Send one event, and return its delivery once it is answered. Throws RefusedError. */
  async trigger(eventName: WebhookEventName, options: TriggerOptions = {}): Promise<Delivery> {
    const { url, chatId, set, faults, delayMs } = options;
    const body = { event_name: eventName, url, chat_id: chatId, set, faults, delay_ms: delayMs };
    return this.#control.json<Delivery>("POST", "/_emulator/webhooks/trigger", { body });
  }

  /** Give webhooks this fault from now on. */
  async misbehave(fault: WebhookFault, options: FaultOptions = {}): Promise<void> {
    await this.#faults.add("webhook", fault, options);
  }

  /** Remove all faults of webhooks. */
  async behave(): Promise<void> {
    await this.#faults.clear("webhook");
  }
}
