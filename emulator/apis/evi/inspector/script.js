// The script of the world: what its rules are, how often each answered, and an editor for it.

import { attempt, together } from "./acting.js";
import { Outdated, call, get } from "./api.js";
import { badge } from "./badges.js";
import { confirmed, fill, h, toast } from "./dom.js";
import { facts, plural, visible } from "./text.js";

const PATH = "/_emulator/script";
const EXAMPLE = `rules:                      # the first rule that matches answers
  - when: weather           # these words, anywhere in what the user says
    answer:
      - {say: "It snows.", mood: Calmness}
  - answer: "You said: {user_text}"
`;

export const script = {
  id: "script",
  title: "Script",
  icon: "M4 2.5h8v11H4zM6 5.5h4M6 8h4M6 10.5h2",
  show,
};

function show(root, { journal }) {
  let current = null; // what the emulator told last
  const told = h("div", { class: "grid" });
  const rules = h("tbody", {});
  const table = h("div", { class: "sideways" }, ruleTable(rules));
  const none = h("p", { class: "dim pad" });
  const text = h("textarea", {
    id: "script-text",
    rows: 18,
    spellcheck: "false",
    autocapitalize: "off",
    "aria-describedby": "script-hint",
    placeholder: EXAMPLE,
    oninput: showState,
  });
  const problems = h("div", { class: "problems", role: "status" });
  const state = h("span", { class: "dim" });
  const check = h("button", { type: "button", onclick: onCheck }, "Check");
  const set = h("button", { class: "primary" }, "Set");
  const undo = h("button", { type: "button", onclick: undoEdits }, "Undo my changes");
  const example = h("button", { type: "button", onclick: insertExample }, "Insert an example");
  const reset = h("button", { onclick: onReset }, "Return to the first script");

  root.append(
    h(
      "div",
      { class: "page" },
      h(
        "section",
        { class: "card flush", "aria-label": "Rules" },
        h("h2", {}, "Rules of the next chats", reset),
        h("div", { class: "pad" }, told),
        table,
        none,
      ),
      h(
        "form",
        { class: "card", "aria-label": "Edit the script", onsubmit: onSet },
        h("h2", {}, h("label", { for: "script-text" }, "Script"), state),
        text,
        problems,
        h("div", { class: "actions" }, set, check, undo, example),
        h(
          "p",
          { class: "hint", id: "script-hint" },
          "YAML or JSON. Set it for chats that start later: live chats keep the script they have. docs/scripts.md lists the keys.",
        ),
      ),
    ),
  );

  const isEdited = () => current !== null && text.value !== (current.text ?? "");

  function showState() {
    const edited = isEdited();
    state.textContent = edited ? "Edited, not set" : "";
    undo.hidden = !edited;
    example.hidden = text.value.trim() !== "";
  }

  async function refresh() {
    const edited = isEdited();
    current = await get(PATH);
    if (!edited) text.value = current.text ?? "";
    fill(told, [...about(current)]);
    fill(
      rules,
      current.rules.map((rule, index) => ruleRow(rule, index, current.uses[index])),
    );
    table.hidden = !current.rules.length;
    none.hidden = Boolean(current.rules.length);
    none.textContent = current.strict
      ? "The script has no rules and is strict: every turn is an error."
      : "The script has no rules: the default assistant answers.";
    showState();
  }

  /** The text as a script's file; a single line would be taken for a bundled script's name. */
  const body = () => ({ script: `${text.value.trimEnd()}\n` });

  async function found() {
    const answer = await call("POST", `${PATH}/check`, body());
    fill(
      problems,
      answer.problems.map((each) => problem(each, text)),
    );
    text.setAttribute("aria-invalid", answer.problems.length > 0);
    return answer.problems;
  }

  function onCheck() {
    attempt(async () => {
      if (!(await found()).length) fill(problems, h("p", { class: "fine" }, "No problems found."));
    });
  }

  async function onSet(event) {
    event.preventDefault();
    set.disabled = true;
    try {
      if (!(await found()).length) {
        current = await call("PUT", PATH, body());
        text.value = current.text ?? text.value;
        toast("Script set for chats that start later");
        await refresh();
      }
    } catch (error) {
      if (!(error instanceof Outdated)) fill(problems, h("p", { class: "trouble" }, error.message));
    } finally {
      set.disabled = false;
    }
  }

  async function onReset() {
    const question = "Return to the script that the world began with? Your edits are lost.";
    if (!(await confirmed(question, "Return"))) return;
    await attempt(async () => {
      await call("DELETE", PATH);
      undoEdits();
      await refresh();
    });
  }

  function undoEdits() {
    text.value = current?.text ?? "";
    text.setAttribute("aria-invalid", false);
    fill(problems);
    showState();
    text.focus();
  }

  function insertExample() {
    text.value = EXAMPLE;
    showState();
    text.focus();
  }

  const schedule = together(refresh);
  journal.addEventListener("entries", schedule);
  journal.addEventListener("begin", schedule);
  showState();
  attempt(refresh);
  return {
    leave() {
      journal.removeEventListener("entries", schedule);
      journal.removeEventListener("begin", schedule);
    },
  };
}

const ruleTable = (rows) =>
  h(
    "table",
    {},
    h("caption", { class: "unseen" }, "Rules"),
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        h("th", { scope: "col", class: "short" }, "Rule"),
        h("th", { scope: "col" }, "Answers turns with"),
        h("th", { scope: "col", class: "number" }, "Used"),
      ),
    ),
    rows,
  );

function ruleRow(rule, index, uses) {
  return h(
    "tr",
    {},
    h("td", { class: "short" }, String(index)),
    h("td", {}, h("bdi", { class: "mono" }, visible(rule))),
    h(
      "td",
      { class: "number" },
      uses ? plural(uses, "time") : h("span", { class: "dim" }, "never"),
    ),
  );
}

function* about({ name, strict, file, mistake, text }) {
  yield facts([
    ["Name", name],
    ["File", file && `${file}: a change is read before the next chat`],
    [
      "Unmatched turns",
      strict ? badge("strict: an error", "warn") : "the default assistant answers",
    ],
  ]);
  if (mistake) {
    const told = `The file has a mistake, so chats use the last good script. ${mistake}`;
    yield h("p", { class: "trouble" }, h("bdi", {}, visible(told)));
  }
  if (text === null)
    yield h(
      "p",
      { class: "hint" },
      "This script was made in Python and can't be written as a file. A script that you set replaces it.",
    );
}

/** A mistake: choosing it leads to its line. */
function problem({ line, place, message }, text) {
  const where = [line === null ? null : `Line ${line}`, place].filter(Boolean).join(", ");
  return h(
    "button",
    { class: "problem", type: "button", "data-row": true, onclick: () => selectLine(text, line) },
    h("strong", {}, where),
    " ",
    h("bdi", {}, visible(message)),
  );
}

function selectLine(text, line) {
  text.focus();
  if (line === null) return;
  const lines = text.value.split("\n");
  const start = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
  text.setSelectionRange(start, start + (lines[line - 1] ?? "").length);
  const height = parseFloat(getComputedStyle(text).lineHeight) || 18;
  text.scrollTop = Math.max(0, (line - 4) * height);
}
