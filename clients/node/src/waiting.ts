import type { Control, Query } from "./control.js";
import type { JournalEntry, JournalPage } from "./control-types.js";
import { UsageError } from "./errors.js";

/** How long something is waited for, unless a test says otherwise, in ms. */
export const DEFAULT_TIMEOUT_MS = 1000;
const LONGEST_POLL_MS = 30_000; // of one request
const AFTER_ALL = 1e12; // more than the number of any entry
const SLACK_MS = 10_000; // how late the answer to a waiting request may be

/** How long to wait. */
export interface Waiting {
  /** In ms; 1000 if left out. */
  timeoutMs?: number | undefined;
}

/** Return the time in ms at which a wait is over, by `performance.now()`. Throws UsageError. */
export function deadlineOf({ timeoutMs = DEFAULT_TIMEOUT_MS }: Waiting): number {
  if (!(timeoutMs >= 0 && timeoutMs <= 86_400_000)) {
    throw new UsageError(`timeoutMs must be a number of ms from 0 to a day, got ${timeoutMs}`);
  }
  return performance.now() + timeoutMs;
}

/** Return a wait in words, such as "within 1 s". */
export function within({ timeoutMs = DEFAULT_TIMEOUT_MS }: Waiting): string {
  return `within ${timeoutMs / 1000} s`;
}

/** Return the entries after a number, as soon as there are some, or at the deadline. */
export async function entriesAfter(
  control: Control,
  after: number,
  deadline: number,
  query: Query = {},
  longestMs = LONGEST_POLL_MS,
): Promise<JournalPage> {
  const leftMs = Math.min(Math.max(0, deadline - performance.now()), longestMs);
  return control.json<JournalPage>("GET", "/_emulator/journal/wait", {
    query: { ...query, after, timeout: (leftMs / 1000).toFixed(3) },
    patienceMs: leftMs + SLACK_MS,
  });
}

/**
 * Return the first entry that `find` takes, waiting for it if need be; undefined at the deadline.
 *
 * Entries up to the number `after` don't count. `isOver` may end the wait early.
 */
export async function waitForEntry(
  control: Control,
  after: number,
  deadline: number,
  query: Query,
  find: (entry: JournalEntry) => boolean,
  isOver: (entry: JournalEntry) => boolean = () => false,
): Promise<JournalEntry | undefined> {
  let looked = after;
  for (;;) {
    const page = await entriesAfter(control, looked, deadline, query);
    const found = page.entries.find(find);
    if (found !== undefined) return found;
    if (page.entries.some(isOver)) return undefined;
    looked = Math.max(looked, page.last_seq);
    if (performance.now() >= deadline) return undefined;
  }
}

/**
 * Return what `look` finds in the world, looking again whenever the journal has a new entry.
 *
 * Returns undefined at the deadline.
 */
export async function waitUntil<T>(
  control: Control,
  deadline: number,
  look: () => Promise<T | undefined>,
): Promise<T | undefined> {
  let last = await newest(control);
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() >= deadline) return undefined;
    last = (await entriesAfter(control, last, deadline, {}, 100)).last_seq; // what has no entry is seen soon
  }
}

/** Return the number of the journal's newest entry. */
export async function newest(control: Control): Promise<number> {
  const query = { after: AFTER_ALL, timeout: 0, limit: 1 };
  return (await control.json<JournalPage>("GET", "/_emulator/journal/wait", { query })).last_seq;
}
