// Sending a webhook by hand, and who is sent which by the configs.

import { attempt } from "./acting.js";
import { all, call } from "./api.js";
import { command, empty, field, fill, h, options } from "./dom.js";
import { faultTable } from "./drive.js";
import { example } from "./export.js";

const HOOKED = {
  evi_version: "3",
  name: "Hooked",
  webhooks: [{ url: "http://localhost:3000/hook", events: ["chat_started", "chat_ended"] }],
};

/** A form; `onSent` is called with the id of the delivery. */
export function sending(onSent) {
  const event = h("select", {});
  const url = h("input", {
    type: "url",
    placeholder: "http://localhost:3000/hook",
    spellcheck: "false",
  });
  const chat = h("input", { placeholder: "any", spellcheck: "false" });
  const set = h("input", { placeholder: '{"end_reason": "SILENCE_TIMEOUT"}', spellcheck: "false" });
  const fault = h("select", {});
  attempt(async () => {
    const { kinds, values } = await faultTable();
    fill(event, options(values.event_name, "chat_ended"));
    fill(
      fault,
      options([
        ["", "none"],
        ...Object.entries(kinds.webhook.faults).map(([name, { does }]) => [
          name,
          `${name}: it ${does}`,
        ]),
      ]),
    );
  });

  async function send(given) {
    given.preventDefault();
    await attempt(async () => {
      const body = { event_name: event.value };
      if (url.value) body.url = url.value;
      if (chat.value.trim()) body.chat_id = chat.value.trim();
      if (set.value.trim()) body.set = JSON.parse(set.value);
      if (fault.value) body.faults = [fault.value];
      onSent((await call("POST", "/_emulator/webhooks/trigger", body)).id);
    });
  }

  return h(
    "section",
    { class: "card", "aria-label": "Send a webhook" },
    h("h2", {}, "Send a webhook"),
    h(
      "form",
      { class: "form", onsubmit: send },
      field("Event", event),
      field("Chat", chat),
      h("div", { class: "all" }, field("To", url, "Default: the URL of the config that subscribes to the event")),
      h("div", { class: "all" }, field("Fields to replace, as JSON", set)),
      h("div", { class: "all" }, field("Fault", fault)),
      h("div", { class: "actions" }, h("button", { class: "primary" }, "Send")),
    ),
  );
}

/** Which configs tell whom of what. */
export function subscriptions(go) {
  const rows = h("tbody", {});
  const none = h("div", {});
  attempt(async () => {
    const configs = await all("/v0/evi/configs", "configs_page");
    const found = configs.flatMap((config) =>
      (config.webhooks ?? []).map((hook) => ({ config, hook })),
    );
    fill(
      rows,
      found.map(({ config, hook }) =>
        h(
          "tr",
          {},
          h(
            "td",
            {},
            h(
              "button",
              {
                class: "link",
                onclick: () => go("resources", { kind: "configs", id: config.id }),
              },
              h("bdi", {}, config.name),
            ),
          ),
          h("td", {}, h("bdi", { class: "mono" }, hook.url)),
          h("td", {}, (hook.events ?? []).join(", ")),
        ),
      ),
    );
    if (!found.length)
      fill(
        none,
        empty(
          "No config has a webhook.",
          command(example("/v0/evi/configs", JSON.stringify(HOOKED))),
        ),
      );
  });
  return h(
    "section",
    { class: "card flush", "aria-label": "Subscriptions" },
    h("h2", {}, "Subscriptions"),
    h(
      "table",
      {},
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          ["Config", "URL", "Events"].map((name) => h("th", { scope: "col" }, name)),
        ),
      ),
      rows,
    ),
    none,
  );
}
