// One chat: what was said in it, in what mood, and who was told of it.

import { attempt, together } from "./acting.js";
import { get, getToUse } from "./api.js";
import { deliveryBadge, statusBadge } from "./badges.js";
import { empty, fill, h, icon, reconcile, toast } from "./dom.js";
import { driver } from "./drive.js";
import { eventOf } from "./mediastream.js";
import { showEnd, showsEnd } from "./newest.js";
import { chart } from "./scores.js";
import { facts, inMs, parsed, phone, plural, pretty, time } from "./text.js";
import { event, recorded } from "./transcript.js";

const PAGE = 100;
const POLLS = 5; // that an audio reconstruction may take

/** Shows a chat on `page` and `beside`; `refresh` looks again, `leave` stops that. */
export function oneChat(id, page, beside, { names, go, journal }) {
  const path = `/v0/evi/chats/${encodeURIComponent(id)}`;
  let events = [];
  let isGone = false;
  let isDriven = false;
  let call; // null if it is no phone call
  const head = h("div", { class: "page-head" });
  const sound = h("div", {});
  const scores = chart();
  const spoken = h("div", {
    class: "transcript",
    role: "log",
    "aria-label": "Transcript",
    tabindex: "0",
  });
  const told = h("div", {});
  const hooks = h("div", {});
  const drive = h("div", { class: "cards" });
  scores.node.hidden = true;
  fill(page, head, sound, spoken);
  fill(beside, told, drive, scores.node, hooks);

  async function load() {
    try {
      const chat = await readOn();
      if (call === undefined) call = await callOf(id);
      const query = new URLSearchParams({ chat_id: id });
      const { deliveries } = await get(`/_emulator/webhooks/deliveries?${query}`);
      const isLive = chat.status === "ACTIVE" && (await isConnected(id));
      if (!isGone) draw(chat, deliveries, isLive);
    } catch (error) {
      if (!isGone && error.status === 404)
        fill(page, empty("This chat can't be shown.", h("p", {}, error.message)));
      else if (!isGone) throw error;
    }
  }

  /** The chat, with the events that were not there before. */
  async function readOn() {
    let number = Math.floor(events.length / PAGE);
    events = events.slice(0, number * PAGE);
    for (;;) {
      const query = new URLSearchParams({
        page_size: PAGE,
        page_number: number,
        ascending_order: true,
      });
      const chat = await get(`${path}?${query}`);
      events.push(...chat.events_page);
      if (++number >= chat.total_pages) return chat;
    }
  }

  function draw(chat, deliveries, isLive) {
    const title = names().get(chat.config?.id) ?? "Chat";
    const said = events.filter((each) => each.type !== "ASSISTANT_PROSODY");
    const shown = call ? withPhone(said, id, journal) : said;
    fill(
      head,
      h(
        "div",
        {},
        h("h2", {}, title),
        call ? h("p", { class: "hint" }, phone(call.from_number)) : null,
        h("p", { class: "hint mono" }, id),
      ),
      statusBadge(chat.status),
    );
    scores.set(turnsOf(events));
    const follows = spoken.firstChild ? showsEnd(spoken) : isLive; // what is over is read from its start
    reconcile(spoken, shown, (each) => each.id, item);
    if (follows) showEnd(spoken);
    if (chat.status !== "ACTIVE" && !sound.firstChild) sound.append(player(path));
    if (isLive !== isDriven) fill(drive, isLive ? driver(id) : null);
    isDriven = isLive;
    fill(told, about(chat, call, go));
    fill(
      hooks,
      h("h3", {}, "Webhooks of this chat"),
      deliveries.length
        ? h(
            "ul",
            {},
            deliveries.map((each) => hook(each, go)),
          )
        : h("p", { class: "hint" }, "None so far."),
    );
  }

  const refresh = together(load);
  refresh();
  return { refresh, leave: () => (isGone = true) };
}

/** Whether somebody holds the chat; an ACTIVE one of a seed or a snapshot is held by nobody. */
const isConnected = async (id) => (await get("/_emulator/chats/live")).chat_ids.includes(id);

/** The call that a chat is held by, or null. */
const callOf = async (id) =>
  (await get("/_emulator/calls")).calls.find((each) => each.chat_id === id) ?? null;

/** What was said, with the keys that were pressed, interruptions and the end in their places. */
function withPhone(said, id, journal) {
  const happened = journal.entries
    .filter((entry) => entry.chat_id === id && eventOf(entry))
    .map((entry) => ({ id: `entry ${entry.seq}`, timestamp: entry.at_ms, title: eventOf(entry) }));
  return [...said, ...happened].sort(
    (one, other) => inMs(one.timestamp) - inMs(other.timestamp),
  );
}

const item = (given) =>
  given.title ? event(given.title, given.timestamp) : recorded(given);

function about(chat, call, go) {
  const open = () => go("resources", { kind: "configs", id: chat.config.id });
  return facts([
    ["Began", time(inMs(chat.start_timestamp))],
    ["Ended", chat.end_timestamp ? time(inMs(chat.end_timestamp)) : "still going on"],
    [
      "Config",
      chat.config
        ? h("button", { class: "link", onclick: open }, `version ${chat.config.version}`)
        : "none",
    ],
    ["From", call?.from_number],
    ["To", call?.to_number],
    ["Call", call ? h("span", { class: "mono" }, call.call_sid) : null],
    ["Group", h("span", { class: "mono" }, chat.chat_group_id)],
    ["Metadata", chat.metadata ? pretty(chat.metadata) : null],
    [
      "Timeline",
      h(
        "button",
        { class: "link", onclick: () => go("timeline", { chat: chat.id }) },
        call ? "sound, marks and messages" : "messages",
      ),
    ],
  ]);
}

function hook(delivery, go) {
  const open = () => go("webhooks", { id: delivery.id });
  return h(
    "li",
    { class: "hook" },
    h("button", { class: "link", onclick: open }, delivery.event_name),
    " ",
    deliveryBadge(delivery),
    h(
      "p",
      { class: "hint" },
      h("bdi", {}, delivery.url),
      ` · ${plural(delivery.attempts.length, "attempt")}`,
    ),
  );
}

/** The turns that have scores, numbered as the messages of the chat are. */
function turnsOf(events) {
  return events
    .filter((each) => each.type === "USER_MESSAGE" || each.type === "AGENT_MESSAGE")
    .map((each, index) => ({
      number: index + 1,
      role: each.role,
      text: each.message_text,
      scores: parsed(each.emotion_features || "null"),
    }))
    .filter((turn) => turn.scores);
}

/** The audio of a chat that has ended, which the API makes when it is asked for. */
function player(path) {
  const node = h(
    "div",
    {},
    h("button", { onclick: () => attempt(prepare) }, icon("play"), "Play the audio"),
  );

  async function prepare() {
    let audio = null;
    for (let poll = 0; poll < POLLS && audio?.status !== "COMPLETE"; poll++)
      audio = await getToUse(`${path}/audio`);
    if (audio?.status !== "COMPLETE")
      throw new Error(`There is no audio yet: its status is ${audio?.status}.`);
    const { pathname, search } = new URL(audio.signed_audio_url); // on this server, by whatever name it is known
    const sound = h("audio", {
      controls: true,
      preload: "auto",
      src: pathname + search,
      "aria-label": "The chat's audio",
      onerror: () => toast("The browser can't play this audio.", "error"),
    });
    fill(node, sound);
    sound.play().catch(() => {}); // who has to press the button again is told by the control
  }
  return node;
}
