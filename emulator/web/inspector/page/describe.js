// What a journal entry says in one line.

import { describeMessage, soundOf } from "./mediastream.js";
import { refusalOf } from "./refused.js";
import { shorten, visible } from "./text.js";
import { trouble } from "./trouble.js";

const MOST = 300; // characters

/** {title, note, found, outcome, tone}: texts, of which `found` says what the client did wrong, and whether
    it went well: 'ok', 'warn', 'bad' or ''. */
export function describe(entry) {
  const said = (DESCRIBED[entry.kind] ?? other)(entry);
  return {
    title: shorten(oneLine(saying(said.title)), MOST),
    note: shorten(oneLine(saying(said.note)), MOST),
    found: shorten(oneLine((entry.findings ?? []).map(mistake).join("; ")), MOST),
    outcome: said.outcome ?? "",
    tone: said.tone ?? "",
    findings: entry.findings?.length ?? 0,
  };
}

/** A finding in one line: its code, its place, and what is wrong. */
function mistake(found) {
  const { code, place, expected } = found;
  const [before, said, after] = trouble({ ...found, expected: saying(expected) }, 60);
  return `${code} at ${visible(saying(place))}: ${before.toLowerCase()}${said}${after}`;
}

const DESCRIBED = {
  http(entry) {
    const title = `${entry.method} ${entry.path}${entry.query ? `?${entry.query}` : ""}`;
    const outcome = entry.status === null ? "no answer" : String(entry.status);
    const note = refusalOf(entry) || (entry.operation ?? "no operation");
    return { title, note, outcome, tone: toneOf(entry.status) };
  },
  frame(entry) {
    const message = describeMessage(entry);
    if (message) return { title: message[0], note: message[1] };
    const arrow = entry.on_phone ? "in the call" : entry.direction === "out" ? "server →" : "client →";
    if (entry.close !== undefined) {
      return {
        title: `${arrow} close`,
        outcome: String(entry.close),
        tone: entry.close === 1000 || entry.close === 1005 ? "" : "warn",
      };
    }
    if (entry.error) return { title: `${arrow} cut off`, note: entry.error, tone: "bad" };
    const content = entry.content;
    const sound = soundOf(entry);
    if (sound) {
      const times = entry.run || sound.count > 1 ? ` × ${sound.count}` : "";
      return { title: `${arrow} ${content.type}${times}`, note: soundNote(sound) };
    }
    if (typeof content !== "object" || content === null)
      return { title: `${arrow} text`, note: String(content), tone: "warn" };
    const tone = content.type === "error" ? "bad" : content.type === "tool_error" ? "warn" : "";
    return { title: `${arrow} ${saying(content.type)}`, note: frameNote(content), tone };
  },
  webhook(entry) {
    const attempt = entry.number ? `attempt ${entry.number} to ` : "to ";
    const faults = entry.faults?.length ? ` (${entry.faults.join(", ")})` : "";
    const outcome = entry.status ? String(entry.status) : "failed";
    return {
      title: entry.event_name,
      note: `${attempt}${entry.url}${faults}${entry.error ? `: ${entry.error}` : ""}`,
      outcome,
      tone: toneOf(entry.status ?? null),
    };
  },
  model(entry) {
    const first = entry.first_token_ms === null ? "" : `, first word after ${entry.first_token_ms} ms`;
    return {
      title: `turn ${entry.turn} to ${entry.replayed ? "the cassette" : entry.url}`,
      note: `${entry.error ?? entry.text}${first}`,
      outcome: entry.ended === "complete" ? String(entry.status ?? "replayed") : entry.ended,
      tone: { complete: "ok", ignored: "", dropped: "" }[entry.ended] ?? "bad",
    };
  },
  ears(entry) {
    return {
      title: `${entry.sound_ms / 1000} s of sound to ${entry.url}`,
      note: entry.error ?? (entry.text || "(nothing)"),
      outcome: entry.ended === "complete" ? String(entry.status) : entry.ended,
      tone: { complete: "ok", dropped: "" }[entry.ended] ?? "bad",
    };
  },
  call(entry) {
    const { data, text } = entry;
    const notes = {
      dialled: `${data.from_number} calls ${data.to_number} at ${data.url}`,
      document: `${(data.verbs ?? []).join(", ") || "no verbs"}, from ${data.url}`,
      stream_started: data.url,
      clear: `${data.dropped_ms / 1000} s of sound dropped`,
      callback: `${text} to ${data.url}: ${data.status ?? "no answer"}`,
      ended: `${text}, after ${data.duration_ms / 1000} s`,
    };
    return {
      title: `call ${entry.event.replace("_", " ")}`,
      note: notes[entry.event] ?? text ?? "",
      tone: { problem: "bad", notice: "warn", fault: "warn" }[entry.event] ?? "",
    };
  },
  fault(entry) {
    const { seq, kind, at_ms, rule, of, fault, findings, ...facts } = entry;
    const told = Object.entries(facts)
      .filter(([, value]) => value !== null && value !== "")
      .map(([name, value]) => `${name} ${saying(value)}`);
    return { title: `${of} ${fault}`, note: told.join(", "), tone: "warn" };
  },
  clock(entry) {
    if (entry.action === "wait") {
      const note = `advance the frozen clock by ${entry.ms / 1000} s`;
      return { title: `${entry.what} waits for the clock`, note };
    }
    const title =
      entry.action === "advance"
        ? `advanced by ${entry.ms / 1000} s`
        : entry.action === "freeze"
          ? "frozen"
          : "resumed";
    return { title, note: entry.mode === "manual" ? "the clock is frozen" : "the clock runs" };
  },
  script: (entry) => ({
    title: entry.message,
    note: entry.finding,
    tone: isScriptNews(entry) ? "" : "warn",
  }),
  world: (entry) => ({
    title: "the world before has expired",
    note: `nobody used this key's world for ${entry.idle_minutes} minutes (--world-idle-minutes)`,
    tone: "warn",
  }),
  bug: (entry) => ({
    title: "a bug of the emulator",
    note: `${entry.error ?? ""} (reference ${entry.reference})`,
    tone: "bad",
  }),
};

/** The script's file was read again, which is no mistake. */
const isScriptNews = (entry) => entry.finding === "script_read";

function other(entry) {
  const { seq, kind, at_ms, ...facts } = entry;
  return { title: facts.message ?? facts.slug ?? kind, note: JSON.stringify(facts) };
}

/** The size of a run of audio frames, and how long it took. */
function soundNote({ first_ms, last_ms, bytes }) {
  return `${bytes.toLocaleString("en")} bytes in ${(last_ms - first_ms) / 1000} s`;
}

function frameNote(content) {
  const { message } = content;
  if (typeof message === "string") return `${saying(content.slug)} ${message}`;
  if (message?.content) return message.content;
  if (content.type === "tool_call") return `${saying(content.name)} ${saying(content.parameters)}`;
  if (content.type === "tool_response") return content.content;
  if (content.type === "tool_error") return content.error;
  return content.text ?? content.data ?? content.chat_id;
}

function toneOf(status) {
  if (status === null || status >= 500) return "bad";
  return status >= 400 ? "warn" : "ok";
}

/** A client may send anything where a text should stand. */
const saying = (value) => (typeof value === "string" ? value : (JSON.stringify(value) ?? ""));

const oneLine = (text) => text.slice(0, 2 * MOST).replace(/\s+/g, " ");

export const isProblem = (entry) =>
  entry.kind === "bug" ||
  (entry.kind === "script" && !isScriptNews(entry)) ||
  Boolean(entry.findings?.length) ||
  ["bad", "warn"].includes(describe(entry).tone);
