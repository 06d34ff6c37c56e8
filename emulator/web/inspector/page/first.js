// What a world shows that nobody has used: how a client gets here, and a chat to look at.

import { attempt } from "./acting.js";
import { apiKey, call, origin } from "./api.js";
import { copy, h, icon } from "./dom.js";
import { example, literal } from "./export.js";
import { tabs } from "./tabs.js";

const SAMPLE = { script: "weather" };

export function firstScreen(go) {
  const run = h("button", { class: "primary", onclick: runSample }, "Run a sample chat");

  async function runSample() {
    run.disabled = true;
    const chat = await attempt(() => call("POST", "/_emulator/simulate", SAMPLE));
    run.disabled = false;
    if (chat) go("chats", { id: chat.chat_id });
  }

  return h(
    "div",
    { class: "first" },
    h("p", { class: "empty-title" }, "Nothing has happened in this world yet."),
    h("p", {}, "Point your app at this address and key, or look at a chat first:"),
    h("div", { class: "actions" }, run),
    tabs(
      "Clients",
      clients().map(([title, text, hint]) => [title, () => snippet(title, text, hint)]),
    ),
    h(
      "p",
      { class: "hint" },
      "Each API key is a world of its own. The field at the top chooses it.",
    ),
  );
}

function snippet(title, text, hint) {
  return [
    h(
      "div",
      { class: "command" },
      h("pre", { tabindex: "0", role: "group", "aria-label": `${title} example` }, text),
      h(
        "button",
        {
          class: "quiet",
          "aria-label": `Copy the ${title} example`,
          onclick: () => copy(text, title),
        },
        icon("copy"),
      ),
    ),
    hint ? h("p", { class: "hint" }, hint) : null,
  ];
}

/** [title, text, hint], with this server's address and this world's key. */
function clients() {
  const [url, key] = [literal(origin()), literal(apiKey())];
  return [
    [
      "Python",
      `from hume import HumeClient

client = HumeClient(base_url=${url}, api_key=${key})
for config in client.empathic_voice.configs.list_configs():
    print(config.name)`,
      "The package is hume. AsyncHumeClient takes the same arguments.",
    ],
    [
      "TypeScript",
      `import { HumeClient } from "hume";

const client = new HumeClient({ environment: ${url}, apiKey: ${key} });
for await (const config of await client.empathicVoice.configs.listConfigs()) {
  console.log(config.name);
}`,
      "The package is hume. It is environment, not baseUrl.",
    ],
    [
      "React",
      `import { useVoice } from "@humeai/voice-react"; // below a <VoiceProvider>

export function Call() {
  const { connect } = useVoice();
  const auth = { type: "apiKey", value: ${key} };
  return <button onClick={() => connect({ auth, hostname: ${url} })}>Call</button>;
}`,
      "In older versions hostname is a prop of VoiceProvider.",
    ],
    [
      "curl",
      `${example("/v0/evi/configs?page_size=1")}\n${example("/_emulator/simulate", JSON.stringify(SAMPLE))}`,
    ],
  ];
}
