// Emotion scores: the strongest of a message, and how they change over the turns of a chat.

import { fill, h, s } from "./dom.js";
import { parsed } from "./text.js";

const SERIES = 6; // as many as style.css has colours, and DASHES dashes
const DASHES = ["", "6 3", "2 3", "9 3 2 3", "12 4", "1 4"];
const WIDTH = 420;
const HEIGHT = 240;
const EDGE = { left: 52, right: 12, top: 10, bottom: 42 };
const MOST_LABELS = 10; // of turns

/** Name and score of the strongest, from the scores of a frame or the JSON text of an event. */
export function top(scores, most = 3) {
  const given = typeof scores === "string" ? parsed(scores) : scores;
  if (typeof given !== "object" || given === null) return [];
  return Object.entries(given)
    .filter(([, score]) => typeof score === "number")
    .sort((a, b) => b[1] - a[1])
    .slice(0, most);
}

export function moods(scores) {
  const strongest = top(scores);
  return strongest.length === 0
    ? null
    : h(
        "ul",
        { class: "moods", "aria-label": "Strongest emotions" },
        strongest.map(([name, score]) => h("li", { class: "mood" }, `${name} ${score.toFixed(2)}`)),
      );
}

/** A chart over the turns: `turns` are {role, text, scores}, with scores by name. */
export function chart() {
  let turns = [];
  let drawn = "";
  let role = "USER";
  const muted = new Set();
  const drawing = h("figure", {});
  const legend = h("div", { class: "legend", role: "group", "aria-label": "Emotions shown" });
  const whose = h(
    "select",
    {
      "aria-label": "Whose emotions",
      onchange: (event) => {
        role = event.target.value;
        draw();
      },
    },
    h("option", { value: "USER" }, "User"),
    h("option", { value: "AGENT" }, "Assistant"),
    h("option", { value: "" }, "Both"),
  );
  const table = h(
    "details",
    {},
    h("summary", {}, "Scores as a table"),
    h("div", { class: "sideways", tabindex: "0", role: "region", "aria-label": "Table of scores" }),
  );
  const node = h(
    "section",
    { class: "card", "aria-label": "Emotions over the turns" },
    h("h2", {}, "Emotions over the turns", whose),
    drawing,
    legend,
    table,
  );

  function draw() {
    const shown = turns.filter((turn) => !role || turn.role === role);
    const names = strongest(shown);
    fill(
      legend,
      names.map((name, index) =>
        h(
          "button",
          {
            class: `s${index}`,
            "aria-pressed": !muted.has(name),
            onclick: () => {
              if (!muted.delete(name)) muted.add(name);
              draw();
            },
          },
          sample(index),
          name,
        ),
      ),
    );
    fill(
      drawing,
      shown.length
        ? plot(shown, names, muted)
        : h(
            "p",
            { class: "hint" },
            "No turn of this speaker has scores: typed messages have none.",
          ),
    );
    fill(table.lastChild, tableOf(shown, names));
  }

  return {
    node,
    set(given) {
      const text = JSON.stringify(given);
      if (text === drawn) return; // so that a button of the legend stays under the pointer
      drawn = text;
      turns = given;
      node.hidden = turns.length === 0;
      draw();
    },
  };
}

/** The emotions that stand out most: by their highest score. */
function strongest(turns) {
  const highest = new Map();
  for (const { scores } of turns)
    for (const [name, score] of Object.entries(scores))
      highest.set(name, Math.max(score, highest.get(name) ?? 0));
  return [...highest]
    .sort((a, b) => b[1] - a[1])
    .slice(0, SERIES)
    .map(([name]) => name);
}

const sample = (index) =>
  s(
    "svg",
    { viewBox: "0 0 22 10", "aria-hidden": "true" },
    s("line", {
      class: "series",
      x1: 1,
      x2: 21,
      y1: 5,
      y2: 5,
      "stroke-width": 2,
      "stroke-dasharray": DASHES[index],
    }),
  );

function plot(turns, names, muted) {
  const x = (index) =>
    EDGE.left +
    (turns.length === 1 ? 0.5 : index / (turns.length - 1)) * (WIDTH - EDGE.left - EDGE.right);
  const y = (score) => HEIGHT - EDGE.bottom - score * (HEIGHT - EDGE.top - EDGE.bottom);
  const every = Math.ceil(turns.length / MOST_LABELS);
  return s(
    "svg",
    {
      class: "chart",
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      role: "img",
      "aria-label": `Scores of ${names.join(", ")} over ${turns.length} turns; the table below has the numbers`,
    },
    [0, 0.25, 0.5, 0.75, 1].map((score) => [
      s("line", {
        class: "grid",
        x1: EDGE.left,
        x2: WIDTH - EDGE.right,
        y1: y(score),
        y2: y(score),
      }),
      s("text", { x: EDGE.left - 6, y: y(score) + 4, "text-anchor": "end" }, score.toFixed(2)),
    ]),
    turns.map((turn, index) =>
      index % every
        ? null
        : s("text", { x: x(index), y: HEIGHT - EDGE.bottom + 16, "text-anchor": "middle" }, turn.number),
    ),
    axes(),
    names.map((name, series) =>
      muted.has(name)
        ? null
        : s(
            "g",
            { class: `s${series}` },
            s("polyline", {
              class: "series",
              "stroke-dasharray": DASHES[series],
              points: turns
                .map((turn, index) => `${x(index)},${y(turn.scores[name] ?? 0)}`)
                .join(" "),
            }),
            turns.length > 80
              ? null
              : turns.map((turn, index) =>
                  s(
                    "circle",
                    { class: "dot", cx: x(index), cy: y(turn.scores[name] ?? 0), r: 3 },
                    s(
                      "title",
                      {},
                      `${name} ${(turn.scores[name] ?? 0).toFixed(2)}: ${turn.text.slice(0, 80)}`,
                    ),
                  ),
                ),
          ),
    ),
  );
}

/** What the axes mean. */
function axes() {
  const [acrossX, downY] = [(EDGE.left + WIDTH - EDGE.right) / 2, (EDGE.top + HEIGHT - EDGE.bottom) / 2];
  const label = { class: "axis", "text-anchor": "middle" };
  return [
    s("text", { ...label, x: acrossX, y: HEIGHT - 6 }, "Message of the chat"),
    s("text", { ...label, x: 12, y: downY, transform: `rotate(-90 12 ${downY})` }, "Score, 0 to 1"),
  ];
}

const tableOf = (turns, names) =>
  h(
    "table",
    {},
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        h("th", { scope: "col" }, "Turn"),
        h("th", { scope: "col" }, "Said"),
        names.map((name) => h("th", { scope: "col", class: "number" }, name)),
      ),
    ),
    h(
      "tbody",
      {},
      turns.map((turn) =>
        h(
          "tr",
          {},
          h("td", {}, turn.number),
          h("td", {}, h("bdi", {}, turn.text.slice(0, 120))),
          names.map((name) => h("td", { class: "number" }, (turn.scores[name] ?? 0).toFixed(2))),
        ),
      ),
    ),
  );
