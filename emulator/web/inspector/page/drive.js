// Driving a chat that is going on from outside: a message through the control plane, or a fault.

import { call, get } from "./api.js";
import { attempt } from "./acting.js";
import { field, fill, h, options, toast } from "./dom.js";

const MESSAGES = [
  ["user_input", "as the user"],
  ["assistant_input", "as the assistant"],
];
const LEFT_OUT = new Set(["refuse", "half_frame", "duplicate", "reorder", "delay"]); // that need a frame
const NUMBERS = new Set(["code"]);

let table = null;

/** What can break, and with which values: the same for all worlds. */
export const faultTable = () =>
  (table ??= get("/_emulator/faults/table").catch((error) => {
    table = null;
    throw error;
  }));

export function driver(chatId) {
  const text = h("input", { required: true, autocomplete: "off" });
  const type = h("select", {}, options(MESSAGES));
  const sends = h(
    "form",
    { class: "form", onsubmit: send },
    h("div", { class: "all" }, field("Text", text)),
    field("Who says it", type),
    h("button", {}, "Send"),
  );
  const fault = h("select", { "aria-label": "What happens", onchange: showFields });
  const fields = h("div", { class: "form all" });
  const breaks = h(
    "form",
    { class: "form", onsubmit: strike },
    h("div", { class: "all" }, fault),
    fields,
    h("button", { class: "danger" }, "Inject"),
  );
  let faults = {};
  let values = {};
  attempt(async () => {
    const given = await faultTable();
    faults = given.kinds.socket.faults;
    values = given.values;
    fill(
      fault,
      options(
        Object.keys(faults)
          .filter((name) => !LEFT_OUT.has(name))
          .map((name) => [name, `${name}: the socket ${faults[name].does}`]),
        "error",
      ),
    );
    showFields();
  });

  function showFields() {
    fill(
      fields,
      Object.entries(faults[fault.value]?.options ?? {}).map(([name, value]) =>
        field(
          name,
          values[name]
            ? h("select", { name }, options(values[name], value))
            : h("input", { name, value: value ?? "" }),
        ),
      ),
    );
  }

  async function send(given) {
    given.preventDefault();
    await attempt(async () => {
      await call("POST", `/v0/evi/chat/${encodeURIComponent(chatId)}/send`, {
        type: type.value,
        text: text.value,
      });
      text.value = "";
    });
  }

  async function strike(given) {
    given.preventDefault();
    const filled = [...new FormData(breaks)]
      .filter(([, value]) => value !== "")
      .map(([name, value]) => [name, NUMBERS.has(name) ? Number(value) : value]);
    await attempt(async () => {
      await call("POST", "/_emulator/faults", {
        kind: "socket",
        fault: fault.value,
        chat_id: chatId,
        at_ms: 0,
        times: 1,
        ...Object.fromEntries(filled),
      });
      toast(`${fault.value} injected`);
    });
  }

  return [
    h(
      "section",
      {},
      h("h3", {}, "Send a message into the chat"),
      sends,
      h("p", { class: "hint" }, "The control plane sends it, as a server does with POST /v0/evi/chat/{chat_id}/send."),
    ),
    h(
      "section",
      {},
      h("h3", {}, "Inject an error or a close"),
      breaks,
      h("p", { class: "hint" }, "Adds a fault for this chat alone, which happens once, now."),
    ),
  ];
}
