// One question to a language model: the request, and the answer as it came.

import { badge } from "./badges.js";
import { describe } from "./describe.js";
import { copy, h } from "./dom.js";
import { findingList } from "./entry.js";
import { asked, questionAsCurl } from "./request.js";
import { code, duration, facts, plural, pretty, time, visible, words } from "./text.js";
import { toolCall } from "./transcript.js";

const WHO = { system: "System", user: "User", assistant: "Assistant", tool: "Tool" };

export const turn = (entry) => (entry.turn ? `Turn ${entry.turn}` : "Greeting");

/** {text, tone}: the status, and how it ended. */
export function outcome(entry) {
  const status = entry.replayed ? "cassette" : (entry.status ?? "no answer");
  return { text: `${status} · ${entry.ended.replace("_", " ")}`, tone: describe(entry).tone };
}

export function oneQuestion(entry, go) {
  const { messages, tools, more, isCut } = asked(entry.request);
  const { text, tone } = outcome(entry);
  const curl = questionAsCurl(entry);
  return [
    h(
      "div",
      { class: "page-head" },
      h(
        "div",
        {},
        h("h2", {}, turn(entry), " ", badge(text, tone)),
        h("p", { class: "hint mono" }, h("bdi", {}, entry.url)),
      ),
      h(
        "div",
        { class: "actions" },
        curl ? h("button", { onclick: () => copy(curl, "curl command") }, "Copy as curl") : null,
        h("button", { onclick: () => copy(pretty(entry.request), "Request") }, "Copy the request"),
        h("button", { onclick: () => go("chats", { id: entry.chat_id }) }, "Open the chat"),
      ),
    ),
    isCut
      ? h(
          "p",
          { class: "hint" },
          "The journal keeps the first 65,536 bytes of a request; the rest is missing here.",
        )
      : null,
    entry.findings?.length ? card("Findings", findingList(entry.findings)) : null,
    h("div", { class: "cards" }, card("Timing", timing(entry)), card("About it", about(entry, more))),
    card(
      plural(messages.length, "message"),
      messages.length
        ? h("div", { class: "transcript" }, messages.map(message))
        : h("p", { class: "dim" }, "The messages can't be read."),
    ),
    tools.length ? card(plural(tools.length, "tool"), tools.map(tool)) : null,
    card("Answer", answer(entry)),
    card("Stream as received", ...stream(entry)),
    card("Request", folded("The body as JSON", code(entry.request, "Request body"))),
  ];
}

const card = (title, ...content) =>
  h("section", { class: "card", "aria-label": title }, h("h2", {}, title), ...content);

const folded = (title, ...content) => h("details", {}, h("summary", {}, title), ...content);

function timing(entry) {
  const first = entry.first_token_ms;
  return facts([
    ["Ended", time(entry.at_ms)],
    ["First token", first === null ? "none came" : `after ${duration(first)}`],
    ["Duration", duration(entry.duration_ms)],
    ["Chunks", entry.chunks],
  ]);
}

function about(entry, more) {
  return facts([
    ["Status", entry.status ?? "no answer"],
    ["How it ended", entry.ended.replace("_", " ")],
    ["Error", entry.error],
    ["Finish reason", entry.finish],
    ["Session id sent", entry.sent_session_id],
    ["Session id", entry.session_id],
    ["Faults", entry.faults?.join(", ")],
    ["Answered by", entry.replayed ? "the cassette" : null],
    ["Chat", h("span", { class: "mono" }, entry.chat_id)],
    ["Headers", entry.headers.join(", ")],
    ...Object.entries(more).map(([name, value]) => [
      h("code", {}, visible(name)),
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  ]);
}

function message({ role, content, tool_calls: calls, tool_call_id: callId, models, time: at }) {
  const who = WHO[role] ?? String(role);
  const scores = models?.prosody?.scores;
  const isSaid = typeof content === "string";
  return h(
    "article",
    { class: `said${role === "user" ? " user" : ""}`, "aria-label": `${who} message` },
    h(
      "p",
      { class: "who" },
      h("strong", {}, who),
      callId ? h("code", {}, visible(String(callId))) : null,
      Number.isFinite(at?.begin) ? `${duration(at.begin)} into the chat` : null,
    ),
    isSaid ? h("p", { class: "bubble" }, content ? words(content) : "(empty)") : null,
    !isSaid && content !== null && content !== undefined ? code(content, "Content") : null,
    calls ? code(calls, "Tool calls") : null,
    scores ? prosody(scores) : null,
  );
}

/** All scores, the strongest first. */
function prosody(scores) {
  const sorted = Object.entries(scores).sort(([, one], [, other]) => other - one);
  return folded(
    `Prosody: ${plural(sorted.length, "score")}, ${sorted[0]?.[0] ?? "none"} first`,
    facts(sorted.map(([name, score]) => [name, Number(score).toFixed(3)])),
  );
}

function tool(given) {
  const { name, description, parameters } = given.function ?? {};
  return folded(
    h("bdi", {}, String(name ?? "without a name")),
    description ? h("p", {}, words(String(description))) : null,
    code(parameters ?? given, `Parameters of ${name}`),
  );
}

function answer(entry) {
  const { text, tool_call: call } = entry;
  if (call)
    return [
      text ? h("p", { class: "bubble" }, words(text)) : null,
      toolCall({ name: visible(String(call.name)), parameters: call.arguments }),
    ];
  if (text) return h("p", { class: "bubble" }, words(text));
  const isCall = entry.finish === "tool_calls";
  return h("p", { class: "dim" }, isCall ? "No words: it called a tool." : "It said nothing.");
}

function stream(entry) {
  if (entry.stream)
    return [
      h("p", { class: "hint" }, "The journal keeps its first 8,000 bytes."),
      code(entry.stream, "Stream as received"),
    ];
  const what = entry.replayed ? "A cassette keeps only the words." : "Nothing was received.";
  return [h("p", { class: "dim" }, what)];
}
