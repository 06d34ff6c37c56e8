// The chats of the world: a list, and the transcript of one, both as they go on.

import { all, apiKey, get, origin } from "./api.js";
import { attempt, driver } from "./drive.js";
import { command, empty, fill, h, icon, reconcile, toast } from "./dom.js";
import { chart } from "./scores.js";
import { dateTime, duration, facts, parsed, plural, pretty, time } from "./text.js";
import { recorded } from "./transcript.js";

const PAGE = 100;
const TOGETHER_MS = 150; // what happens within that time is shown at once
const POLLS = 5; // that an audio reconstruction may take

export const chats = { id: "chats", title: "Chats", show };

function show(root, { journal, go, parameters }) {
  let chosen = parameters.id ?? null;
  let known = [];
  let names = new Map(); // of configs
  let pages = 1; // of the list that are shown
  let detail = null;
  const list = h("div", { role: "list", "aria-label": "Chats" });
  const more = h("button", { hidden: true, onclick: () => {
    pages++;
    refresh();
  } }, "Show older chats");
  const count = h("span", { class: "dim" });
  const page = h("div", { class: "page" });
  const beside = h("aside", { class: "beside", "aria-label": "About the chat" });
  root.append(h("div", { class: "columns" }, h("section", { class: "side", "aria-label": "All chats" },
    h("div", { class: "side-head" }, h("h2", {}, "Chats"), count), list, h("p", {}, more)), page, beside));

  async function refresh() {
    const query = new URLSearchParams({ page_size: PAGE, ascending_order: false });
    const found = [];
    let total = 1;
    for (let number = 0; number < Math.min(pages, total); number++) {
      const given = await get(`/v0/evi/chats?${query}&page_number=${number}`);
      found.push(...given.chats_page);
      total = given.total_pages;
    }
    more.hidden = pages >= total;
    known = found;
    const unnamed = known.some((chat) => chat.config && !names.has(chat.config.id));
    if (unnamed) {
      names = new Map((await all("/v0/evi/configs", "configs_page")).map((config) => [config.id, config.name]));
      detail?.refresh();
    }
    draw();
  }

  function draw() {
    count.textContent = plural(known.length, "chat") + (more.hidden ? "" : " and more");
    const rows = known.map((chat) => ({ ...chat, name: names.get(chat.config?.id) ?? "No config", isChosen: chat.id === chosen }));
    reconcile(list, rows, (chat) => chat.id, item);
    if (!chosen) fill(page, known.length ? empty("Choose a chat to see what was said.") : noChats(go));
    beside.hidden = !chosen;
  }

  function item(chat) {
    return h("div", { role: "listitem" }, h("button", { class: "pick", "data-row": true, "aria-current": chat.isChosen, onclick: () => go("chats", { id: chat.id }) },
      h("span", { class: "line" }, h("bdi", { class: "name" }, chat.name), statusBadge(chat.status)),
      h("span", { class: "line small" }, time(chat.start_timestamp), h("span", {}, plural(chat.event_count ?? 0, "event"), chat.end_timestamp ? ` · ${duration(chat.end_timestamp - chat.start_timestamp)}` : "")),
      h("span", { class: "small mono" }, chat.id)));
  }

  function open(id) {
    detail?.leave();
    chosen = id;
    detail = id ? oneChat(id, page, beside, { names: () => names, go }) : null;
    draw();
  }

  const schedule = together(() => refresh().catch((error) => toast(error.message, "error")));
  function onEntries({ detail: { added } }) {
    const touched = new Set(added.map((entry) => entry.chat_id).filter(Boolean));
    if (touched.size || added.some((entry) => entry.kind === "clock")) schedule();
    if (chosen && (touched.has(chosen) || added.some((entry) => entry.kind === "clock"))) detail?.refresh();
  }
  function begin() {
    names = new Map();
    open(chosen);
    schedule();
  }
  journal.addEventListener("entries", onEntries);
  journal.addEventListener("begin", begin);
  open(chosen);
  schedule();
  return {
    follow(next) {
      if ((next.id ?? null) !== chosen) open(next.id ?? null);
      return true;
    },
    close: () => chosen && go("chats"),
    leave() {
      journal.removeEventListener("entries", onEntries);
      journal.removeEventListener("begin", begin);
      detail?.leave();
    },
  };
}

export function statusBadge(status) {
  const tone = status === "ACTIVE" ? "live" : status === "ERROR" ? "bad" : status === "USER_ENDED" ? "ok" : "warn";
  return h("span", { class: `badge ${tone}` }, status === "ACTIVE" ? "● ACTIVE" : status);
}

function noChats(go) {
  return empty("No chat was held in this world yet.",
    h("p", {}, "Hold one yourself, or have one held:"),
    h("button", { class: "primary", onclick: () => go("talk") }, icon("talk"), "Talk"),
    command(`curl -s -H 'X-Hume-Api-Key: ${apiKey()}' ${origin()}/_emulator/simulate -d '{"user": ["Hello!"]}'`));
}

