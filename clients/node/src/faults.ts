import type { Control } from "./control.js";
import type { FaultKind, FaultRule, NewFaultRule } from "./control-types.js";
import { snakeKeys, type CamelKeys } from "./names.js";

/** When a fault applies, and how: the fields of a rule (docs/faults.md), in camel case. */
export type FaultOptions = Omit<CamelKeys<NewFaultRule>, "kind" | "fault">;

/** What breaks in a world on request. */
export class Faults {
  readonly #control: Control;

  constructor(control: Control) {
    this.#control = control;
  }

  /**
   * Break something from now on, such as `add("http", "status", { status: 429, times: 1 })`.
   *
   * Returns the rule. Throws RefusedError for a fault, a field or a value that can't be.
   */
  async add(kind: FaultKind, fault: string, options: FaultOptions = {}): Promise<FaultRule> {
    const body = { kind, fault, ...snakeKeys(options) };
    return this.#control.json<FaultRule>("POST", "/_emulator/faults", { body });
  }

  /** Remove all faults, or all of a kind. */
  async clear(kind?: FaultKind): Promise<void> {
    if (kind === undefined) {
      await this.#control.json("DELETE", "/_emulator/faults");
      return;
    }
    const rules = (await this.list()).filter((each) => each.kind === kind);
    await Promise.all(rules.map(({ id }) => this.#control.json("DELETE", `/_emulator/faults/${id}`)));
  }

  /** Return the rules, in the order in which they were added; `used` counts. */
  async list(): Promise<FaultRule[]> {
    const { faults } = await this.#control.json<{ faults: FaultRule[] }>("GET", "/_emulator/faults");
    return faults;
  }
}
