// One entry of the journal, with all that it says.

import { badge } from "./badges.js";
import { describe } from "./describe.js";
import { copy, h, icon } from "./dom.js";
import { asCurl, asPytest, headersOf, isCut, requestOf } from "./export.js";
import { code, duration, facts, plural, pretty, time, visible } from "./text.js";
import { trouble } from "./trouble.js";
import { PAGES } from "./views.js";

/** A button to what the entry is part of: a chat, or something of a page that an API brings. */
function toWhole(entry, go) {
  for (const { id, linkOf } of PAGES) {
    const link = linkOf?.(entry);
    if (link) return h("button", { onclick: () => go(id, link.parameters) }, link.text);
  }
  if (!entry.chat_id) return null;
  return h("button", { onclick: () => go("chats", { id: entry.chat_id }) }, "Open the chat");
}

export function entryDetail(entry, go, close) {
  const { title, outcome, tone } = describe(entry);
  const request = requestOf(entry);
  return [
    h(
      "div",
      { class: "detail-head" },
      h("h2", {}, h("span", { class: `kind ${entry.kind}` }, entry.kind), " ", h("bdi", {}, title)),
      h(
        "button",
        { class: "quiet", "aria-label": "Close the entry", onclick: close },
        icon("close"),
      ),
    ),
    h(
      "div",
      { class: "actions" },
      request
        ? [
            h("button", { onclick: () => copy(asCurl(request), "curl command") }, "Copy as curl"),
            request.status // else there was no answer that a test could expect
              ? h(
                  "button",
                  { onclick: () => copy(asPytest(request), "pytest test") },
                  "Copy as pytest",
                )
              : null,
          ]
        : null,
      h("button", { onclick: () => copy(pretty({ ...entry }), "JSON") }, "Copy as JSON"),
      toWhole(entry, go),
      entry.kind === "model"
        ? h("button", { onclick: () => go("models", { id: entry.seq }) }, "Open the question")
        : null,
      entry.delivery_id
        ? h(
            "button",
            { onclick: () => go("webhooks", { id: entry.delivery_id }) },
            "Open the delivery",
          )
        : null,
    ),
    request && isCut(request.body)
      ? h(
          "p",
          { class: "hint" },
          "The journal keeps the first 4,000 characters of a body, so the copy ends there.",
        )
      : null,
    facts([
      ["Number", entry.seq],
      ["Time", time(entry.at_ms)],
      ["Outcome", outcome ? badge(outcome, tone) : null],
      ["Sound", entry.run ? soundNote(entry.run) : null],
      ...plainFields(entry),
    ]),
    entry.findings?.length ? section("Findings", findingList(entry.findings)) : null,
    ...bodies(entry),
  ];
}

/** How many frames of sound share an entry, or a row. */
function soundNote({ first_seq, count, bytes, first_ms, last_ms }) {
  const lasted = duration(last_ms - first_ms);
  const size = `${bytes.toLocaleString("en")} bytes`;
  return `${plural(count, "frame")} within ${lasted}, ${size}; the first has the number ${first_seq}`;
}

const OWN_PLACE = new Set([
  "run",
  "seq",
  "kind",
  "at_ms",
  "findings",
  "request",
  "response",
  "content",
  "stream",
  "request_headers",
  "response_headers",
]);

/** Whatever else the entry says, field by field. */
function plainFields(entry) {
  return Object.entries(entry)
    .filter(([name]) => !OWN_PLACE.has(name))
    .map(([name, value]) => [
      name,
      typeof value === "object" && value !== null
        ? JSON.stringify(value)
        : value === null
          ? ""
          : String(value),
    ]);
}

function* bodies(entry) {
  const headers = headersOf(entry);
  if (headers.length)
    yield section("Request headers", facts(headers.map(([name, value]) => [name, String(value)])));
  if (entry.request) yield section("Request body", code(entry.request, "Request body"));
  if (entry.response) yield section("Response body", code(entry.response, "Response body"));
  if (entry.stream) yield section("Stream as received", code(entry.stream, "Stream as received"));
  if (entry.content !== undefined) yield section("Content", code(entry.content, "Content"));
}

export function findingList(findings) {
  return h("ul", { class: "findings" }, findings.map(findingItem));
}

function findingItem(found) {
  const { level, code: name, place, hint } = found;
  const tone = level === "error" ? "bad" : "warn";
  const [before, said, after] = trouble(found);
  return h(
    "li",
    { class: tone },
    h(
      "p",
      {},
      badge(level, tone),
      " ",
      h("strong", {}, name),
      " at ",
      h("code", {}, visible(place)),
    ),
    h(
      "p",
      {},
      before,
      h("bdi", {}, said),
      h("bdi", {}, after),
      hint ? ["; ", h("bdi", {}, hint)] : null,
    ),
  );
}

function section(title, ...content) {
  return h("section", {}, h("h3", {}, title), ...content);
}
