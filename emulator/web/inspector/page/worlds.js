// The worlds that are in use, by reference, last use and name; none is shown by its key.

import { attempt } from "./acting.js";
import { call, get, openedBy } from "./api.js";
import { empty, field, fill, h, place, toast } from "./dom.js";
import { ago, plural } from "./text.js";

const EVERY_MS = 3_000; // what happens in other worlds is asked for
const MOST = 100;
const FEW = 5; // to which an unused world points

const titleOf = ({ name, reference }) => name ?? reference;
const openWorld = (reference) => (location.hash = `#world=${encodeURIComponent(reference)}`);

/** Asks for the worlds now and then, as long as `node` is in sight, and calls `draw(worlds, own)`. */
function watching(node, limit, draw) {
  async function look() {
    if (!node.isConnected || document.hidden || node.offsetParent === null) return;
    const [{ worlds, total }, own] = await Promise.all([
      get(`/_emulator/worlds?limit=${limit}`),
      get("/_emulator/world"),
    ]);
    draw(worlds, own, total);
  }
  const quietly = () => look().catch(() => {}); // the page says elsewhere that nothing answers
  const timer = setInterval(quietly, EVERY_MS);
  requestAnimationFrame(quietly);
  return { refresh: quietly, leave: () => clearInterval(timer) };
}

/** A note in a world that nobody has used: where something happens meanwhile. */
export function busyWorlds() {
  const list = h("ul", { class: "worlds" });
  const note = h(
    "section",
    { class: "busy", "aria-label": "Worlds in use", hidden: true },
    h("h2", {}, "Other worlds are in use"),
    list,
  );
  const node = h("div", {}, note);
  let drawn = "";
  const watch = watching(node, FEW + 1, (worlds, own) => {
    const others = worlds.filter((each) => each.reference !== own.reference).slice(0, FEW);
    note.hidden = !others.length;
    const now = JSON.stringify(others.map((each) => [each, ago(each.last_used_ms)]));
    if (now !== drawn) fill(list, others.map(short));
    drawn = now;
  });
  return { node, leave: watch.leave };
}

const short = (world) =>
  h(
    "li",
    {},
    h("button", { class: "link", onclick: () => openWorld(world.reference) }, h("bdi", {}, titleOf(world))),
    h("span", { class: "hint" }, ` ${useOf(world)}`),
  );

const useOf = ({ entries, last_used_ms }) =>
  `${plural(entries, "entry", "entries")}, ${last_used_ms === null ? "not used yet" : `used ${ago(last_used_ms)}`}`;

/** A card with all worlds in use. */
export function worldsCard() {
  const rows = h("tbody", {});
  const none = h("div", {});
  const table = h(
    "table",
    {},
    h(
      "thead",
      {},
      h("tr", {}, ["World", "Last use", "Entries"].map((name) => h("th", { scope: "col" }, name))),
    ),
    rows,
  );
  const count = h("span", { class: "dim" });
  const node = h(
    "section",
    { class: "card flush wide", "aria-label": "Worlds in use" },
    h("h2", {}, "Worlds in use", count),
    table,
    none,
  );
  let drawn = "";
  const watch = watching(node, MOST, (found, own, total) => {
    const worlds = withOwn(found, own, total);
    const now = JSON.stringify([worlds.map((each) => [each, ago(each.last_used_ms)]), own, total]);
    if (now === drawn) return;
    drawn = now;
    count.textContent = total > worlds.length ? `the newest ${worlds.length} of ${total}` : String(total);
    fill(rows, worlds.map((each) => row(each, each.reference === own.reference)));
    table.hidden = !worlds.length;
    place(none, worlds.length ? [] : [empty("Nobody has used a world yet.")]);
  });
  return { node, leave: watch.leave };
}

/** The worlds, with the page's own on top where the limit has cut it off. */
function withOwn(found, own, total) {
  const isCut = total > found.length && !found.some((each) => each.reference === own.reference);
  return isCut && (own.name !== null || own.last_used_ms !== null) ? [own, ...found.slice(0, -1)] : found;
}

function row(world, isOwn) {
  const title = h("bdi", {}, titleOf(world));
  return h(
    "tr",
    {},
    h(
      "td",
      {},
      isOwn
        ? h("strong", {}, title, " (this one)")
        : h("button", { class: "link", onclick: () => openWorld(world.reference) }, title),
      world.name ? h("p", { class: "hint mono" }, world.reference) : null,
    ),
    h("td", {}, world.last_used_ms === null ? "not yet" : ago(world.last_used_ms)),
    h("td", { class: "number" }, world.entries),
  );
}

/** A form that names the world of this page. */
export function nameForm() {
  const name = h("input", { maxlength: 200, placeholder: "none", autocomplete: "off" });
  attempt(async () => (name.value = (await get("/_emulator/world")).name ?? ""));
  const save = (event) => {
    event.preventDefault();
    attempt(async () => {
      const given = await call("PATCH", "/_emulator/world", { name: name.value.trim() || null });
      toast(given.name ? `This world is now called ${given.name}` : "This world has no name now");
    });
  };
  return h(
    "form",
    { class: "actions", onsubmit: save, "aria-label": "Name this world" },
    field("Name", name),
    h("button", { class: "end" }, "Save the name"),
  );
}

/** What stands for the key of this world. */
export const openedAs = () => (openedBy() ? `unknown: opened by the reference ${openedBy()}` : null);
