// The frame of the page: which view is shown, of which world, and the keys that move about.

import { Outdated, apiKey, get, openedBy, recalled, remember, useKey, useReference } from "./api.js";
import { chats } from "./chats.js";
import { contract } from "./contract.js";
import { announce, fill, h, icon, toast } from "./dom.js";
import { faults } from "./faults.js";
import { Journal } from "./journal.js";
import { resources } from "./resources.js";
import { talk } from "./talk.js";
import { dateTime } from "./text.js";
import { timeline } from "./timeline.js";
import { PAGES } from "./views.js";
import { webhooks } from "./webhooks.js";
import { world } from "./world.js";

const VIEWS = [timeline, chats, talk, ...PAGES, webhooks, resources, faults, contract, world];
const THEME = "evi-emulator-theme";
const byId = (id) => document.getElementById(id);

const journal = new Journal();
let current = null; // the view that is shown
let clockAt = null; // {now_ms, mode, read}

// where we are: #view=chats&id=...; a key or a world in it is taken out, so that it is not copied along

function place() {
  const given = new URLSearchParams(location.hash.slice(1));
  const [key, reference] = [given.get("key"), given.get("world")];
  if (key || reference) {
    given.delete("key");
    given.delete("world");
    history.replaceState(null, "", `#${given}`);
    if (key && (openedBy() || key !== apiKey())) enter(key);
    else if (!key && reference !== openedBy()) enterByReference(reference);
  }
  return Object.fromEntries(given);
}

/** Show a view; `parameters` say what of it. */
function go(view, parameters = {}) {
  const hash = `#${new URLSearchParams({ view, ...parameters })}`;
  if (location.hash === hash) show();
  else location.hash = hash;
}

/** Another part of the same view, without a step in the history. */
function stay(parameters) {
  history.replaceState(
    null,
    "",
    `#${new URLSearchParams({ view: current.view.id, ...parameters })}`,
  );
}

function show() {
  const { view: id, ...rest } = place();
  const view = VIEWS.find((each) => each.id === id) ?? timeline;
  if (current?.view === view && current.shown.follow?.(rest)) return;
  const hadFocus = byId("main").contains(document.activeElement);
  leave();
  const main = byId("main");
  main.className = `view ${view.id}`;
  main.setAttribute("aria-label", view.title);
  document.title = `${view.title} · EVI emulator`;
  current = { view, shown: {} };
  current.shown = view.show(fill(main), { journal, go, stay, parameters: rest, readClock });
  for (const link of byId("views").children) {
    if (link.dataset.view === view.id) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  // where one is now is read out, and the Tab key goes on from there
  if (hadFocus && !main.contains(document.activeElement)) main.focus({ preventScroll: true });
}

function leave() {
  current?.shown.leave?.();
  current = null;
}

// the world

/** The world of a key; no view shows anything of the one before. */
function enter(key) {
  leave();
  useKey(key);
  showWorld();
}

/** The world of a reference, as the list of worlds has it; its key stays unknown. */
function enterByReference(reference) {
  leave();
  useReference(reference);
  showWorld();
  announce(`This is the world ${reference}`);
}

function showWorld() {
  byId("key").value = openedBy() ? "" : apiKey();
  byId("key").placeholder = openedBy() ? `of ${openedBy()}` : "";
  journal.restart();
  readClock();
}

function changeKey(event) {
  event.preventDefault();
  const given = byId("key").value.trim();
  if (!given || (!openedBy() && given === apiKey())) return;
  const { view } = current;
  enter(given);
  history.replaceState(null, "", `#view=${view.id}`); // what was shown of it is not in this world
  show();
  announce(`This is the world of the key ${given}`);
}

// the clock of the world

async function readClock() {
  try {
    clockAt = { ...(await get("/_emulator/clock")), read: Date.now() };
  } catch (error) {
    if (error instanceof Outdated) return;
    clockAt = null;
  }
  showClock();
}

function showClock() {
  const shown = byId("clock");
  if (!clockAt) {
    shown.textContent = "";
    return;
  }
  const stands = clockAt.mode === "manual";
  const now = clockAt.now_ms + (stands ? 0 : Date.now() - clockAt.read);
  shown.textContent = `${dateTime(now)}${stands ? " · frozen" : ""}`;
  shown.title = "The time in this world";
  shown.classList.toggle("frozen", stands);
}

// keys

const isTyping = (target) =>
  target.closest("input, textarea, select, [contenteditable]") && target.type !== "checkbox";

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]"))
    return;
  if (event.key === "Escape") return onEscape(event);
  if (isTyping(event.target)) return;
  const act = keys[event.key];
  if (act?.(event) !== undefined) event.preventDefault();
}

