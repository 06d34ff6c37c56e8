// Doing what may fail, and what is asked for more often than it needs to be done.

import { toast } from "./dom.js";

const TOGETHER_MS = 150; // what happens within that time is shown at once

/** The result of an action, or undefined after its error was told. */
export async function attempt(action) {
  try {
    return await action();
  } catch (error) {
    toast(error.message, "error");
    return undefined;
  }
}

/** Does it soon, once for whatever asks for it meanwhile; never twice at a time. */
export function together(action) {
  let waiting = null;
  let running = false;
  let again = false;
  let ended = -TOGETHER_MS;

  async function run() {
    waiting = null;
    again = running;
    if (running) return;
    running = true;
    await attempt(action);
    running = false;
    ended = performance.now();
    if (again) ask();
  }
  const ask = () => {
    waiting ??= setTimeout(run, Math.max(0, ended + TOGETHER_MS - performance.now()));
  };
  return ask;
}
