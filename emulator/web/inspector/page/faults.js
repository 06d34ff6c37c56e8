// The rules by which things break in the world.

import { call, get } from "./api.js";
import { confirmed, fill, h, options, reconcile, toast } from "./dom.js";
import { attempt, following } from "./acting.js";
import { faultTable } from "./drive.js";
import { Refusals } from "./refusals.js";
import { parsed, shorten } from "./text.js";

const COMMON = ["times", "probability"];
const OWN = new Set(["id", "kind", "fault", "used"]);
const isNothing = (value) => value === null || JSON.stringify(value) === "{}";
const asText = (value) => (typeof value === "object" ? JSON.stringify(value) : String(value));

export const faults = {
  id: "faults",
  title: "Faults",
  icon: "M9 2 4 9h3.5L6.5 14 12 7H8.5z",
  show,
};

function show(root, { journal }) {
  const rows = h("tbody", {});
  const none = h(
    "p",
    { class: "dim pad" },
    "Nothing breaks. A rule says what breaks, how and how often.",
  );
  const clear = h("button", { class: "danger", onclick: removeAll }, "Remove all");
  const table = h(
    "div",
    { class: "sideways" },
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
          h("th", { scope: "col" }, "Fault"),
          h("th", { scope: "col" }, "Fields"),
          h("th", { scope: "col", class: "number" }, "Used"),
          h("th", { scope: "col" }, h("span", { class: "unseen" }, "Remove")),
        ),
      ),
      rows,
    ),
  );
  root.append(
    h(
      "div",
      { class: "page" },
      h(
        "section",
        { class: "card flush", "aria-label": "Rules" },
        h("h2", {}, "Rules", clear),
        table,
        none,
      ),
      adding(() => refresh()),
    ),
  );

  const act = (method, path) =>
    attempt(async () => {
      await call(method, path);
      await refresh();
    });

  async function removeAll() {
    if (await confirmed("Remove all fault rules of this world?", "Remove"))
      act("DELETE", "/_emulator/faults");
  }

  function row(rule) {
    const said = Object.entries(rule)
      .filter(([name, value]) => !OWN.has(name) && !isNothing(value))
      .map(([name, value]) => `${name}=${asText(value)}`);
    return h(
      "tr",
      {},
      h("td", {}, h("span", { class: "kind fault" }, rule.kind), " ", h("strong", {}, rule.fault)),
      h("td", {}, h("bdi", { class: "mono" }, shorten(said.join("  ") || "always", 400))),
      h(
        "td",
        { class: "number" },
        rule.times ? `${rule.used} of ${rule.times}` : String(rule.used),
      ),
      h(
        "td",
        {},
        h(
          "button",
          {
            class: "quiet danger",
            "aria-label": `Remove the fault ${rule.fault}`,
            onclick: () => act("DELETE", `/_emulator/faults/${encodeURIComponent(rule.id)}`),
          },
          "Remove",
        ),
      ),
    );
  }

  async function refresh() {
    const { faults: rules } = await get("/_emulator/faults");
    reconcile(rows, rules, (rule) => rule.id, row);
    none.hidden = rules.length > 0;
    table.hidden = clear.hidden = rules.length === 0;
  }

  return following(journal, refresh);
}

function adding(done) {
  const refusals = new Refusals();
  const kind = h("select", { onchange: listFaults });
  const fault = h("select", { onchange: listFields });
  const choice = h("div", { class: "form halves" });
  const fields = h("div", { class: "grid" });
  const submit = h("button", { class: "primary" }, "Add the fault");
  const form = h(
    "form",
    { class: "card", "aria-label": "Add a fault", novalidate: true, onsubmit: add },
    h("h2", {}, "Add a fault"),
    refusals.node,
    choice,
    fields,
    h("div", { class: "actions" }, submit),
  );
  let table = null;

  attempt(async () => {
    table = await faultTable();
    fill(
      kind,
      options(
        Object.entries(table.kinds).map(([name, { strikes }]) => [name, `${name}: ${strikes}`]),
      ),
    );
    listFaults();
  });

  function listFaults() {
    fill(
      fault,
      options(
        Object.entries(table.kinds[kind.value].faults).map(([name, { does }]) => [
          name,
          `${name}: ${does}`,
        ]),
      ),
    );
    listFields();
  }

  function listFields() {
    const { matched_by: matched, faults: known, strikes } = table.kinds[kind.value];
    const given = known[fault.value].options;
    refusals.forget();
    if (!choice.childNodes.length)
      fill(choice, refusals.field("kind", "What breaks", kind), refusals.field("fault", "Fault", fault));
    fill(
      fields,
      group(
        "What happens",
        Object.entries(given).map(([name, value]) => one(name, "not given", value)),
      ),
      group(
        `Which one: ${strikes}. Without these fields, any`,
        matched.map((name) => one(name, "any")),
      ),
      group(
        "How often",
        COMMON.map((name) => one(name, "")),
      ),
    );
  }

  const group = (title, nodes) =>
    nodes.length
      ? h("fieldset", {}, h("legend", {}, title), h("div", { class: "form wider" }, nodes))
      : null;

  function one(name, nothing, value = null) {
    const { unit, hint, example } = table.fields[name];
    const label = unit ? [h("span", {}, name), h("span", { class: "unit" }, ` (${unit})`)] : name;
    const shown = example === null ? "" : `Example: ${asText(example)}`;
    return refusals.field(
      name,
      label,
      control(name, nothing, value),
      [hint, shown].filter(Boolean).join(" "),
    );
  }

  function control(name, nothing, value) {
    if (table.values[name])
      return h("select", { name }, options([["", nothing], ...table.values[name]], value ?? ""));
    return h("input", {
      name,
      value: isNothing(value) ? "" : asText(value),
      spellcheck: "false",
      autocomplete: "off",
    });
  }

  const typed = (name, text) =>
    table.fields[name].type === "string" ? text : (parsed(text) ?? text);

  async function add(event) {
    event.preventDefault();
    const said = [...new FormData(form)]
      .filter(([, value]) => value !== "")
      .map(([name, value]) => [name, typed(name, value)]);
    const rule = { kind: kind.value, fault: fault.value, ...Object.fromEntries(said) };
    const made = await refusals.attempt(submit, () => call("POST", "/_emulator/faults", rule));
    if (!made) return;
    toast("Fault added");
    await attempt(done);
  }
  return form;
}
