// Holding a chat as the user, in the page or over the telephone.

import { whichWorld } from "./api.js";
import { Conversation } from "./conversation.js";
import { attempt } from "./acting.js";
import { driver } from "./drive.js";
import { announce, empty, fill, h, icon, reconcile } from "./dom.js";
import { keypad } from "./keypad.js";
import { newCall, newChat, nothingChosen } from "./starting.js";
import { Telephone } from "./telephone.js";
import { event, said, toolCall, toolResult, trouble } from "./transcript.js";

export const talk = { id: "talk", title: "Talk", show };

const CHAT = {
  title: "Chat",
  begin: "A new chat",
  open: "Connected",
  over: "The chat is over",
  form: newChat,
  field: "What you say, as the user of the chat",
  outside: "The control plane acts on the chat from outside, as a test or your server does.",
  intro: [
    "Hold a chat with the emulator.",
    "Choose a config, start, and type or speak. The assistant follows the script, or echoes your words.",
  ],
};
const PHONE = {
  title: "Phone call",
  begin: "A new call",
  open: "On the phone",
  over: "The call is over",
  form: newCall,
  field: "What you say, as the caller on the phone",
  outside: "The control plane acts on the call from outside, as a test or your server does.",
  intro: [
    "Call the emulator.",
    "Choose a config and call: this page plays Twilio. Text that you type is heard on the line as tones, and the emulator gets the words. With the microphone you speak yourself.",
  ],
};
const WAYS = { chat: CHAT, phone: PHONE };

let all = null; // a dialogue for each way; it goes on while other views are shown
let heldWith = null; // the world
let chosen = null;
let way = "chat";

const isGoingOn = (dialogue) => dialogue.state === "connecting" || dialogue.state === "open";

/** The dialogues of this key's world. */
function ofThisWorld(journal) {
  if (heldWith === whichWorld()) return;
  for (const each of Object.values(all ?? {})) each.leave(); // of another world, to which nothing here speaks
  all = { chat: new Conversation(), phone: new Telephone(journal) };
  heldWith = whichWorld();
  chosen = nothingChosen();
}

function show(root, { journal, go, parameters }) {
  ofThisWorld(journal);
  const live = Object.keys(WAYS).find((name) => isGoingOn(all[name]));
  way = live ?? (Object.hasOwn(WAYS, parameters.by) ? parameters.by : way);
  const held = all[way];
  const texts = WAYS[way];
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
  const text = h("input", { id: "say", placeholder: "Say something…", autocomplete: "off" });
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
    h("label", { for: "say" }, texts.field),
    microphone,
    loudness,
    text,
    say,
  );
  const panel = h("aside", { class: "panel", "aria-label": "The chat" });
  const connection = h("section", {});
  const heard = hearing(held);
  const driving = h("div", { class: "panel-part" });
  const controls = h(
    "section",
    { class: "controls", "aria-label": "Control plane" },
    h("h2", {}, "Control plane"),
    h("p", { class: "hint" }, texts.outside),
    heard,
    driving,
  );
  fill(panel, connection, controls);
  root.append(
    h("div", { class: "columns" }, h("div", { class: "stage" }, scroll, composer), panel),
  );
  let drivesFor = null;
  const picker = [ways(go), texts.form(chosen, start)];

  function start() {
    attempt(() => held.start(chosen));
    text.focus();
  }

  async function speak(given) {
    given.preventDefault();
    const words = text.value;
    if (!words.trim()) return;
    text.value = "";
    await attempt(() => held.say(words));
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
        empty(texts.intro[0], h("p", {}, texts.intro[1])),
      ).made = undefined;
    if (atEnd) scroll.scrollTop = scroll.scrollHeight;
    for (const control of [text, say, microphone]) control.disabled = !isOpen;
    microphone.classList.toggle("recording", Boolean(held.microphone));
    loudness.hidden = !held.microphone;
    microphone.setAttribute("aria-pressed", Boolean(held.microphone));
    drawConnection(isOpen);
    controls.hidden = !isOpen;
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
        h("h2", {}, held.state === "closed" ? texts.over : texts.begin),
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
        h("h2", {}, isOpen ? texts.open : "Connecting…"),
        held.chatId ? h("p", { class: "hint mono" }, held.chatId) : null,
        h(
          "div",
          { class: "actions" },
          h("button", { class: "danger", onclick: () => held.hangUp() }, "Hang up"),
          held.chatId
            ? h("button", { onclick: () => go("chats", { id: held.chatId }) }, "Open in Chats")
            : null,
        ),
        isOpen && held.press ? keypad((digit) => held.press(digit)) : null,
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
    announce(held.state === "closed" ? held.end : `${texts.title}: ${held.state}`);
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

/** The ways to hold a chat, of which one is chosen. */
function ways(go) {
  return h(
    "div",
    { class: "actions", role: "group", "aria-label": "How to talk" },
    Object.entries(WAYS).map(([name, { title }]) =>
      h(
        "button",
        { class: "tab", "aria-pressed": name === way, onclick: () => go("talk", { by: name }) },
        title,
      ),
    ),
  );
}

/** The emulator has no ears: what the microphone is heard to say is said here. */
function hearing(held) {
  const text = h("input", {
    id: "heard",
    placeholder: "What's the weather in Oslo?",
    required: true,
  });
  const queue = h("p", { class: "hint", role: "status" });
  return h(
    "section",
    {},
    h("h3", {}, h("label", { for: "heard" }, "Transcripts of the microphone")),
    h(
      "form",
      {
        class: "actions",
        onsubmit: (given) => {
          given.preventDefault();
          attempt(async () => {
            queue.textContent = await held.queue(text.value);
            text.value = "";
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
