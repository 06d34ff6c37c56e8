// Has what this process sends to the service reach a world. Needs nothing but Node.
import { syncBuiltinESMExports } from "node:module";
import { redirectDispatches } from "./dispatch.cjs";
import { refuseLookups } from "./lookups.cjs";
import type { Undo } from "./patches.cjs";
import { redirectRequests } from "./requests.cjs";
import type { Target } from "./target.cjs";

/** A redirection, which can be taken back. */
export class Interception {
  readonly #restore: Undo;

  /** Use `evi.intercept()`. */
  constructor(restore: Undo) {
    this.#restore = restore;
  }

  /** Let requests to the service go where they went before. */
  restore(): void {
    this.#restore();
  }

  /** Take it back at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.restore();
  }
}

const targets: Target[] = []; // the last one counts
let undo: Undo[] = [];

/**
 * Redirect what this process sends to the service to a world; of several, to the last.
 *
 * `tell` is given what could not be redirected, which fails.
 */
export function redirect(target: Target, tell: (problem: string) => void = () => {}): Interception {
  targets.push(target);
  if (targets.length === 1) install(tell);
  return new Interception(() => {
    const at = targets.indexOf(target);
    if (at < 0) return;
    targets.splice(at, 1);
    if (targets.length === 0) uninstall();
  });
}

function install(tell: (problem: string) => void): void {
  const last = (): Target | undefined => targets.at(-1);
  undo = [
    redirectRequests(last),
    redirectDispatches(last),
    refuseLookups(() => targets.length > 0, tell),
  ];
  syncBuiltinESMExports();
}

function uninstall(): void {
  undo.forEach((each) => each());
  undo = [];
  syncBuiltinESMExports();
}
