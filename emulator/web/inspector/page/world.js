// The world as a whole: its key, its time, what it remembers.

import { apiKey, call, download, get, origin } from "./api.js";
import { attempt, together } from "./acting.js";
import { command, confirmed, field, fill, h, options, toast } from "./dom.js";
import { literal } from "./export.js";
import { dateTime, facts } from "./text.js";
import { nameForm, openedAs, worldsCard } from "./worlds.js";

const UNITS = [
  ["1", "seconds"],
  ["60", "minutes"],
  ["3600", "hours"],
];
const LEAPS = [
  [60, "+1 min"],
  [600, "+10 min"],
  [3600, "+1 h"],
];

export const world = { id: "world", title: "World", show };

function show(root, { journal, readClock }) {
  const clock = clockCard(readClock);
  const worlds = worldsCard();
  root.append(
    h(
      "div",
      { class: "page" },
      h(
        "div",
        { class: "cards" },
        whichCard(),
        clock.node,
        memoryCard(),
        worlds.node,
        settingsCard(),
      ),
    ),
  );

  const refresh = () => attempt(clock.refresh);
  const schedule = together(refresh);
  journal.addEventListener("entries", schedule);
  journal.addEventListener("begin", schedule);
  refresh();
  return {
    leave() {
      worlds.leave();
      journal.removeEventListener("entries", schedule);
      journal.removeEventListener("begin", schedule);
    },
  };
}

/** The number of operations of all APIs, as `serve` prints it. */
const operations = ({ apis }) => Object.values(apis).reduce((sum, each) => sum + each, 0);

function whichCard() {
  const told = h("div", {});
  attempt(async () => {
    const health = await get("/_emulator/health");
    fill(
      told,
      facts([
        ["Address", h("span", { class: "mono" }, origin())],
        ["Key", openedAs() ?? h("bdi", { class: "mono" }, apiKey())],
        ["Emulator", `${health.version}, with ${operations(health)} operations`],
        ["Document", health.spec_version],
      ]),
    );
  });
  return h(
    "section",
    { class: "card", "aria-label": "This world" },
    h("h2", {}, "This world"),
    told,
    nameForm(),
    h("p", { class: "hint" }, "Each API key is a world of its own. Point a client here:"),
    command(`HumeClient(base_url=${literal(origin())}, api_key=${literal(apiKey())})`),
  );
}

function clockCard(readClock) {
  const now = h("p", { class: "big" });
  const mode = h("p", { class: "dim" });
  const amount = h("input", {
    type: "number",
    min: "0",
    step: "any",
    value: "10",
    required: true,
    size: "6",
  });
  const unit = h("select", {}, options(UNITS, "60"));
  const freeze = h("button", { onclick: () => act("freeze") }, "Freeze");
  const resume = h("button", { onclick: () => act("resume") }, "Resume");

  const act = (action, body) =>
    attempt(async () => {
      await call("POST", `/_emulator/clock/${action}`, body);
      await refresh();
      readClock();
    });
  const advance = (seconds) => act("advance", { seconds });

  async function refresh() {
    const { now_ms, mode: how } = await get("/_emulator/clock");
    now.textContent = dateTime(now_ms);
    mode.textContent =
      how === "manual" ? "It is frozen until you advance or resume it." : "It is running.";
    freeze.disabled = how === "manual";
    resume.disabled = how !== "manual";
  }
  const node = h(
    "section",
    { class: "card", "aria-label": "Clock" },
    h("h2", {}, "Clock", h("span", { class: "actions" }, freeze, resume)),
    now,
    mode,
    h(
      "form",
      {
        class: "actions",
        onsubmit: (event) => {
          event.preventDefault();
          advance(Number(amount.value) * Number(unit.value));
        },
      },
      field("Advance by", amount),
      field("Unit", unit),
      h("button", { class: "primary end" }, "Advance"),
    ),
    h(
      "div",
      { class: "actions" },
      LEAPS.map(([seconds, text]) => h("button", { onclick: () => advance(seconds) }, text)),
    ),
    h(
      "p",
      { class: "hint" },
      "Timeouts, retries and everything else that is due by then happen at once, in order.",
    ),
  );
  return { node, refresh };
}

function memoryCard() {
  const restoring = h("input", {
    type: "file",
    accept: "application/json,.json",
    onchange: restore,
  });

  async function restore() {
    const [file] = restoring.files;
    if (!file) return;
    await attempt(async () => {
      if (
        await confirmed(
          "Replace everything in this world with this snapshot?",
          "Restore",
        )
      ) {
        await call("PUT", "/_emulator/snapshot", await file.text());
        toast("Snapshot restored");
      }
    });
    restoring.value = "";
  }

  const reset = () =>
    attempt(async () => {
      if (
        !(await confirmed(
          "Reset this world? It loses its data, its journal, live chats and pending webhooks, and starts again from its seed.",
          "Reset",
        ))
      )
        return;
      await call("POST", "/_emulator/reset");
      toast("World reset to its seed");
    });

  const save = () =>
    attempt(async () => {
      const address = URL.createObjectURL(await download("/_emulator/snapshot"));
      h("a", { href: address, download: "snapshot.json" }).click();
      setTimeout(() => URL.revokeObjectURL(address), 10_000);
    });
  const seed = h("dd", {});
  get("/_emulator/settings")
    .then((settings) => (seed.textContent = settings.seed))
    .catch(() => {});
  return h(
    "section",
    { class: "card", "aria-label": "Seed and snapshot" },
    h("h2", {}, "Seed and snapshot"),
    h("dl", { class: "facts" }, h("dt", {}, "The server's seed"), seed),
    h(
      "div",
      { class: "actions" },
      h("button", { onclick: save }, "Save a snapshot"),
      h("label", { class: "file" }, "Restore a snapshot", restoring),
      h("button", { class: "danger", onclick: reset }, "Reset to the seed"),
    ),
    h(
      "p",
      { class: "hint" },
      "A snapshot is a JSON file with the world's data. It has no journal, and live chats in it have ended.",
    ),
  );
}

function settingsCard() {
  const rows = h("tbody", {});
  attempt(async () => {
    const settings = await get("/_emulator/settings");
    fill(
      rows,
      Object.entries(settings).map(([name, value]) =>
        h(
          "tr",
          {},
          h("th", { scope: "row" }, name),
          h("td", {}, h("code", {}, JSON.stringify(value))),
        ),
      ),
    );
  });
  return h(
    "section",
    { class: "card flush wide", "aria-label": "Settings" },
    h(
      "details",
      { class: "pad" },
      h("summary", {}, h("h2", { class: "inline" }, "Settings of the server")),
      h("table", {}, h("caption", { class: "unseen" }, "Settings"), rows),
    ),
  );
}
