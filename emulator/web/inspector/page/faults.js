// The rules by which things break in the world.

import { call, get } from "./api.js";
import { field, fill, h, options, reconcile, toast } from "./dom.js";
import { attempt } from "./acting.js";
import { faultTable } from "./drive.js";
import { parsed, shorten } from "./text.js";

const COMMON = ["times", "probability"];
const isNothing = (value) => value === null || JSON.stringify(value) === "{}";
const OWN = new Set(["id", "kind", "fault", "used"]);

/** A card with the rules, and a form for another one; `refresh` reads the rules again. */
export function faultsCard() {
  const rows = h("tbody", {});
  const none = h(
    "p",
    { class: "dim pad" },
    "Nothing breaks. A rule says what does, how and how often.",
  );
  const table = h(
    "table",
    {},
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        h("th", { scope: "col" }, "Fault"),
        h("th", { scope: "col" }, "Of what, and how"),
        h("th", { scope: "col", class: "number" }, "Used"),
        h("th", { scope: "col" }, h("span", { class: "unseen" }, "Remove")),
      ),
    ),
    rows,
  );
  const node = h(
    "section",
    { class: "card flush wide", "aria-label": "Faults" },
    h(
      "h2",
      {},
      "Faults",
      h("button", { onclick: () => act("DELETE", "/_emulator/faults") }, "Remove all"),
    ),
    table,
    none,
    adding(() => refresh()),
  );

  const act = (method, path) =>
    attempt(async () => {
      await call(method, path);
      await refresh();
    });

  function row(rule) {
    const said = Object.entries(rule)
      .filter(([name, value]) => !OWN.has(name) && !isNothing(value))
      .map(
        ([name, value]) => `${name}=${typeof value === "object" ? JSON.stringify(value) : value}`,
      );
    return h(
      "tr",
      {},
      h(
        "td",
        { class: "nowrap" },
        h("span", { class: "kind fault" }, rule.kind),
        " ",
        h("strong", {}, rule.fault),
      ),
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
    const { faults } = await get("/_emulator/faults");
    reconcile(rows, faults, (rule) => rule.id, row);
    none.hidden = faults.length > 0;
    table.hidden = faults.length === 0;
  }
  return { node, refresh };
}

function adding(done) {
  const kind = h("select", { onchange: listFaults });
  const fault = h("select", { onchange: listFields });
  const fields = h("div", { class: "form all" });
  const form = h(
    "form",
    { class: "form pad", "aria-label": "Add a fault", onsubmit: add },
    h("div", { class: "half" }, field("Of", kind)),
    h("div", { class: "half" }, field("Fault", fault)),
    fields,
    h("div", { class: "actions" }, h("button", { class: "primary" }, "Add the fault")),
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
    const { matched_by: matched, faults } = table.kinds[kind.value];
    const given = faults[fault.value].options;
    fill(
      fields,
      [...Object.entries(given), ...[...matched, ...COMMON].map((name) => [name, null])].map(
        ([name, value]) => field(name, control(name, value)),
      ),
    );
  }

  function control(name, value) {
    if (table.values[name])
      return h("select", { name }, options([["", "any"], ...table.values[name]], value ?? ""));
    return h("input", {
      name,
      value: isNothing(value)
        ? ""
        : typeof value === "object"
          ? JSON.stringify(value)
          : String(value),
      spellcheck: "false",
    });
  }

  async function add(event) {
    event.preventDefault();
    const said = [...new FormData(form)]
      .filter(([, value]) => value !== "")
      .map(([name, value]) => [name, TEXTS.has(name) ? value : (parsed(value) ?? value)]);
    await attempt(async () => {
      await call("POST", "/_emulator/faults", {
        kind: kind.value,
        fault: fault.value,
        ...Object.fromEntries(said),
      });
      await done();
      toast("The fault is added");
    });
  }
  return form;
}

const TEXTS = new Set([
  "path",
  "chat_id",
  "type",
  "operation",
  "method",
  "event_name",
  "reason",
  "error",
  "message",
]);
