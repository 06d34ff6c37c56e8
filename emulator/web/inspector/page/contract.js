// The contract report: what clients got wrong, and how much of the API they used.

import { call, get } from "./api.js";
import { confirmed, fill, h } from "./dom.js";
import { attempt } from "./acting.js";
import { plural, pretty } from "./text.js";

const OF_ALL = "Begin the contract reports of all worlds anew? Those of other keys go, too.";

export function contractCard() {
  const everybody = h("input", { type: "checkbox", onchange: () => attempt(refresh) });
  const body = h("div", { class: "pad grid" });
  const opened = new Set(); // the parts, which stay so as the report changes
  const query = () => (everybody.checked ? "?worlds=all" : "");
  const node = h(
    "section",
    { class: "card flush wide", "aria-label": "Contract report" },
    h(
      "h2",
      {},
      "Contract report",
      h(
        "span",
        { class: "actions" },
        h("label", { class: "check" }, everybody, "All worlds"),
        h(
          "button",
          {
            onclick: () =>
              attempt(async () => {
                if (everybody.checked && !(await confirmed(OF_ALL, "Begin anew"))) return;
                await call("DELETE", `/_emulator/contract${query()}`);
                await refresh();
              }),
          },
          "Begin anew",
        ),
      ),
    ),
    body,
  );

  async function refresh() {
    try {
      fill(body, report(await get(`/_emulator/contract${query()}`), opened));
    } catch (error) {
      fill(body, h("p", { class: "dim" }, error.message));
    }
  }
  return { node, refresh };
}

function report({ findings, dropped, coverage }, opened) {
  return [
    h(
      "div",
      { class: "coverage" },
      h("p", {}, h("span", { class: "big" }, `${coverage.percent} %`), " of the API was used"),
      coverage.parts.map((each) => part(each, opened)),
    ),
    findings.length
      ? h(
          "table",
          {},
          h("caption", { class: "unseen" }, "Findings"),
          h(
            "thead",
            {},
            h(
              "tr",
              {},
              ["Finding", "Where", "Expected, and got"].map((name) =>
                h("th", { scope: "col" }, name),
              ),
              h("th", { scope: "col", class: "number" }, "Times"),
            ),
          ),
          h("tbody", {}, findings.map(finding)),
        )
      : h("p", { class: "dim" }, "No findings: what clients sent is as the document says."),
    dropped ? h("p", { class: "hint" }, `${plural(dropped, "finding")} more had no place.`) : null,
  ];
}

function part({ name, covered, total, percent, items }, opened) {
  const note = ({ target }) => (target.open ? opened.add(name) : opened.delete(name));
  const bar = h("span", {});
  bar.style.transform = `scaleX(${percent / 100})`;
  return h(
    "details",
    { open: opened.has(name), ontoggle: note },
    h(
      "summary",
      { data: { part: name } },
      h(
        "span",
        { class: "part" },
        h("span", {}, name),
        h("span", { class: "bar", "aria-hidden": "true" }, bar),
        h("span", { class: "dim" }, `${covered} of ${total}`),
      ),
    ),
    h(
      "ul",
      { class: "items" },
      items.map((each) =>
        h(
          "li",
          { class: each.count ? "" : "dim" },
          h("bdi", {}, each.name),
          ` ${each.count ? `× ${each.count}` : "not used"} `,
          h(
            "span",
            { class: "hint" },
            Object.entries(each.detail ?? {})
              .map(([what, count]) => `${what}: ${count}`)
              .join(", "),
          ),
        ),
      ),
    ),
  );
}

const finding = (each) =>
  h(
    "tr",
    {},
    h(
      "td",
      {},
      h("span", { class: `badge ${each.level === "error" ? "bad" : "warn"}` }, each.level),
      " ",
      h("strong", {}, each.code),
    ),
    h("td", {}, h("bdi", {}, each.subject), h("br"), h("code", {}, h("bdi", {}, each.place))),
    h(
      "td",
      {},
      h("bdi", {}, each.expected),
      "; got ",
      h("code", {}, h("bdi", {}, pretty(each.got ?? null).slice(0, 300))),
      each.hint ? h("p", { class: "hint" }, h("bdi", {}, each.hint)) : null,
    ),
    h("td", { class: "number" }, String(each.count)),
  );
