// The chats of the world: a list, and the transcript of one, both as they go on.

import { all, get } from "./api.js";
import { together } from "./acting.js";
import { statusBadge } from "./badges.js";
import { oneChat } from "./chat.js";
import { announce, command, empty, fill, h, icon, reconcile } from "./dom.js";
import { example } from "./export.js";
import { duration, inMs, phone, plural, time } from "./text.js";

const PAGE = 100;

export const chats = { id: "chats", title: "Chats", show };

function show(root, { journal, go, parameters }) {
  let chosen = parameters.id ?? null;
  let known = [];
  let names = new Map(); // of configs
  let calls = new Map(); // by the chat of each
  let pages = 1; // of the list that are shown
  let detail = null;
  let opensNew = !chosen; // a live chat opens by itself while nobody has chosen one
  let closed = null; // the chat that opened by itself and was closed by hand
  const list = h("div", { role: "list", "aria-label": "Chats" });
  const more = h(
    "button",
    {
      hidden: true,
      onclick: () => {
        pages++;
        refresh();
      },
    },
    "Show older chats",
  );
  const count = h("span", { class: "dim" });
  const page = h("div", { class: "page" });
  const beside = h("aside", { class: "beside", "aria-label": "About the chat" });
  root.append(
    h(
      "div",
      { class: "columns" },
      h(
        "section",
        { class: "side", "aria-label": "All chats" },
        h("div", { class: "side-head" }, h("h2", {}, "Chats"), count),
        list,
        h("p", {}, more),
      ),
      page,
      beside,
    ),
  );

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
    const given = await get("/_emulator/calls");
    calls = new Map(given.calls.map((each) => [each.chat_id, each]));
    const unnamed = known.some((chat) => chat.config && !names.has(chat.config.id));
    if (unnamed) {
      names = new Map(
        (await all("/v0/evi/configs", "configs_page")).map((config) => [config.id, config.name]),
      );
      detail?.refresh();
    }
    const { chat_ids: live } = await get("/_emulator/chats/live");
    openNewest(live);
    draw();
  }

  /** The newest live chat, unless the one that is open was chosen or goes on. */
  function openNewest(live) {
    if (!opensNew || live.includes(chosen)) return;
    const newest = known.find((chat) => live.includes(chat.id));
    if (!newest || newest.id === closed) return;
    open(newest.id);
    announce("A live chat has opened");
  }

  function draw() {
    count.textContent = plural(known.length, "chat") + (more.hidden ? "" : " and more");
    const rows = known.map((chat) => ({
      ...chat,
      name: names.get(chat.config?.id) ?? "No config",
      phone: calls.get(chat.id)?.from_number,
      isChosen: chat.id === chosen,
    }));
    reconcile(list, rows, (chat) => chat.id, item);
    if (!chosen)
      fill(page, known.length ? empty("Choose a chat to read it.") : noChats(go));
    beside.hidden = !chosen;
  }

  function item(chat) {
    return h(
      "div",
      { role: "listitem" },
      h(
        "button",
        {
          class: "pick",
          "data-row": true,
          "aria-current": chat.isChosen,
          onclick: () => go("chats", { id: chat.id }),
        },
        h(
          "span",
          { class: "line" },
          h("bdi", { class: "name" }, chat.name),
          statusBadge(chat.status),
        ),
        h(
          "span",
          { class: "line small" },
          time(inMs(chat.start_timestamp)),
          h(
            "span",
            {},
            plural(chat.event_count ?? 0, "event"),
            chat.end_timestamp
              ? ` · ${duration(inMs(chat.end_timestamp) - inMs(chat.start_timestamp))}`
              : "",
          ),
        ),
        chat.phone ? h("span", { class: "small" }, phone(chat.phone)) : null,
        h("span", { class: "small mono" }, chat.id),
      ),
    );
  }

  function open(id) {
    detail?.leave();
    chosen = id;
    detail = id ? oneChat(id, page, beside, { names: () => names, go, journal }) : null;
    draw();
  }

  const schedule = together(refresh);
  function onEntries({ detail: { added } }) {
    const touched = new Set(added.map((entry) => entry.chat_id).filter(Boolean));
    if (touched.size || added.some((entry) => entry.kind === "clock")) schedule();
    if (chosen && (touched.has(chosen) || added.some((entry) => entry.kind === "clock")))
      detail?.refresh();
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
      const id = next.id ?? null;
      if (!id && opensNew) closed = chosen;
      opensNew = !id;
      if (id !== chosen) open(id);
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

function noChats(go) {
  return empty(
    "This world has no chats yet.",
    h("p", {}, "Start one yourself, or run a sample:"),
    h("button", { class: "primary", onclick: () => go("talk") }, icon("talk"), "Talk"),
    command(example("/_emulator/simulate", '{"user": ["Hello!"]}')),
  );
}
