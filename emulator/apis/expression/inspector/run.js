// One run: how it went, its events, its configuration, and what was measured as far as the journal knows.

import { attempt } from "./acting.js";
import { get } from "./api.js";
import { empty, fill, h } from "./dom.js";
import { measurements } from "./measured.js";
import { code, duration, facts, time, visible } from "./text.js";

const KINDS = {
  "audio realtime": "Audio session",
  "audio file": "Recording",
  "video realtime": "Video session",
  "video file": "Images",
};

export const kindOf = (run) => KINDS[`${run.endpoint} ${run.mode}`] ?? run.endpoint;

/** Shows a run on `page`; `refresh` looks at it again. */
export function oneRun(id, page, go) {
  const path = `/_emulator/expression/runs/${encodeURIComponent(id)}`;
  let shown = "";
  let isGone = false;
  fill(page);

  async function load() {
    const run = await get(path).catch((error) => {
      if (error.status === 404) return null;
      throw error;
    });
    const found = run ? await measurements(run) : null;
    const text = JSON.stringify([run, found]);
    if (isGone || text === shown) return;
    shown = text;
    if (run) fill(page, content(run, found, go));
    else
      fill(page, empty("This run is gone.", h("p", {}, "The world was reset, or has newer ones.")));
  }

  const refresh = () => attempt(load);
  refresh();
  return {
    refresh,
    leave() {
      isGone = true;
    },
  };
}

function content(run, found, go) {
  return [
    h(
      "div",
      { class: "page-head" },
      h("div", {}, h("h2", {}, kindOf(run)), h("p", { class: "hint mono" }, run.run_id)),
      h("button", { onclick: () => go("timeline", { q: run.run_id }) }, "Show in the timeline"),
    ),
    h(
      "div",
      { class: "cards" },
      h(
        "section",
        { class: "card", "aria-label": "About the run" },
        h("h2", {}, "About it"),
        about(run),
      ),
      h(
        "section",
        { class: "card", "aria-label": "Configuration" },
        h("h2", {}, "Configuration"),
        code(run.config, "Configuration of the run"),
      ),
    ),
    events(run.events),
    measured(run, found),
  ];
}

function about(run) {
  const [began, ended] = [Date.parse(run.started_at), Date.parse(run.ended_at ?? "")];
  return facts([
    ["Status", run.status],
    ["Began", time(began)],
    ["Ended", run.ended_at ? time(ended) : null],
    ["Lasted", run.ended_at ? duration(ended - began) : null],
    ["Close code", run.close_code],
    ["Close reason", run.close_reason],
    [
      "Received",
      run.bytes_received === null ? null : `${run.bytes_received.toLocaleString("en")} bytes`,
    ],
    ["Metered", `${run.metered_seconds} s`],
    ["User", h("span", { class: "mono" }, run.user_id)],
  ]);
}

function events(given) {
  const rows = given.map((each) => [
    each.seq,
    time(Date.parse(each.at)),
    h("span", { class: "mono" }, visible(each.kind)),
    each.detail ? h("bdi", {}, visible(JSON.stringify(each.detail))) : "",
  ]);
  return section("Events", ["No", "At", "Kind", "Detail"], rows, "None: only refused frames, failed measurements and too large messages leave one.");
}

function measured(run, found) {
  const rows = found.rows.map((each) => [
    each.what,
    each.where,
    h("bdi", {}, visible(each.scores)),
  ]);
  const heads = run.endpoint === "audio" ? ["No", "Part", "Scores"] : ["Image", "Faces", "Scores"];
  return section("Measurements", heads, rows, found.note);
}

/** A card with a table, or with why there is none. */
function section(title, heads, rows, none) {
  return h(
    "section",
    { class: "card flush", "aria-label": title },
    h("h2", {}, title),
    rows.length
      ? h(
          "div",
          {
            class: "sideways",
            tabindex: "0",
            role: "region",
            "aria-label": `Table of ${title.toLowerCase()}`,
          },
          h(
            "table",
            {},
            h(
              "thead",
              {},
              h(
                "tr",
                {},
                heads.map((head) => h("th", { scope: "col" }, head)),
              ),
            ),
            h(
              "tbody",
              {},
              rows.map((row) =>
                h(
                  "tr",
                  {},
                  row.map((cell) => h("td", {}, cell)),
                ),
              ),
            ),
          ),
        )
      : null,
    none && !rows.length ? h("p", { class: "dim pad" }, none) : null,
  );
}
