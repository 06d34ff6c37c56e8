// Everything that happened in the world, as it happens.

import { later } from "./acting.js";
import { badge } from "./badges.js";
import { describe, isProblem } from "./describe.js";
import { announce, empty, fill, h, icon } from "./dom.js";
import { entryDetail } from "./entry.js";
import { firstScreen } from "./first.js";
import { textOf } from "./journal.js";
import { ListView } from "./listview.js";
import { rowsOf } from "./stretches.js";
import { duration, plural, timeOfDay } from "./text.js";
import { busyWorlds } from "./worlds.js";

const KINDS = ["http", "frame", "webhook", "model", "ears", "voice", "call", "fault", "clock", "script", "world", "bug"];
const NAMES = {
  http: "HTTP",
  frame: "Frames",
  webhook: "Webhooks",
  model: "Models",
  ears: "Ears",
  voice: "Voices",
  call: "Calls",
  fault: "Faults",
  clock: "Clock",
  script: "Script",
  world: "World",
  bug: "Bugs",
};

export const timeline = { id: "timeline", title: "Timeline", show };

function show(root, { journal, go, stay, parameters }) {
  const hiddenKinds = new Set((parameters.without ?? "").split(",").filter(Boolean));
  let found = []; // of the journal, what the filters let through
  let shown = rowsOf([]); // the rows of those
  let words = []; // that an entry must have
  let without = []; // and must not have
  let opened = null;
  let wanted = Number(parameters.seq) || null; // an entry to open once it is here

  const search = h("input", {
    type: "search",
    "data-search": true,
    placeholder: "Search; -audio leaves audio out  ( / )",
    "aria-label": "Search",
    value: parameters.q ?? "",
    oninput: refilter,
  });
  const chat = h("input", {
    type: "search",
    class: "narrow",
    placeholder: "Chat id",
    "aria-label": "Only of the chat",
    value: parameters.chat ?? "",
    oninput: refilter,
  });
  const problems = h("input", {
    type: "checkbox",
    checked: parameters.problems === "1",
    onchange: refilter,
  });
  const counts = {};
  const kinds = KINDS.map((kind) =>
    h(
      "button",
      {
        class: `chip ${kind}`,
        "aria-pressed": !hiddenKinds.has(kind),
        onclick: (event) => toggle(kind, event.currentTarget),
      },
      NAMES[kind],
      (counts[kind] = h("span", { class: "count" }, "0")),
    ),
  );
  const total = h("p", { class: "total" }); // read out after a filter changed, not with each entry
  const newest = h(
    "button",
    { class: "newest", hidden: true, onclick: () => list.toEnd() },
    "Jump to the newest",
  );
  const list = new ListView("Entries", row, open);
  list.onfollow = (follows) => (newest.hidden = follows);
  list.onchoose = (entry) => opened && open(entry);
  const none = h("div", { class: "none" });
  const busy = busyWorlds();
  const detail = h("section", { class: "detail", "aria-label": "Entry", hidden: true });

  root.append(
    h(
      "div",
      { class: "toolbar", role: "search" },
      h("span", { class: "searchbox" }, icon("search"), search),
      chat,
      h("div", { class: "chips", role: "group", "aria-label": "Kinds" }, kinds),
      h("label", { class: "check" }, problems, "Problems only"),
      total,
    ),
    h("div", { class: "split" }, h("div", { class: "list-side" }, list.node, none, newest), detail),
  );

  function toggle(kind, button) {
    if (!hiddenKinds.delete(kind)) hiddenKinds.add(kind);
    button.setAttribute("aria-pressed", !hiddenKinds.has(kind));
    refilter();
  }

  function passes(entry) {
    if (hiddenKinds.has(entry.kind)) return false;
    if (chat.value && !String(entry.chat_id ?? "").startsWith(chat.value.trim())) return false;
    if (words.some((word) => !textOf(entry).includes(word))) return false;
    if (without.some((word) => textOf(entry).includes(word))) return false;
    return !problems.checked || isProblem(entry);
  }

  function refilter() {
    const asked = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    words = asked.filter((word) => !word.startsWith("-"));
    without = asked.filter((word) => word.startsWith("-")).map((word) => word.slice(1)).filter(Boolean);
    found = journal.entries.filter(passes);
    shown = rowsOf(found);
    const {
      q,
      chat: ofChat,
      problems: onlyProblems,
    } = { q: search.value, chat: chat.value, problems: problems.checked ? "1" : "" };
    const said = { q, chat: ofChat, problems: onlyProblems, without: [...hiddenKinds].join(",") };
    stay(Object.fromEntries(Object.entries(said).filter(([, value]) => value)));
    draw();
    tellTotal();
  }

  const tellTotal = later(() => announce(total.textContent));

  function draw() {
    list.set(shown.rows);
    if (wanted) openWanted();
    const { length } = journal.entries;
    const dropped = journal.dropped
      ? ` (${journal.dropped.toLocaleString("en")} older ones are gone)`
      : "";
    total.textContent =
      found.length === length
        ? `${length.toLocaleString("en")} ${length === 1 ? "entry" : "entries"}${dropped}`
        : `${found.length.toLocaleString("en")} of ${length.toLocaleString("en")} entries`;
    const byKind = Object.fromEntries(KINDS.map((kind) => [kind, 0]));
    for (const entry of journal.entries) byKind[entry.kind]++;
    for (const [index, kind] of KINDS.entries()) {
      counts[kind].textContent = byKind[kind].toLocaleString("en");
      kinds[index].classList.toggle("none-yet", !byKind[kind] && !hiddenKinds.has(kind));
    }
    none.hidden = found.length > 0;
    if (!found.length) fill(none, length ? nothingFound() : [busy.node, firstScreen(go)]);
  }

  function onEntries({ detail: { added, gone } }) {
    if (gone) found = found.filter((entry) => entry.seq >= (journal.entries[0]?.seq ?? Infinity));
    const news = added.filter(passes);
    found = found.concat(news);
    if (gone) shown = rowsOf(found);
    else for (const entry of news) shown.add(entry);
    schedule();
  }

  let drawing = null;
  function schedule() {
    drawing ??= requestAnimationFrame(() => {
      drawing = null;
      draw();
    });
  }

  function open(entry) {
    opened = entry;
    detail.hidden = false;
    fill(detail, entryDetail(entry, go, close));
  }

  /** The entry with the number, or the row of sound that it is in. */
  function openWanted() {
    if (journal.last < wanted) return;
    const index = shown.rows.findLastIndex((each) => each.seq <= wanted);
    wanted = null;
    if (index >= 0) list.choose(index, true);
  }

  function close() {
    if (!opened) return;
    opened = null;
    detail.hidden = true;
    fill(detail);
    list.node.focus();
  }

  function begin() {
    found = [];
    shown = rowsOf(found);
    close();
    draw();
  }

  journal.addEventListener("entries", onEntries);
  journal.addEventListener("begin", begin);
  refilter();
  tellTotal.cancel(); // nobody has filtered yet
  return {
    close,
    step: (by) => list.step(by),
    leave() {
      journal.removeEventListener("entries", onEntries);
      journal.removeEventListener("begin", begin);
      list.close();
      busy.leave();
      tellTotal.cancel();
      cancelAnimationFrame(drawing);
    },
  };
}

const nothingFound = () =>
  empty(
    "No entry matches.",
    h("p", {}, "Remove words from the search, or show more kinds. A word after - hides the entries that have it."),
  );

/** What an entry says besides its title, and what its client did wrong; why a request was refused comes first. */
function noteOf(kind, note, found) {
  const parts = [note && h("bdi", {}, note), found && h("bdi", { class: "mistake" }, found)].filter(Boolean);
  if (kind !== "http") parts.reverse();
  return parts.length > 1 ? [parts[0], " · ", parts[1]] : parts;
}

function row(entry) {
  const { title, note, found, outcome, tone, findings } = describe(entry);
  return [
    h("span", { class: "at" }, timeOfDay(entry.at_ms)),
    h("span", { class: `kind ${entry.kind}` }, entry.kind),
    h("bdi", { class: "title" }, title),
    h("span", { class: "note" }, noteOf(entry.kind, note, found)),
    findings ? badge(plural(findings, "finding"), "warn") : null,
    outcome ? badge(outcome, tone) : tone ? badge(tone === "bad" ? "error" : "note", tone) : null,
    h(
      "span",
      { class: "took" },
      entry.duration_ms === undefined ? "" : duration(entry.duration_ms),
    ),
  ];
}
