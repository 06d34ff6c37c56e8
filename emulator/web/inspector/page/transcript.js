// The parts of a transcript, be it of a chat that is recorded or of one that is being held.

import { h } from "./dom.js";
import { moods } from "./scores.js";
import { code, parsed, time, timeOfDay, words } from "./text.js";

const WHO = { user: "User", assistant: "Assistant" };

/** Something that was said. `role` is 'user' or 'assistant', `note` says more of it. */
export function said({ role, text, at, scores, note, interim }) {
  return h(
    "article",
    { class: `said ${role}${interim ? " interim" : ""}`, "aria-label": `${WHO[role]} said` },
    h(
      "p",
      { class: "who" },
      h("strong", {}, WHO[role]),
      at ? time(at, timeOfDay) : null,
      note ?? null,
    ),
    h("p", { class: "bubble" }, words(text)),
    moods(scores),
  );
}

/** Anything else that happened: `more` is what its text says, if it has one. */
export function event(title, at, more) {
  const head = [h("strong", {}, title), at ? time(at, timeOfDay) : null];
  if (!more) return h("div", { class: "event" }, h("p", { class: "line" }, head));
  return h(
    "details",
    { class: "event" },
    h("summary", {}, head[0], " ", head[1]),
    code(more, title),
  );
}

/** A tool call; what answers it goes below. */
export function toolCall({ name, parameters, id, at, isPending }, ...below) {
  return h(
    "article",
    { class: `tool${isPending ? " pending" : ""}`, "aria-label": `Tool call ${name}` },
    h(
      "p",
      { class: "who" },
      h("strong", {}, "Tool call "),
      h("code", {}, h("bdi", {}, name)),
      " ",
      at ? time(at, timeOfDay) : null,
    ),
    parameters ? code(parameters, "Parameters of the call") : null,
    id ? h("p", { class: "hint mono" }, h("bdi", {}, id)) : null,
    ...below,
  );
}

export function toolResult({ content, isError, at }) {
  return h(
    "article",
    { class: "tool", "aria-label": isError ? "Tool error" : "Tool response" },
    h(
      "p",
      { class: "who" },
      h("strong", {}, isError ? "Tool error " : "Tool response "),
      at ? time(at, timeOfDay) : null,
    ),
    code(content, "The tool's answer"),
  );
}

export function trouble({ code: errorCode, slug, message }, at) {
  return h(
    "p",
    { class: "trouble" },
    h("strong", {}, `${errorCode} ${slug} `),
    at ? time(at, timeOfDay) : null,
    " ",
    words(message),
  );
}

/** Read an event of a chat's history, as REST shows it; null for events without content. */
export function recorded(given) {
  const { type, timestamp: at, message_text: text } = given;
  if (type === "USER_MESSAGE" || type === "AGENT_MESSAGE") {
    return said({
      role: type === "USER_MESSAGE" ? "user" : "assistant",
      text,
      at,
      scores: given.emotion_features,
    });
  }
  if (type === "FUNCTION_CALL") {
    const call = parsed(text) ?? {};
    return toolCall({
      name: String(call.name ?? "?"),
      parameters: call.parameters ?? text,
      id: call.tool_call_id,
      at,
    });
  }
  if (type === "FUNCTION_CALL_RESPONSE") return toolResult({ content: text, at });
  return event(titleOf(type), at, text);
}

const titleOf = (type) =>
  type.charAt(0) +
  type
    .slice(1)
    .toLowerCase()
    .replaceAll("_", " ")
    .replace(/ message$/, "");
