// Holding a chat as the user.

import { all, apiKey, call } from "./api.js";
import { Conversation } from "./conversation.js";
import { attempt } from "./acting.js";
import { driver } from "./drive.js";
import { announce, empty, field, fill, h, icon, options, reconcile } from "./dom.js";
import { event, said, toolCall, toolResult, trouble } from "./transcript.js";

export const talk = { id: "talk", title: "Talk", show };

let conversation = new Conversation(); // goes on while other views are shown
let heldWith = null; // the key
const NOTHING = { config: "", version: "", group: "" };
let chosen = NOTHING;

function show(root, { journal, go }) {
  if (heldWith !== apiKey()) {
    conversation.hangUp(); // it is of another world, which nothing here speaks to any more
    conversation = new Conversation();
    heldWith = apiKey();
    chosen = NOTHING;
  }
  const held = conversation;
  const spoken = h("div", {
    class: "transcript",
    role: "log",
    "aria-label": "Conversation",
    "aria-live": "polite",
  });
  const scroll = h(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": "What was said" },
    spoken,
  );
  const text = h("input", {
    "aria-label": "What you say",
    placeholder: "Say something…",
    autocomplete: "off",
  });
  const say = h("button", { class: "primary" }, "Send");
  const meter = h("span", {});
  const loudness = h("div", { class: "meter", "aria-hidden": "true" }, meter);
  const microphone = h(
    "button",
    { type: "button", onclick: toggleMicrophone },
    icon("talk"),
    "Microphone",
  );
  const composer = h(
    "form",
    { class: "composer", onsubmit: speak },
    microphone,
    loudness,
    text,
    say,
  );
  const panel = h("aside", { class: "panel", "aria-label": "The chat" });
  const connection = h("section", {});
  const heard = hearing();
  const driving = h("div", { class: "panel-part" });
  fill(panel, connection, heard, driving);
  root.append(
    h("div", { class: "columns" }, h("div", { class: "stage" }, scroll, composer), panel),
  );
  let drivesFor = null;
  const picker = setup(start);

  function start() {
    const { config, version, group } = chosen;
    const given = {
      config_id: config,
      config_version: config && version,
      resumed_chat_group_id: group,
      verbose_transcription: "true",
    };
    held.start(Object.fromEntries(Object.entries(given).filter(([, value]) => value)));
    text.focus();
  }

  function speak(given) {
    given.preventDefault();
    if (!text.value.trim()) return;
    held.send({ type: "user_input", text: text.value });
    text.value = "";
  }

  async function toggleMicrophone() {
    if (held.microphone) held.dropMicrophone();
    else await attempt(() => held.useMicrophone());
  }

  function item(given) {
    if (given.kind === "said") return said(given);
    if (given.kind === "toolCall")
      return toolCall(given, given.isPending ? answering(given) : null);
    if (given.kind === "toolResult") return toolResult(given);
    if (given.kind === "trouble") return trouble(given);
    return event(given.title, null, given.more);
  }

  function answer(...given) {
    held.answer(...given);
    text.focus(); // the form is gone
  }

  /** The form that answers a tool call by hand. */
  function answering(given) {
    const content = h("textarea", {
      rows: 3,
      "aria-label": `Answer to ${given.name}`,
      placeholder: "The tool's result: text or JSON",
    });
    return [
      content,
      h(
        "div",
        { class: "actions" },
        h(
          "button",
          { class: "primary", onclick: () => answer(given, content.value, false) },
          "Respond",
        ),
        h("button", { onclick: () => answer(given, content.value || "It failed.", true) }, "Fail"),
      ),
    ];
  }

  function draw() {
    const isOpen = held.state === "open";
    const atEnd = scroll.scrollTop + scroll.clientHeight >= scroll.scrollHeight - 40;
    if (held.items.length || isOpen) reconcile(spoken, held.items, (each) => each.key, item);
    else
      fill(
        spoken,
        empty(
          "Hold a chat with the emulator.",
          h(
            "p",
            {},
            "Choose a config, start, and type or speak. The assistant answers as its script says, or echoes what it hears.",
          ),
        ),
      ).made = undefined;
    if (atEnd) scroll.scrollTop = scroll.scrollHeight;
    for (const control of [text, say, microphone]) control.disabled = !isOpen;
    microphone.classList.toggle("recording", Boolean(held.microphone));
    loudness.hidden = !held.microphone;
    microphone.setAttribute("aria-pressed", Boolean(held.microphone));
    drawConnection(isOpen);
    heard.hidden = !isOpen;
    const drives = isOpen ? held.chatId : null;
    if (drives !== drivesFor) fill(driving, drives ? driver(drives) : null);
    drivesFor = drives;
  }

  let drawn = "";
  function drawConnection(isOpen) {
    const now = `${held.state} ${held.chatId}`;
    if (now === drawn) return;
    drawn = now;
    if (held.state === "idle" || held.state === "closed") {
      fill(
        connection,
        h("h2", {}, held.state === "closed" ? "The chat is over" : "A new chat"),
        held.end ? h("p", { class: "dim" }, held.end) : null,
        held.chatId
          ? h(
              "button",
              { class: "link", onclick: () => go("chats", { id: held.chatId }) },
              "See it among the chats",
            )
          : null,
        picker,
      );
    } else {
      fill(
        connection,
        h("h2", {}, isOpen ? "Connected" : "Connecting…"),
        held.chatId ? h("p", { class: "hint mono" }, held.chatId) : null,
        h(
          "div",
          { class: "actions" },
          h("button", { class: "danger", onclick: () => held.hangUp() }, "Hang up"),
          held.chatId
            ? h("button", { onclick: () => go("chats", { id: held.chatId }) }, "Open in Chats")
            : null,
        ),
        h(
          "label",
          { class: "check" },
          h("input", {
            type: "checkbox",
            checked: held.speaks,
            onchange: (given) => held.mute(!given.target.checked),
          }),
          "Play the voice",
        ),
      );
    }
    announce(held.state === "closed" ? held.end : `The chat is ${held.state}`);
  }

  const drawMeter = () => (meter.style.transform = `scaleX(${Math.min(1, held.loudness)})`);
  held.addEventListener("change", draw);
  held.addEventListener("loudness", drawMeter);
  drawMeter();
  draw();
  return {
    leave() {
      held.removeEventListener("change", draw);
      held.removeEventListener("loudness", drawMeter);
    },
  };
}