function onEscape(event) {
  if (isTyping(event.target)) event.target.blur();
  else current?.shown.close?.();
}

const keys = {
  "?": () => byId("help").showModal() ?? true,
  "/": () => {
    const search = byId("main").querySelector("[data-search]");
    search?.focus();
    return search ? true : undefined;
  },
  j: () => step(1),
  k: () => step(-1),
  h: () => turn(-1),
  l: () => turn(1),
  ArrowDown: (event) => (event.target.matches("[data-row]") ? step(1) : undefined),
  ArrowUp: (event) => (event.target.matches("[data-row]") ? step(-1) : undefined),
};
const keyOf = (index) => (index < 10 ? String((index + 1) % 10) : null); // 1 to 9, then 0
VIEWS.slice(0, 10).forEach((view, index) => (keys[keyOf(index)] = () => go(view.id) ?? true));

/** To the next view, or to the one before. */
function turn(by) {
  const id = place().view; // the page may still be on its way there
  const at = Math.max(0, VIEWS.findIndex((each) => each.id === id));
  return go(VIEWS[(at + by + VIEWS.length) % VIEWS.length].id) ?? true;
}

/** To the next row of the view, or to the one before. */
function step(by) {
  if (current?.shown.step) return current.shown.step(by) ?? true;
  const rows = [...byId("main").querySelectorAll("[data-row]")].filter((row) => row.offsetParent);
  const at = rows.indexOf(document.activeElement);
  rows[Math.min(rows.length - 1, Math.max(0, at < 0 ? 0 : at + by))]?.focus();
  return true;
}

// the connection

const STATES = { live: "Live", offline: "Offline", refused: "Refused" };

function showState({ state, message }) {
  const shown = byId("state");
  if (shown.dataset.state === state && shown.title === message) return;
  shown.dataset.state = state;
  shown.textContent = STATES[state];
  shown.title = message;
  if (message) toast(message, "error");
}

// the start

function useTheme(theme) {
  document.documentElement.dataset.theme = theme;
  byId("theme").value = theme;
}

function start() {
  useTheme(recalled(THEME) ?? "auto");
  fill(
    byId("views"),
    VIEWS.map((view, index) =>
      h(
        "a",
        {
          href: `#view=${view.id}`,
          data: { view: view.id },
          "aria-keyshortcuts": keyOf(index),
          title: keyOf(index) ? `${view.title} (${keyOf(index)})` : view.title,
        },
        icon(view.id, view.icon),
        h("span", {}, view.title),
      ),
    ),
  );
  byId("last-view").textContent = keyOf(Math.min(VIEWS.length, 10) - 1);
  byId("theme").addEventListener("change", (event) => {
    remember(THEME, event.target.value);
    useTheme(event.target.value);
  });
  byId("key-form").addEventListener("submit", changeKey);
  byId("key").addEventListener("change", changeKey);
  byId("help-button").addEventListener("click", () => byId("help").showModal());
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault(); // the fragment says which view it is
    byId("main").focus();
  });
  document.addEventListener("keydown", onKey);
  addEventListener("hashchange", show);
  journal.addEventListener("state", ({ detail }) => showState(detail));
  journal.addEventListener("entries", ({ detail: { added, gone } }) => {
    if (gone || added.some((entry) => entry.kind === "clock")) readClock();
  });
  setInterval(showClock, 1000);
  const given = new URLSearchParams(location.hash.slice(1));
  const key = given.get("key");
  if (key || !(given.get("world") || openedBy())) enter(key || apiKey());
  else enterByReference(given.get("world") || openedBy());
  show();
}

start();
