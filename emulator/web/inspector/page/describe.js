// What a journal entry says in one line.

import { describeMessage } from "./mediastream.js";
import { shorten } from "./text.js";

const MOST = 300; // characters

/** {title, note, outcome, tone}: texts, and whether it went well: 'ok', 'warn', 'bad' or ''. */
export function describe(entry) {
  const found = (DESCRIBED[entry.kind] ?? other)(entry);
  const count = entry.findings?.length ?? 0;
  return {
    title: shorten(oneLine(saying(found.title)), MOST),
    note: shorten(oneLine(saying(found.note)), MOST),
    outcome: found.outcome ?? "",
    tone: found.tone ?? "",
    findings: count,
  };
}

const DESCRIBED = {
  http(entry) {
    const title = `${entry.method} ${entry.path}${entry.query ? `?${entry.query}` : ""}`;
    const outcome = entry.status === null ? "no answer" : String(entry.status);
    return { title, note: entry.operation ?? "no operation", outcome, tone: toneOf(entry.status) };
  },
  frame(entry) {
    const message = describeMessage(entry);
    if (message) return { title: message[0], note: message[1] };
    const arrow = entry.on_phone
      ? "in the call"
      : entry.direction === "out"
        ? "→ client"
        : "← client";
    if (entry.close !== undefined) {
      return {
        title: `${arrow} close`,
        outcome: String(entry.close),
        tone: entry.close === 1000 || entry.close === 1005 ? "" : "warn",
      };
    }
    if (entry.error) return { title: `${arrow} cut off`, note: entry.error, tone: "bad" };
    const content = entry.content;
    if (entry.run) {
      return { title: `${arrow} ${content.type} × ${entry.run.count}`, note: runNote(entry.run) };
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
    return { title, note: entry.mode === "manual" ? "the clock stands still" : "the clock runs" };
  },
  script: (entry) => ({ ...other(entry), tone: "warn" }),
  bug: (entry) => ({
    title: "a bug of the emulator",
    note: `${entry.error ?? ""} (reference ${entry.reference})`,
    tone: "bad",
  }),
};

function other(entry) {
  const { seq, kind, at_ms, ...facts } = entry;
  return { title: facts.message ?? facts.slug ?? kind, note: JSON.stringify(facts) };
}

/** How long a run of audio frames took, and its size. */
function runNote({ first_ms, last_ms, bytes }) {
  return `${(last_ms - first_ms) / 1000} s, ${bytes.toLocaleString("en")} bytes`;
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
  entry.kind === "script" ||
  Boolean(entry.findings?.length) ||
  ["bad", "warn"].includes(describe(entry).tone);
