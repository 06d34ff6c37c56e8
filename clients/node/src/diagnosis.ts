import { inspect } from "node:util";
import { closest } from "./errors.js";
import { equals, isPlain, type Fields } from "./equality.js";

const LONGEST_VALUE = 60; // characters

/** Something that was nearly what a test waited for; `seq` is its number in the journal, if any. */
export interface Candidate {
  seq?: number | undefined;
  fields: Fields;
}

/** Return a line for each field that is not as wanted. */
export function differences(wanted: Fields, got: Fields, within = ""): string[] {
  return Object.entries(wanted).flatMap(([name, value]) => {
    const path = within + name;
    if (!(name in got)) {
      return [`${path}: wanted ${short(value)}, is missing${closest(name, Object.keys(got))}`];
    }
    const found = got[name];
    if (equals(value, found)) return [];
    if (isPlain(value) && isPlain(found)) {
      const deeper = differences(value, found, `${path}.`);
      return deeper.length > 0 ? deeper : [`${path}: has more fields`];
    }
    return [`${path}: ${both(show(value), show(found))}`];
  });
}

/** Render both values; of long ones the part where they begin to differ. */
function both(left: string, right: string): string {
  if (Math.max(left.length, right.length) <= LONGEST_VALUE) return `wanted ${left}, got ${right}`;
  let at = 0;
  while (at < left.length && left[at] === right[at]) at++;
  const begin = Math.max(0, at - 20);
  return `wanted ${part(left, begin)}, got ${part(right, begin)} (from character ${begin})`;
}

function part(text: string, begin: number): string {
  const end = begin + LONGEST_VALUE;
  return `${begin ? "..." : ""}${text.slice(begin, end)}${end < text.length ? "..." : ""}`;
}

function show(value: unknown): string {
  return inspect(value, { depth: 6, breakLength: Infinity });
}

function short(value: unknown): string {
  const text = show(value);
  return text.length <= LONGEST_VALUE ? text : `${text.slice(0, LONGEST_VALUE - 3)}...`;
}

/** Return fields as text, such as: type="user_input", text="Hi". */
export function shortFields(fields: Fields): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name}=${short(value)}`)
    .join(", ");
}

/** Return the candidate that differs least from what was wanted, if there is one. */
export function nearest(wanted: Fields, candidates: readonly Candidate[]): Candidate | undefined {
  const counted = candidates.map((each) => ({
    each,
    count: differences(wanted, each.fields).length,
  }));
  return counted.sort((a, b) => a.count - b.count)[0]?.each;
}

/** Return the whole message: what was wanted, the nearest, facts, a hint, the timeline. */
export function explain(
  what: string,
  wanted: Fields,
  near: Candidate | undefined,
  hint: string,
  timeline: string,
  facts: readonly string[] = [],
): string {
  const lines = [what];
  if (near !== undefined) {
    lines.push(`nearest: ${shortFields(near.fields)}`);
    lines.push(...differences(wanted, near.fields).map((line) => `  ${line}`));
  }
  lines.push(...facts);
  if (hint) lines.push(`hint: ${hint}`);
  return [...lines, "timeline:", timeline].join("\n");
}
