// The form that has a text spoken.

import { attempt } from "./acting.js";
import { all, call } from "./api.js";
import { fill, h, options } from "./dom.js";
import { Refusals } from "./refusals.js";

const DESIGNED = ""; // the value for no voice
const PROVIDERS = { CUSTOM_VOICE: "Custom voices", HUME_AI: "Voice library" };

/** `onSpoken` is called with the id of the new generation. */
export function speaking(onSpoken) {
  const text = h("textarea", { rows: 4, name: "text" });
  const voice = h("select", { name: "voice" });
  const version = h(
    "select",
    { name: "version" },
    options([
      ["", "Default"],
      ["1", "Octave 1"],
      ["2", "Octave 2"],
    ]),
  );
  const speed = h("input", { type: "number", step: "any", value: "1", name: "speed" });
  const description = h("input", { name: "description", placeholder: "A calm, elderly woman" });
  const button = h("button", { class: "primary" }, "Speak");
  const refused = new Refusals();
  let listed = 0;

  async function listVoices() {
    const asked = ++listed;
    const groups = await Promise.all(
      Object.entries(PROVIDERS).map(async ([provider, label]) => {
        const found = await all("/v0/tts/voices", "voices_page", { provider });
        const values = found.map((each) => [`${provider} ${each.id}`, each.name]);
        return values.length ? h("optgroup", { label }, options(values, voice.value)) : null;
      }),
    );
    if (asked !== listed) return;
    fill(voice, options([[DESIGNED, "None: designed by the description"]]), groups);
  }

  function body() {
    const [provider, id] = voice.value.split(" ");
    const utterance = { text: text.value };
    if (voice.value !== DESIGNED) utterance.voice = { id, provider };
    if (description.value.trim()) utterance.description = description.value.trim();
    if (speed.value) utterance.speed = Number(speed.value);
    return { utterances: [utterance], ...(version.value ? { version: version.value } : {}) };
  }

  const speak = (event) => {
    event.preventDefault();
    refused.attempt(button, async () => {
      const { generations } = await call("POST", "/v0/tts", body());
      onSpoken(generations[0].generation_id);
    });
  };

  const part = (name, ...rest) => refused.field(`utterances.0.${name}`, ...rest);
  const node = h(
    "section",
    { class: "card", "aria-label": "Speak a text" },
    h("h2", {}, "Speak a text"),
    h(
      "form",
      { class: "form wider", onsubmit: speak },
      h("div", { class: "all" }, part("text", "Text", text)),
      h("div", { class: "all" }, part("voice", "Voice", voice)),
      h("div", { class: "all" }, part("description", "Description", description, "Octave 1 only")),
      refused.field("version", "Version", version),
      part("speed", "Speed", speed),
      h("div", { class: "all" }, refused.node),
      h("div", { class: "actions" }, button),
    ),
  );
  return { node, listVoices: () => attempt(listVoices) };
}
