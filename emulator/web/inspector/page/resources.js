// What the APIs list, such as configs, with its versions and what changed between two of them.

import { all } from "./api.js";
import { together } from "./acting.js";
import { showDiff } from "./diff.js";
import { command, empty, field, fill, h, options, reconcile } from "./dom.js";
import { example } from "./export.js";
import { code, inMs, plural, time } from "./text.js";
import { LISTS } from "./views.js";

const viewNamed = (name) => LISTS.find((each) => each.name === name) ?? LISTS[0];

export const resources = { id: "resources", title: "Resources", show };

function show(root, { journal, go, parameters }) {
  let view = viewNamed(parameters.kind);
  let chosen = parameters.id ?? null;
  let detail = "";
  const tabs = LISTS.map((each) =>
    h(
      "button",
      {
        class: "tab",
        "aria-pressed": each === view,
        onclick: () => go("resources", { kind: each.name }),
      },
      each.title,
    ),
  );
  const list = h("div", { role: "list" });
  const count = h("span", { class: "dim" });
  const page = h("div", { class: "page" });
  root.append(
    h(
      "div",
      { class: "columns" },
      h(
        "section",
        { class: "side", "aria-label": "All resources" },
        h(
          "div",
          { class: "side-head" },
          h("div", { class: "chips", role: "group", "aria-label": "Kind" }, tabs),
          count,
        ),
        list,
      ),
      page,
    ),
  );

  const versionsOf = (id) =>
    all(`${view.path}/${encodeURIComponent(id)}`, view.items, { restrict_to_most_recent: false });

  async function refresh() {
    const [before, asked] = [view, chosen];
    const found = await all(view.path, view.items);
    if (view !== before) return;
    count.textContent = plural(found.length, view.noun);
    list.setAttribute("aria-label", view.title);
    reconcile(
      list,
      found.map((each) => ({
        id: each.id,
        name: each.name ?? each.id,
        version: each.version,
        modified: each.modified_on,
        isChosen: each.id === chosen,
      })),
      (each) => view.name + each.id,
      item,
    );
    if (!found.length) fill(list).made = undefined;
    if (!chosen) {
      detail = "";
      fill(
        page,
        found.length ? empty(choose()) : nothing(),
      );
      return;
    }
    const versions = view.has_versions
      ? await versionsOf(chosen)
      : found.filter((each) => each.id === chosen);
    if (chosen !== asked) return;
    const now = JSON.stringify(versions);
    if (now !== detail) fill(page, versions.length ? shown(versions) : empty("It is gone."));
    detail = now;
  }

  const shown = (versions) => (view.has_versions ? allVersions : oneResource)(versions);
  const choose = () =>
    `Choose one of the ${view.name} to see ${view.has_versions ? "its versions" : "it"}.`;
  const nothing = () =>
    empty(
      `There are no ${view.name} in this world.`,
      command(example(view.path, JSON.stringify(view.example))),
    );

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
          onclick: () => go("resources", { kind: view.name, id: each.id }),
        },
        h(
          "span",
          { class: "line" },
          h("bdi", { class: "name" }, each.name),
          each.version === undefined ? null : h("span", { class: "badge" }, `v${each.version}`),
        ),
        each.modified === undefined
          ? null
          : h("span", { class: "small" }, "changed ", time(inMs(each.modified))),
        h("span", { class: "small mono" }, each.id),
      ),
    );
  }

  const failed = (error) => {
    detail = "";
    if (!chosen || error.status !== 404) throw error;
    fill(page, empty("It is gone.", h("p", {}, error.message)));
  };
  const schedule = together(() => refresh().catch(failed));
  const onEntries = ({ detail: { added, gone } }) => {
    if (gone || added.some((entry) => entry.kind === "http" && entry.method !== "GET")) schedule();
  };
  const begin = () => {
    detail = "";
    schedule();
  };
  journal.addEventListener("entries", onEntries);
  journal.addEventListener("begin", begin);
  schedule();
  return {
    follow(next) {
      const before = view;
      view = viewNamed(next.kind);
      if (view !== before) fill(list).made = undefined;
      chosen = next.id ?? null;
      detail = "";
      LISTS.forEach((each, index) => tabs[index].setAttribute("aria-pressed", each === view));
      schedule();
      return true;
    },
    close: () => chosen && go("resources", { kind: view.name }),
    leave() {
      journal.removeEventListener("entries", onEntries);
      journal.removeEventListener("begin", begin);
    },
  };
}

/** One that has no versions: its head, and what it says. */
function oneResource([resource]) {
  return [
    head(resource),
    h(
      "section",
      { class: "card", "aria-label": "Content" },
      h("h2", {}, "Content"),
      code(readable(resource), "Content"),
    ),
  ];
}

function head(resource, note) {
  return h(
    "div",
    { class: "page-head" },
    h(
      "div",
      {},
      h("h2", {}, h("bdi", {}, resource.name ?? resource.id)),
      h("p", { class: "hint mono" }, resource.id),
    ),
    note,
  );
}

function allVersions(given) {
  const versions = [...given].sort((a, b) => b.version - a.version);
  const [latest] = versions;
  const numbers = versions.map((each) => [
    String(each.version),
    `Version ${each.version}${each.version_description ? ` · ${each.version_description.slice(0, 50)}` : ""}`,
  ]);
  const byNumber = (text) => versions.find((each) => String(each.version) === text);
  const shown = h("div", {});
  const one = h("select", { "aria-label": "Version", onchange: drawOne }, options(numbers));
  const from = h(
    "select",
    { onchange: drawDiff },
    options(numbers, String((versions[1] ?? latest).version)),
  );
  const to = h("select", { onchange: drawDiff }, options(numbers, String(latest.version)));
  const difference = h("div", {});

  function drawOne() {
    fill(shown, code(readable(byNumber(one.value)), `Version ${one.value}`));
  }
  function drawDiff() {
    const text = (number) =>
      JSON.stringify(readable(byNumber(number)), null, 2).replaceAll("\\n", "\n");
    fill(
      difference,
      showDiff(text(from.value), text(to.value), `From version ${from.value} to ${to.value}`),
    );
  }
  drawOne();
  drawDiff();
  return [
    head(latest, h("span", { class: "dim" }, plural(versions.length, "version"))),
    h(
      "section",
      { class: "card flush" },
      h("h2", {}, "Versions"),
      h(
        "table",
        {},
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            ["Version", "Description", "Changed"].map((name) => h("th", { scope: "col" }, name)),
          ),
        ),
        h(
          "tbody",
          {},
          versions.map((each) =>
            h(
              "tr",
              {},
              h("td", {}, String(each.version)),
              h("td", {}, h("bdi", {}, each.version_description || "–")),
              h("td", { class: "nowrap" }, time(inMs(each.modified_on))),
            ),
          ),
        ),
      ),
    ),
    versions.length > 1
      ? h(
          "section",
          { class: "card", "aria-label": "Difference" },
          h("h2", {}, "Difference"),
          h("div", { class: "actions" }, field("From", from), field("To", to)),
          difference,
        )
      : null,
    h("section", { class: "card", "aria-label": "Content" }, h("h2", {}, "Content", one), shown),
  ];
}

/** A tool's parameters are JSON text: shown as what they say. */
function readable(resource) {
  if (typeof resource.parameters !== "string") return resource;
  try {
    return { ...resource, parameters: JSON.parse(resource.parameters) };
  } catch {
    return resource;
  }
}