/** Calls back once, a little later, however often it is called before. */
export function together(action) {
  let waiting = null;
  return () => (waiting ??= setTimeout(() => {
    waiting = null;
    action();
  }, TOGETHER_MS));
}

// one chat

function oneChat(id, page, beside, { names, go }) {
  let events = [];
  let chat = null;
  let drivesFor = null;
  let isGone = false;
  const head = h("div", { class: "page-head" });
  const sound = h("div", {});
  const scores = chart();
  const spoken = h("div", { class: "transcript", role: "log", "aria-label": "Transcript", tabindex: "0" });
  const told = h("div", {});
  const hooks = h("div", {});
  const drive = h("div", { class: "cards" });
  scores.node.hidden = true;
  fill(page, head, sound, scores.node, spoken);
  fill(beside, told, drive, hooks);

  async function load() {
    const from = Math.floor(events.length / PAGE);
    events = events.slice(0, from * PAGE);
    for (let number = from; ; number++) {
      const given = await get(`/v0/evi/chats/${encodeURIComponent(id)}?page_size=${PAGE}&page_number=${number}&ascending_order=true`);
      if (isGone) return;
      events.push(...given.events_page);
      chat = given;
      if (number + 1 >= given.total_pages) break;
    }
    const { deliveries } = await get(`/_emulator/webhooks/deliveries?chat_id=${encodeURIComponent(id)}`);
    if (!isGone) draw(deliveries);
  }

  function draw(deliveries) {
    const turns = turnsOf(events);
    scores.set(turns);
    reconcile(spoken, events.filter((each) => each.type !== "ASSISTANT_PROSODY"), (each) => each.id, recorded);
    const isLive = chat.status === "ACTIVE";
    fill(head, h("div", {}, h("h2", {}, names().get(chat.config?.id) ?? "Chat"), h("p", { class: "hint mono" }, id)), h("div", { class: "actions" }, statusBadge(chat.status)));
    if (!isLive && !sound.firstChild) sound.append(player(id));
    fill(told, facts([["Began", time(chat.start_timestamp)], ["Ended", chat.end_timestamp ? time(chat.end_timestamp) : "still going on"],
      ["Config", chat.config ? h("button", { class: "link", onclick: () => go("resources", { kind: "configs", id: chat.config.id }) }, `version ${chat.config.version}`) : "none"],
      ["Group", h("span", { class: "mono" }, chat.chat_group_id)], ["Metadata", chat.metadata ? pretty(chat.metadata) : null]]));
    if (isLive && drivesFor !== id) fill(drive, driver(id));
    if (!isLive) fill(drive);
    drivesFor = isLive ? id : null;
    fill(hooks, h("h3", {}, "Webhooks of this chat"), deliveries.length ? h("ul", {}, deliveries.map((each) => h("li", { class: "hook" },
      h("button", { class: "link", onclick: () => go("webhooks", { id: each.id }) }, each.event_name), " ", deliveryBadge(each),
      h("p", { class: "hint" }, h("bdi", {}, each.url), ` · ${plural(each.attempts.length, "attempt")}`)))) : h("p", { class: "hint" }, "None so far."));
  }

  const refresh = together(() => attempt(load));
  load().catch((error) => {
    if (!isGone) fill(page, empty("This chat can't be shown.", h("p", {}, error.message)));
  });
  return { refresh, leave: () => (isGone = true) };
}

export function deliveryBadge({ state }) {
  return h("span", { class: `badge ${{ delivered: "ok", failed: "bad", pending: "warn" }[state]}` }, state);
}

/** The turns that have scores, numbered as the messages of the chat are. */
function turnsOf(events) {
  return events.filter((each) => each.type === "USER_MESSAGE" || each.type === "AGENT_MESSAGE")
    .map((each, index) => ({ number: index + 1, role: each.role, text: each.message_text, scores: parsed(each.emotion_features || "null") }))
    .filter((turn) => turn.scores);
}

/** The audio of a chat that has ended, which the API makes when it is asked for. */
function player(id) {
  const node = h("div", {}, h("button", { onclick: () => attempt(prepare) }, icon("play"), "Play the audio"));

  async function prepare() {
    let audio = null;
    for (let poll = 0; poll < POLLS && audio?.status !== "COMPLETE"; poll++) audio = await get(`/v0/evi/chats/${encodeURIComponent(id)}/audio`);
    if (audio?.status !== "COMPLETE") throw new Error(`The audio is not there: its status is ${audio?.status}.`);
    const { pathname, search } = new URL(audio.signed_audio_url); // on this server, by whatever name it is known
    const sound = h("audio", { controls: true, preload: "auto", src: pathname + search, "aria-label": "The chat's audio", onerror: () => toast("The browser can't play this audio.", "error") });
    fill(node, sound);
    sound.play().catch(() => {}); // who has to press the button again is told by the control
  }
  return node;
}
