// Doing what may fail, and what is asked for more often than it needs to be done.

import { Outdated } from "./api.js";
import { toast } from "./dom.js";

const TOGETHER_MS = 150; // what happens within that time is shown at once

/** The result of an action, or undefined after its error was told. */
export async function attempt(action) {
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof Outdated)) toast(error.message, "error");
    return undefined;
  }
}

const PAUSE_MS = 600; // of who types

/** Does it once nobody asks for it any more. */
export function later(action) {
  let waiting;
  const ask = () => {
    clearTimeout(waiting);
    waiting = setTimeout(action, PAUSE_MS);
  };
  ask.cancel = () => clearTimeout(waiting);
  return ask;
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

/** Refreshes a view now and whenever something happens in the world, until it is left. */
export function following(journal, refresh) {
  const schedule = together(refresh);
  journal.addEventListener("entries", schedule);
  journal.addEventListener("begin", schedule);
  attempt(refresh);
  return {
    leave() {
      journal.removeEventListener("entries", schedule);
      journal.removeEventListener("begin", schedule);
    },
  };
}
