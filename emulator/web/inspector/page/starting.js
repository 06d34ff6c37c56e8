// What a chat or a phone call begins with, as the view Talk asks for it.

import { attempt } from "./acting.js";
import { all } from "./api.js";
import { field, fill, h, options } from "./dom.js";
import { CALLER } from "./telephone.js";

/** What was chosen in the world of this key. */
export const nothingChosen = () => ({ config: "", version: "", group: "", from: CALLER });

/** A select of configs, which changes `chosen.config`; `onlist` is called once they are listed. */
function configSelect(chosen, onlist = () => {}) {
  const config = h(
    "select",
    {
      onchange: () => {
        chosen.config = config.value;
        chosen.version = "";
        attempt(onlist);
      },
    },
    options([["", "None: the default assistant"]]),
  );
  attempt(async () => {
    const found = await all("/v0/evi/configs", "configs_page");
    if (!found.some((each) => each.id === chosen.config)) chosen.config = chosen.version = "";
    fill(
      config,
      options(
        [["", "None: the default assistant"], ...found.map((each) => [each.id, each.name])],
        chosen.config,
      ),
    );
    await onlist();
  });
  return config;
}

/** A form that starts a chat. */
export function newChat(chosen, start) {
  const version = h("select", { onchange: () => (chosen.version = version.value) });
  const group = h("input", {
    value: chosen.group,
    placeholder: "a chat group's id",
    oninput: () => (chosen.group = group.value.trim()),
  });

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

  return h(
    "div",
    { class: "form" },
    h("div", { class: "all" }, field("Config", configSelect(chosen, listVersions))),
    h("div", { class: "all" }, field("Version", version)),
    h("div", { class: "all" }, field("Resume a group", group)),
    h(
      "div",
      { class: "actions" },
      h("button", { class: "primary", onclick: start }, "Start the chat"),
    ),
  );
}

/** A form that places a call. */
export function newCall(chosen, start) {
  const from = h("input", {
    type: "tel",
    value: chosen.from,
    oninput: () => (chosen.from = from.value.trim()),
  });
  return h(
    "div",
    { class: "form" },
    h("div", { class: "all" }, field("Config", configSelect(chosen))),
    h(
      "div",
      { class: "all" },
      field("Your number", from, "Webhooks have it as caller_number."),
    ),
    h("div", { class: "actions" }, h("button", { class: "primary", onclick: start }, "Call")),
  );
}
