// The form with the script of what is measured.

import { attempt } from "./acting.js";
import { call, get } from "./api.js";
import { field, h } from "./dom.js";
import { refusal } from "./refusal.js";

const PATH = "/_emulator/expression/script";
const EXAMPLE =
  "speech from 98 ms to 26 s: joy 0.8, interest 0.4\nface at 40,30 to 200,230: amusement 0.7";
const HINT = "A statement a line, for what begins later; docs/expression.md has them all";

export function measuring() {
  let current = null; // the text that the emulator follows
  const text = h("textarea", {
    rows: 8,
    name: "script",
    spellcheck: "false",
    placeholder: EXAMPLE,
  });
  const set = h("button", { class: "primary" }, "Set");
  const clear = h("button", { type: "button", onclick: onClear }, "Make all up again");
  const done = h("p", { class: "hint", role: "status" });
  const refused = refusal(text);

  async function load() {
    const { script } = await get(PATH);
    if (current === null || text.value === current) text.value = script;
    current = script;
    clear.disabled = !script;
  }

  async function onSet(event) {
    event.preventDefault();
    done.textContent = "";
    await refused.attempted(set, async () => {
      await call("PUT", PATH, { script: text.value });
      current = text.value;
      clear.disabled = !current;
      done.textContent = "It is followed from now on.";
    });
  }

  function onClear() {
    attempt(async () => {
      await call("DELETE", PATH);
      current = text.value = "";
      clear.disabled = true;
      done.textContent = "Speech is found by its loudness again, and faces are made up.";
    });
  }

  const node = h(
    "section",
    { class: "card", "aria-label": "What is measured" },
    h("h2", {}, "What is measured"),
    h(
      "form",
      { class: "form", onsubmit: onSet },
      h("div", { class: "all" }, field("Script", text, HINT), refused.node),
      h("div", { class: "actions" }, set, clear, done),
    ),
  );
  return { node, refresh: () => attempt(load) };
}
