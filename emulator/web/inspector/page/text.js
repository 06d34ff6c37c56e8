// Data as text that people can read: times, sizes, JSON.

import { h } from "./dom.js";

const two = (number) => String(number).padStart(2, "0");

/** 13:05:59.123, in the browser's time zone. */
export function timeOfDay(ms) {
  const at = new Date(ms);
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${String(at.getMilliseconds()).padStart(3, "0")}`;
}

/** 2026-11-21 13:05:59. */
export function dateTime(ms) {
  const at = new Date(ms);
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${date} ${timeOfDay(ms).slice(0, 8)}`;
}

const EARLIEST = 1e11; // ms: 1973

/** A resource's time in ms: the setting `timestamps` may give it in s. */
export const inMs = (given) => (given < EARLIEST ? given * 1000 : given);

const LAST = 8.64e15; // ms; a Date holds no more

export function time(ms, show = dateTime) {
  if (!(Math.abs(ms) <= LAST)) return h("span", {}, String(ms)); // a seed may have any number
  return h(
    "time",
    { datetime: new Date(ms).toISOString(), title: new Date(ms).toISOString() },
    show(ms),
  );
}

/** 850 ms, 4.2 s, 3:05 min. */
export function duration(ms) {
  if (ms < 1000) return `${Math.round(ms * 10) / 10} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)}:${two(seconds % 60)} min`;
}

/** How long ago a time was: 12 s ago, 3 min ago; the time itself after a day. */
export function ago(ms, now = Date.now()) {
  const seconds = Math.max(0, Math.round((now - ms) / 1000));
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  return seconds < 86_400 ? `${Math.floor(seconds / 3600)} h ago` : dateTime(ms);
}

export const plural = (count, one, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;

/** Make control characters visible, also the ones that turn the direction of writing. */
export function visible(text) {
  return text.replace(
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

export function shorten(text, most) {
  return text.length > most ? `${text.slice(0, most)}…` : text;
}

/** The value of a JSON text, or undefined. */
export function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** JSON text (perhaps cut off) or a value, indented where it can be. */
export function pretty(given) {
  const value = typeof given === "string" ? parsed(given) : given;
  return value === undefined ? String(given) : JSON.stringify(value, null, 2);
}

const LONGEST = 60_000; // characters that are shown at once
const MOST_COLOURED = 20_000;
const TOKENS =
  /("(?:[^"\\]|\\.)*")(\s*:)?|\b(true|false|null)\b|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/g;

/** A block of code; a long one first in part. */
export function code(given, label) {
  const text = visible(pretty(given));
  const block = h(
    "pre",
    { class: "code", tabindex: "0", role: "group", "aria-label": label },
    ...coloured(text.slice(0, LONGEST)),
  );
  if (text.length <= LONGEST) return block;
  const all = h(
    "button",
    {
      onclick: () => {
        block.textContent = text;
        all.remove();
      },
    },
    `Show all ${text.length.toLocaleString("en")} characters`,
  );
  return h("div", {}, block, all);
}

function* coloured(text) {
  if (text.length > MOST_COLOURED || !/^\s*[[{"]/.test(text)) {
    yield text;
    return;
  }
  let done = 0;
  for (const found of text.matchAll(TOKENS)) {
    if (found.index > done) yield text.slice(done, found.index);
    const kind = found[1] ? (found[2] ? "key" : "string") : found[3] ? "word" : "number";
    yield h("span", { class: `json-${kind}` }, found[1] ?? found[0]);
    if (found[2]) yield found[2];
    done = found.index + found[0].length;
  }
  yield text.slice(done);
}

/** Somebody's words: whatever way they are written, what stands beside them stays in its place. */
export function words(text) {
  return h("bdi", { class: "words" }, shorten(text, 20_000));
}

/** Who has called: phone, +4712345678. */
export const phone = (number) => ["phone, ", h("bdi", {}, visible(number))];

export function facts(pairs) {
  return h(
    "dl",
    { class: "facts" },
    pairs
      .filter(([, value]) => value !== null && value !== undefined && value !== "")
      .map(([name, value]) => [
        h("dt", {}, name),
        h(
          "dd",
          {},
          typeof value === "number"
            ? String(value)
            : typeof value === "string"
              ? visible(value)
              : value,
        ),
      ]),
  );
}
