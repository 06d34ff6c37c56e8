import type { Control } from "./control.js";
import type { MeasurementRun } from "./control-types.js";
import { explain, nearest, shortFields } from "./diagnosis.js";
import { matches, type Fields } from "./equality.js";
import { closest, ExpectationFailed, UsageError } from "./errors.js";
import type { Journal } from "./journal.js";
import { deadlineOf, waitUntil, within, type Waiting } from "./waiting.js";

const FIELDS = [
  "endpoint", "mode", "status", "events", "close_reason", "close_code", "metered_seconds",
  "bytes_received", "bytes_recorded", "config", "run_id", "user_id", "started_at", "ended_at",
];
const IN_WORDS = ["endpoint", "mode", "status"];

/**
 * What a test does with Expression Measurement in one world.
 *
 * Each run meets one expectation at most; those of the seed meet none.
 */
export class Expression {
  readonly #control: Control;
  readonly #journal: Journal;
  readonly #beganMs: number;
  readonly #met = new Set<string>(); // ids of runs that do not count any more

  /** Use `evi.expression`. What is older than `beganMs` belongs to the seed. */
  constructor(control: Control, journal: Journal, beganMs: number) {
    this.#control = control;
    this.#journal = journal;
    this.#beganMs = beganMs;
  }

  /** Return all runs, those of the seed too, the oldest first, each with its events. */
  async runs(): Promise<MeasurementRun[]> {
    const path = "/_emulator/expression/runs";
    return (await this.#control.json<{ runs: MeasurementRun[] }>("GET", path)).runs;
  }

  /**
   * Set what uploads and sessions measure that begin later, a statement a line.
   *
   * With an empty text, speech is found by its loudness again, and faces are made up.
   */
  async script(text: string): Promise<void> {
    await this.#control.json("PUT", "/_emulator/expression/script", { body: { script: text } });
  }

  /**
   * Wait for the next run with these fields, and return it.
   *
   * A run counts once it is over, or while it is live if `status` is asked for. `events` may be the
   * kinds of its events, in order. Throws ExpectationFailed when the time is over, UsageError for a
   * field that no run has.
   */
  async expect(fields: Fields = {}, waiting: Waiting = {}): Promise<MeasurementRun> {
    checkFields(Object.keys(fields));
    const found = await waitUntil(this.#control, deadlineOf(waiting), async () => {
      const run = (await this.#counting()).find(
        (each) => isAsWanted(fields, each) && (each.status !== "live" || "status" in fields),
      );
      if (run !== undefined) this.#met.add(run.run_id);
      return run;
    });
    return found ?? this.#fail(fields, waiting);
  }

  /**
   * Forget which runs have met an expectation: the world has others now.
   *
   * @internal
   */
  forget(): void {
    this.#met.clear();
  }

  /** Return the runs that no expectation has met, without those of the seed. */
  async #counting(): Promise<MeasurementRun[]> {
    const all = await this.runs();
    return all.filter(
      (each) => Date.parse(each.started_at) >= this.#beganMs && !this.#met.has(each.run_id),
    );
  }

  async #fail(wanted: Fields, waiting: Waiting): Promise<never> {
    const came = await this.#counting();
    const before = (await this.runs()).filter((each) => this.#met.has(each.run_id));
    let hint = "";
    if (before.some((each) => isAsWanted(wanted, each))) {
      hint = "such a run has met an earlier expectation";
    }
    if (came.some((each) => isAsWanted(wanted, each))) {
      hint = 'such a run is live; status: "live" expects that';
    }
    const names = [...Object.keys(wanted), ...IN_WORDS];
    const near = (came.length > 0 ? came : before).map((each) => ({
      fields: Object.fromEntries(Object.entries(each).filter(([name]) => names.includes(name))),
    }));
    const asked = shortFields(wanted);
    const what = `no run ${asked && `with ${asked} `}has ended ${within(waiting)}`;
    throw new ExpectationFailed(
      explain(what, wanted, nearest(wanted, near), hint, await this.#journal.timeline()),
    );
  }
}

function isAsWanted({ events, ...fields }: Fields, got: MeasurementRun): boolean {
  if (!matches(fields, got)) return false;
  if (events === undefined) return true;
  const areKinds = Array.isArray(events) && events.every((each) => typeof each === "string");
  return matches({ events }, { events: areKinds ? got.events.map((each) => each.kind) : got.events });
}

function checkFields(names: readonly string[]): void {
  for (const name of names) {
    if (!FIELDS.includes(name)) {
      const hint = closest(name, FIELDS);
      throw new UsageError(
        `no run has a field ${JSON.stringify(name)}${hint}; known: ${FIELDS.join(", ")}`,
      );
    }
  }
}
