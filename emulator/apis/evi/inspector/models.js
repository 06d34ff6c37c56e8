// The questions to language models, the newest first.
// The inspector serves this folder beside its own modules.

import { together } from "./acting.js";
import { badge } from "./badges.js";
import { empty, fill, h, reconcile } from "./dom.js";
import { oneQuestion, outcome, turn } from "./question.js";
import { asked } from "./request.js";
import { duration, plural, shorten, time } from "./text.js";

const SHOWN = 500; // questions, the newest
const ICON = "M5 5h6v6H5zM6.5 2v3M9.5 2v3M6.5 11v3M9.5 11v3M2 6.5h3M2 9.5h3M11 6.5h3M11 9.5h3";

export const models = { id: "models", title: "Models", show, icon: ICON };

function show(root, { journal, go, parameters }) {
  let chosen = parameters.id ?? null;
  let drawn; // the entry that `page` shows; null for one that is gone
  const list = h("div", { role: "list", "aria-label": "Questions" });
  const count = h("span", { class: "dim" });
  const page = h("div", { class: "page" });
  root.append(
    h(
      "div",
      { class: "columns" },
      h(
        "section",
        { class: "side", "aria-label": "All questions" },
        h("div", { class: "side-head" }, h("h2", {}, "Questions to models"), count),
        list,
      ),
      page,
    ),
  );

  function draw() {
    const questions = journal.entries.filter((entry) => entry.kind === "model");
    count.textContent =
      questions.length <= SHOWN ? String(questions.length) : `the newest ${SHOWN}`;
    const rows = questions.slice(-SHOWN).reverse().map(rowOf);
    reconcile(
      list,
      rows.map((row) => ({ ...row, isChosen: String(row.seq) === chosen })),
      (row) => row.seq,
      item,
    );
    if (chosen) drawOne(questions.find((entry) => String(entry.seq) === chosen) ?? null);
    else fill(page, rows.length ? empty("Choose a question to see its answer.") : noQuestions());
  }

  function drawOne(entry) {
    if (entry === drawn) return;
    if (!entry && !journal.last) return; // the journal is not here yet
    drawn = entry;
    page.scrollTop = 0;
    fill(page, entry ? oneQuestion(entry, go) : gone());
  }

  function item(row) {
    return h(
      "div",
      { role: "listitem" },
      h(
        "button",
        {
          class: "pick",
          "data-row": true,
          "aria-current": row.isChosen,
          onclick: () => go("models", { id: row.seq }),
        },
        h(
          "span",
          { class: "line" },
          h("span", { class: "name" }, row.turn),
          h(
            "span",
            {},
            row.findings ? [badge(plural(row.findings, "finding"), "warn"), " "] : null,
            badge(row.outcome, row.tone),
          ),
        ),
        row.said ? h("bdi", {}, row.said) : null,
        h("span", { class: "line small" }, time(row.at_ms), h("span", {}, row.took)),
        h("bdi", { class: "small" }, row.url),
        h("span", { class: "small mono" }, row.chat_id),
      ),
    );
  }

  const schedule = together(async () => draw());
  const onEntries = ({ detail: { added, gone } }) => {
    if (gone || added.some((entry) => entry.kind === "model")) schedule();
  };
  const begin = () => {
    drawn = undefined;
    fill(page);
    draw();
  };
  journal.addEventListener("entries", onEntries);
  journal.addEventListener("begin", begin);
  draw();
  return {
    follow(next) {
      chosen = next.id ?? null;
      drawn = undefined;
      draw();
      return true;
    },
    close: () => chosen && go("models"),
    leave() {
      journal.removeEventListener("entries", onEntries);
      journal.removeEventListener("begin", begin);
    },
  };
}

const made = new WeakMap(); // rows by entry: a request is read once

function rowOf(entry) {
  if (!made.has(entry)) made.set(entry, newRow(entry));
  return made.get(entry);
}

function newRow(entry) {
  const first = entry.first_token_ms;
  const { text, tone } = outcome(entry);
  const last = asked(entry.request).messages.findLast((each) => each.role === "user");
  return {
    seq: entry.seq,
    at_ms: entry.at_ms,
    chat_id: entry.chat_id,
    url: entry.url,
    turn: turn(entry),
    outcome: text,
    tone,
    findings: entry.findings?.length ?? 0,
    said: typeof last?.content === "string" ? shorten(last.content, 120) : "",
    took: `${first === null ? "" : `first token ${duration(first)} · `}${duration(entry.duration_ms)}`,
  };
}

const gone = () =>
  empty(
    "This question is gone.",
    h("p", {}, "The world was reset, or its journal keeps only the newest entries."),
  );

const noQuestions = () =>
  empty(
    "This world has not asked a language model yet.",
    h("p", {}, "Use a config with a custom language model, or the setting --brain."),
  );
