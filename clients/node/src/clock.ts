import type { Control } from "./control.js";
import type { Clock as Reading } from "./control-types.js";
import { UsageError } from "./errors.js";

/** How far the clock is moved: the sum of these. */
export interface Duration {
  /** In hours. */
  hours?: number | undefined;
  /** In minutes. */
  minutes?: number | undefined;
  /** In seconds. */
  seconds?: number | undefined;
  /** In milliseconds. */
  ms?: number | undefined;
}

/** The world's time. */
export class Clock {
  readonly #control: Control;

  constructor(control: Control) {
    this.#control = control;
  }

  /** Return the time, in ms since the epoch. */
  async now(): Promise<number> {
    return (await this.#read()).now_ms;
  }

  /** Return "system" while the clock runs, "manual" while it is frozen. */
  async mode(): Promise<"system" | "manual"> {
    return (await this.#read()).mode;
  }

  /** Stop the clock, until it is advanced or resumed. */
  async freeze(): Promise<void> {
    await this.#control.json("POST", "/_emulator/clock/freeze");
  }

  /** Let the clock run on from its present time. */
  async resume(): Promise<void> {
    await this.#control.json("POST", "/_emulator/clock/resume");
  }

  /**
   * Move forward; all that comes due has run, webhooks included, when this returns.
   *
   * Throws UsageError for a duration that is not above 0.
   */
  async advance({ hours = 0, minutes = 0, seconds = 0, ms = 0 }: Duration): Promise<void> {
    const totalMs = Math.round(hours * 3_600_000 + minutes * 60_000 + seconds * 1000) + ms;
    if (!(totalMs > 0 && Number.isFinite(totalMs))) {
      throw new UsageError(`advance moves forward, by hours, minutes, seconds or ms; got ${totalMs} ms`);
    }
    const options = { body: { ms: totalMs }, patienceMs: 120_000 };
    await this.#control.json("POST", "/_emulator/clock/advance", options);
  }

  #read(): Promise<Reading> {
    return this.#control.json<Reading>("GET", "/_emulator/clock");
  }
}
