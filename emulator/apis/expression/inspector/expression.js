// The runs of Expression Measurement, and the script of what is measured.
// The inspector serves this folder beside its own modules.

import { together } from "./acting.js";
import { get } from "./api.js";
import { fill, h, reconcile } from "./dom.js";
import { measuring } from "./measuring.js";
import { kindOf, oneRun } from "./run.js";
import { plural, time } from "./text.js";

const SHOWN = 500; // runs, the newest
const ICON = "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM5.5 6.5v.5M10.5 6.5v.5M5.5 10a3.5 3.5 0 0 0 5 0";
const RUN_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-7/; // a version 7 UUID, which no chat has

export const expression = { id: "expression", title: "Expression", show, icon: ICON, linkOf };

/** Where the frames of a session lead to. */
function linkOf(entry) {
  const isRun = RUN_ID.test(entry.chat_id ?? "");
  return isRun ? { text: "Open the run", parameters: { id: entry.chat_id } } : null;
}

function show(root, { journal, go, parameters }) {
  let chosen = parameters.id ?? null;
  let detail = null; // of the run that is open
  const list = h("div", { role: "list", "aria-label": "Runs" });
  const count = h("span", { class: "dim" });
  const page = h("div", { class: "page" });
  const form = measuring();
  const toForm = h("button", { onclick: () => go("expression") }, "What is measured");
  root.append(
    h(
      "div",
      { class: "columns" },
      h(
        "section",
        { class: "side", "aria-label": "All runs" },
        h("div", { class: "side-head" }, h("h2", {}, "Runs"), count, toForm),
        list,
      ),
      page,
    ),
  );

  async function refresh() {
    const { runs } = await get(`/_emulator/expression/runs?limit=${SHOWN}`);
    count.textContent = runs.length < SHOWN ? String(runs.length) : `the newest ${SHOWN}`;
    const rows = runs.reverse().map((each) => ({
      id: each.run_id,
      kind: kindOf(each),
      at: each.started_at,
      what: [
        each.status,
        each.events.length ? plural(each.events.length, "event") : `${each.metered_seconds} s metered`,
      ].join(" · "),
      isChosen: each.run_id === chosen,
    }));
    reconcile(list, rows, (each) => each.id, item);
    if (!rows.length)
      fill(
        list,
        h("div", { role: "listitem" }, h("p", { class: "hint pad" }, "Nothing was measured yet.")),
      ).made = undefined;
    detail?.refresh();
    form.refresh();
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
          onclick: () => go("expression", { id: each.id }),
        },
        h("span", { class: "name" }, each.kind),
        h("span", { class: "line small" }, time(Date.parse(each.at)), each.what),
      ),
    );
  }

  function open(id) {
    detail?.leave();
    chosen = id;
    toForm.setAttribute("aria-current", !id);
    detail = id ? oneRun(id, page, go) : null;
    if (!id) fill(page, form.node);
  }

  const schedule = together(refresh);
  const onEntries = ({ detail: { added, gone } }) => {
    if (gone || added.some(mayHaveMeasured)) schedule();
  };
  const begin = () => {
    open(chosen);
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
    close: () => chosen && go("expression"),
    leave() {
      journal.removeEventListener("entries", onEntries);
      journal.removeEventListener("begin", begin);
      detail?.leave();
    },
  };
}

/** A request, a handshake, a frame of a session, or a time at which a silent run has failed. */
const mayHaveMeasured = (entry) =>
  entry.path?.startsWith("/v1/expression/") ||
  RUN_ID.test(entry.chat_id ?? "") ||
  entry.kind === "clock";
