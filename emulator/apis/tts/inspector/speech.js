// What text-to-speech has said, and a form that has it speak.
// The inspector serves this folder beside its own modules.

import { together } from "./acting.js";
import { get } from "./api.js";
import { fill, h, reconcile } from "./dom.js";
import { oneGeneration } from "./generation.js";
import { speaking } from "./speaking.js";
import { duration, shorten, time } from "./text.js";

const SHOWN = 500; // generations, the newest
const ICON = "M2.5 6v4M5.5 3.5v9M8.5 5.5v5M11.5 2.5v11M14 6.5v3";

export const speech = { id: "speech", title: "Speech", show, icon: ICON };

function show(root, { journal, go, parameters }) {
  let chosen = parameters.id ?? null;
  let detail = null; // of the generation that is open
  const list = h("div", { role: "list", "aria-label": "Generations" });
  const count = h("span", { class: "dim" });
  const page = h("div", { class: "page" });
  const form = speaking((id) => go("speech", { id }));
  const toForm = h("button", { onclick: () => go("speech") }, "Speak a text");
  root.append(
    h(
      "div",
      { class: "columns" },
      h(
        "section",
        { class: "side", "aria-label": "All generations" },
        h("div", { class: "side-head" }, h("h2", {}, "Generations"), count, toForm),
        list,
      ),
      page,
    ),
  );

  async function refresh() {
    const { generations } = await get(`/_emulator/tts/generations?limit=${SHOWN}`);
    count.textContent =
      generations.length < SHOWN ? String(generations.length) : `the newest ${SHOWN}`;
    const rows = generations.reverse().map((each) => ({
      id: each.generation_id,
      at: each.created_at,
      text: shorten(each.utterances.map(({ text }) => text).join(" "), 120),
      voice: each.voice?.name ?? "a designed voice",
      what: `v${each.version} · ${each.format} · ${duration(each.duration * 1000)}`,
      isChosen: each.generation_id === chosen,
    }));
    reconcile(list, rows, (each) => each.id, item);
    if (!rows.length)
      fill(
        list,
        h("div", { role: "listitem" }, h("p", { class: "hint pad" }, "No speech yet.")),
      ).made = undefined;
  }

  function item(each) {
    return h(
      "div",
      { role: "listitem" },
      h(
        "button",
        {
          class: "pick",
          "data-row": true,
          "aria-current": each.isChosen,
          onclick: () => go("speech", { id: each.id }),
        },
        h("bdi", { class: "name" }, each.text || "A converted recording"),
        h("bdi", { class: "small" }, each.voice),
        h("span", { class: "line small" }, time(each.at), each.what),
      ),
    );
  }

  function open(id) {
    detail?.leave();
    chosen = id;
    toForm.setAttribute("aria-current", !id);
    detail = id ? oneGeneration(id, page, go) : null;
    if (!id) fill(page, form.node);
  }

  const schedule = together(refresh);
  const onEntries = ({ detail: { added, gone } }) => {
    if (gone || added.some(mayHaveSpoken)) schedule();
    if (added.some(changesVoices)) form.listVoices();
  };
  const begin = () => {
    open(chosen);
    form.listVoices();
    schedule();
  };
  journal.addEventListener("entries", onEntries);
  journal.addEventListener("begin", begin);
  begin();
  return {
    follow(next) {
      open(next.id ?? null);
      schedule();
      return true;
    },
    close: () => chosen && go("speech"),
    leave() {
      journal.removeEventListener("entries", onEntries);
      journal.removeEventListener("begin", begin);
      detail?.leave();
    },
  };
}

const isChange = (entry, path) =>
  entry.kind === "http" && entry.method !== "GET" && entry.path.startsWith(path);

/** A request or, since it belongs to no chat, a frame of a text-to-speech socket. */
const mayHaveSpoken = (entry) =>
  isChange(entry, "/v0/tts") || (entry.kind === "frame" && !entry.chat_id);

const changesVoices = (entry) => isChange(entry, "/v0/tts/voices");