/** What the chat is to begin with. */
function setup(start) {
  const config = h(
    "select",
    {
      onchange: () => {
        chosen = { ...chosen, config: config.value, version: "" };
        attempt(listVersions);
      },
    },
    options([["", "None: the default assistant"]]),
  );
  const version = h("select", { onchange: () => (chosen = { ...chosen, version: version.value }) });
  const group = h("input", {
    value: chosen.group,
    placeholder: "a chat group's id",
    oninput: () => (chosen = { ...chosen, group: group.value.trim() }),
  });

  async function listConfigs() {
    const found = await all("/v0/evi/configs", "configs_page");
    if (!found.some((each) => each.id === chosen.config))
      chosen = { ...chosen, config: "", version: "" };
    fill(
      config,
      options(
        [["", "None: the default assistant"], ...found.map((each) => [each.id, each.name])],
        chosen.config,
      ),
    );
    await listVersions();
  }

  async function listVersions() {
    version.disabled = !chosen.config;
    const found = chosen.config
      ? await all(`/v0/evi/configs/${encodeURIComponent(chosen.config)}`, "configs_page", {
          restrict_to_most_recent: false,
        })
      : [];
    fill(
      version,
      options(
        [
          ["", "Latest"],
          ...found.map((each) => [
            String(each.version),
            `${each.version}${each.version_description ? ` · ${each.version_description.slice(0, 60)}` : ""}`,
          ]),
        ],
        chosen.version,
      ),
    );
  }

  attempt(listConfigs);
  return h(
    "div",
    { class: "form" },
    h("div", { class: "all" }, field("Config", config)),
    h("div", { class: "all" }, field("Version", version)),
    h("div", { class: "all" }, field("Resume a group", group)),
    h(
      "div",
      { class: "actions" },
      h("button", { class: "primary", onclick: start }, "Start the chat"),
    ),
  );
}

/** The emulator has no ears: what the microphone is heard to say is said here. */
function hearing() {
  const text = h("input", {
    "aria-label": "What the microphone will be heard to say",
    placeholder: "What's the weather in Oslo?",
    required: true,
  });
  const queue = h("p", { class: "hint", role: "status" });
  return h(
    "section",
    {},
    h("h3", {}, "What the microphone will be heard to say"),
    h(
      "form",
      {
        class: "actions",
        onsubmit: (given) => {
          given.preventDefault();
          attempt(async () => {
            const { queued } = await call("POST", "/_emulator/heard", { text: text.value });
            text.value = "";
            queue.textContent = `${queued} waiting for the next turns`;
          });
        },
      },
      text,
      h("button", {}, "Queue"),
    ),
    h("p", { class: "hint" }, "The emulator hears how loud you are, not what you say."),
    queue,
  );
}
