// One generation: its sound, its text, and a voice that is made of it.

import { attempt } from "./acting.js";
import { call, get } from "./api.js";
import { empty, field, fill, h, icon } from "./dom.js";
import { refusal } from "./refusal.js";
import { duration, facts, time, words } from "./text.js";
import { player } from "./waveform.js";

const LOADED_UNASKED_S = 60; // a longer sound takes a while to make

/** Shows a generation on `page`; `leave` stops its sound. */
export function oneGeneration(id, page, go) {
  const path = `/_emulator/tts/generations/${encodeURIComponent(id)}`;
  const sound = h("div", { class: "grid" });
  let stop = () => {};
  let isGone = false;
  fill(page);

  async function load() {
    const generation = await get(path).catch((error) => {
      if (error.status === 404) return null;
      throw error;
    });
    if (isGone) return;
    if (!generation) {
      fill(page, empty("This generation is gone.", h("p", {}, "The world was reset.")));
      return;
    }
    fill(page, content(generation, sound, go));
    if (generation.duration <= LOADED_UNASKED_S) await loadSound(generation);
    else
      fill(
        sound,
        h(
          "div",
          { class: "actions" },
          h(
            "button",
            { onclick: () => attempt(() => loadSound(generation)) },
            icon("play"),
            `Load the sound of ${duration(generation.duration * 1000)}`,
          ),
        ),
      );
  }

  async function loadSound(generation) {
    fill(sound, h("p", { class: "hint", role: "status" }, "Making the sound…"));
    try {
      const made = await player(`${path}/audio?format=wav`, generation.duration, generation.words);
      if (isGone) return made.leave();
      stop = made.leave;
      fill(sound, made.nodes);
    } catch (error) {
      fill(sound, h("p", { class: "trouble", role: "alert" }, error.message));
    }
  }

  attempt(load);
  return {
    leave() {
      isGone = true;
      stop();
    },
  };
}

function content(generation, sound, go) {
  return [
    h(
      "div",
      { class: "page-head" },
      h(
        "div",
        {},
        h("h2", {}, "Generation"),
        h("p", { class: "hint mono" }, generation.generation_id),
      ),
    ),
    h("section", { class: "card", "aria-label": "Sound" }, h("h2", {}, "Sound"), sound),
    h(
      "section",
      { class: "card", "aria-label": "Text" },
      h("h2", {}, "Text"),
      generation.utterances.map(utterance),
    ),
    h(
      "div",
      { class: "cards" },
      h(
        "section",
        { class: "card", "aria-label": "About the generation" },
        h("h2", {}, "About it"),
        about(generation, go),
      ),
      voiceForm(generation.generation_id),
    ),
    generation.words.length ? times(generation) : null,
  ];
}

function utterance(given) {
  return h(
    "div",
    { class: "utterance" },
    given.text ? words(given.text) : h("p", { class: "dim" }, "A converted recording"),
    facts([
      ["Voice", h("bdi", {}, given.voice?.name ?? "designed by the description or the text")],
      ["Description", given.description ? h("bdi", {}, given.description) : null],
      ["Speed", given.speed],
      ["Silence after it", given.trailing_silence ? `${given.trailing_silence} s` : null],
    ]),
  );
}

function about(generation, go) {
  const context = generation.context_generation_id;
  return facts([
    ["Made", time(generation.created_at)],
    ["By", h("span", { class: "mono" }, generation.operation)],
    ["Version", generation.version],
    ["Format", generation.format],
    ["Duration", duration(generation.duration * 1000)],
    ["Voice id", generation.voice ? h("span", { class: "mono" }, generation.voice.id) : null],
    ["Request", h("span", { class: "mono" }, generation.request_id)],
    [
      "Continues",
      context
        ? h("button", { class: "link mono", onclick: () => go("speech", { id: context }) }, context)
        : null,
    ],
    ["Variant", generation.variant || null],
  ]);
}

function voiceForm(id) {
  const name = h("input", { name: "name", autocomplete: "off" });
  const button = h("button", { class: "primary" }, "Make the voice");
  const done = h("p", { class: "hint", role: "status" });
  const refused = refusal(name);

  async function make(event) {
    event.preventDefault();
    done.textContent = "";
    await refused.attempted(button, async () => {
      const body = { name: name.value, generation_id: id };
      const voice = await call("POST", "/v0/tts/voices", body);
      done.textContent = `${voice.name} is a custom voice now.`;
      name.value = "";
    });
  }
  return h(
    "section",
    { class: "card", "aria-label": "Make a voice" },
    h("h2", {}, "Make a voice"),
    h(
      "form",
      { class: "form", onsubmit: make },
      h("div", { class: "all" }, field("Name", name), refused.node),
      h("div", { class: "actions" }, button, done),
    ),
  );
}

/** Return the words as a table, for people who can't see the waveform. */
function times(generation) {
  const rows = generation.words.map(({ text, time: { begin, end } }) =>
    h(
      "tr",
      {},
      h("td", {}, h("bdi", {}, text)),
      h("td", { class: "number" }, `${begin} ms`),
      h("td", { class: "number" }, `${end} ms`),
    ),
  );
  const heads = [
    ["Word", ""],
    ["Begin", "number"],
    ["End", "number"],
  ];
  return h(
    "section",
    { class: "card flush", "aria-label": "Words" },
    h(
      "details",
      {},
      h("summary", { class: "pad" }, h("h2", { class: "inline" }, "Times of the words")),
      h(
        "table",
        {},
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            heads.map(([text, kind]) => h("th", { scope: "col", class: kind }, text)),
          ),
        ),
        h("tbody", {}, rows),
      ),
    ),
  );
}
