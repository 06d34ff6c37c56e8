// The contract report: what clients got wrong, and how much of the API they used.

import { call, get } from "./api.js";
import { attempt, following } from "./acting.js";
import { badge } from "./badges.js";
import { confirmed, fill, h } from "./dom.js";
import { plural, time, timeOfDay, visible } from "./text.js";
import { trouble } from "./trouble.js";

const OF_ALL = "Clear the contract reports of all worlds? This includes the worlds of other keys.";

export const contract = {
  id: "contract",
  title: "Contract",
  icon: "M3 2.5h10v11H3zM5.5 6l1.2 1.2L9 5M5.5 10.5h5",
  show,
};

function show(root, { journal, go }) {
  const everybody = h("input", { type: "checkbox", onchange: () => attempt(refresh) });
  const findings = h("div", { class: "grid" });
  const coverage = h("div", { class: "coverage" });
  const opened = new Set(); // the parts, which stay so as the report changes
  const query = () => (everybody.checked ? "?worlds=all" : "");
  root.append(
    h(
      "div",
      { class: "page" },
      h(
        "div",
        { class: "page-head" },
        h(
          "div",
          {},
          h("h2", {}, "Contract report"),
          h("p", { class: "hint" }, "Mistakes of clients, and how much of the API they used."),
        ),
        h(
          "span",
          { class: "actions" },
          h("label", { class: "check" }, everybody, "All worlds"),
          h("button", { onclick: () => attempt(clear) }, "Clear"),
        ),
      ),
      h("section", { class: "grid", "aria-label": "Findings" }, findings),
      h("section", { class: "card", "aria-label": "Coverage" }, h("h2", {}, "Coverage"), coverage),
    ),
  );

  async function clear() {
    if (everybody.checked && !(await confirmed(OF_ALL, "Clear"))) return;
    await call("DELETE", `/_emulator/contract${query()}`);
    await refresh();
  }

  let drawn = "";
  async function refresh() {
    const report = await get(`/_emulator/contract${query()}`);
    const text = JSON.stringify(report) + journal.entries[0]?.seq;
    if (text === drawn) return; // what is marked or has the focus stays so
    drawn = text;
    fill(findings, groups(report, entryOf, go));
    fill(coverage, used(report.coverage, opened));
  }

  /** The entry that a finding came with first; undefined if it is another world's, or gone. */
  const entryOf = (seq) =>
    everybody.checked
      ? undefined
      : journal.entries.find((each) => each.seq >= seq && (each.run?.first_seq ?? each.seq) <= seq);

  return following(journal, refresh);
}

/** A card for each operation, socket or webhook, with its findings. */
function groups({ findings, dropped }, entryOf, go) {
  const bySubject = new Map();
  for (const each of findings)
    bySubject.set(each.subject, [...(bySubject.get(each.subject) ?? []), each]);
  if (!bySubject.size)
    return h("p", { class: "dim" }, "No findings: all that clients sent follows the document.");
  return [
    [...bySubject].map(([subject, of]) => group(subject, of, entryOf, go)),
    dropped
      ? h("p", { class: "hint" }, `${plural(dropped, "finding")} more are counted and not kept.`)
      : null,
  ];
}

function group(subject, findings, entryOf, go) {
  const errors = findings.filter((each) => each.level === "error").length;
  const warnings = findings.length - errors;
  return h(
    "section",
    { class: "card", "aria-label": subject },
    h(
      "h3",
      { class: "group" },
      h("bdi", { class: "mono" }, visible(subject)),
      errors ? badge(plural(errors, "error"), "bad") : null,
      warnings ? badge(plural(warnings, "warning"), "warn") : null,
    ),
    h(
      "ul",
      { class: "findings" },
      findings.map((each) => finding(each, entryOf(each.first_seq), go)),
    ),
  );
}

function finding(found, entry, go) {
  const { level, code, place, hint, count, first_seq: seq } = found;
  const [before, said, after] = trouble(found);
  const tone = level === "error" ? "bad" : "warn";
  return h(
    "li",
    { class: tone },
    h(
      "p",
      {},
      badge(level, tone),
      " ",
      h("strong", {}, code),
      " at ",
      h("code", {}, h("bdi", {}, visible(place))),
      count > 1 ? h("span", { class: "dim" }, ` ${count} times`) : null,
    ),
    h(
      "p",
      {},
      before,
      h("bdi", {}, said),
      h("bdi", {}, after),
    ),
    hint ? h("p", { class: "hint" }, h("bdi", {}, hint)) : null,
    h("p", { class: "hint" }, first(seq, entry, go)),
  );
}

/** Where it came first: the entry's number and time, which leads to the timeline. */
function first(seq, entry, go) {
  if (!seq) return "First in another world.";
  if (!entry) return `First in entry ${seq}, which the journal no longer keeps.`;
  return [
    "First in ",
    h(
      "button",
      { class: "link", "data-row": true, onclick: () => go("timeline", { seq }) },
      `entry ${seq}`,
    ),
    ", ",
    time(entry.at_ms, timeOfDay),
  ];
}

const used = ({ percent, parts }, opened) => [
  h("p", {}, h("span", { class: "big" }, `${percent} %`), " of the API was used"),
  parts.map((each) => part(each, opened)),
];

function part({ name, covered, total, percent, items }, opened) {
  const note = ({ target }) => (target.open ? opened.add(name) : opened.delete(name));
  const bar = h("span", {});
  bar.style.transform = `scaleX(${percent / 100})`;
  return h(
    "details",
    { open: opened.has(name), ontoggle: note },
    h(
      "summary",
      { data: { part: name } },
      h(
        "span",
        { class: "part" },
        h("span", {}, name),
        h("span", { class: "bar", "aria-hidden": "true" }, bar),
        h("span", { class: "dim" }, `${covered} of ${total}`),
      ),
    ),
    h(
      "ul",
      { class: "items" },
      items.map((each) =>
        h(
          "li",
          { class: each.count ? "" : "dim" },
          h("bdi", {}, each.name),
          ` ${each.count ? `× ${each.count}` : "not used"} `,
          h(
            "span",
            { class: "hint" },
            Object.entries(each.detail ?? {})
              .map(([what, count]) => `${what}: ${count}`)
              .join(", "),
          ),
        ),
      ),
    ),
  );
}
