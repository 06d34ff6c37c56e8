// What the APIs list, such as configs, with its versions and what changed between two of them.

import { all, call, get } from "./api.js";
import { attempt, together } from "./acting.js";
import { showDiff } from "./diff.js";
import { command, confirmed, empty, field, fill, h, options, reconcile, toast } from "./dom.js";
import { example } from "./export.js";
import { Refusals } from "./refusals.js";
import { requestOfVersion, resourceForm } from "./resourceform.js";
import { code, inMs, plural, time } from "./text.js";
import { LISTS } from "./views.js";

const viewNamed = (name) => LISTS.find((each) => each.name === name) ?? LISTS[0];

export const resources = { id: "resources", title: "Resources", show };

function show(root, { journal, go, parameters }) {
  let view = viewNamed(parameters.kind);
  let chosen = parameters.id ?? null;
  let detail = "";
  let edit = parameters.edit ?? ""; // the form that is open: "new" or "version"
  const create = h(
    "button",
    { onclick: () => go("resources", { kind: view.name, edit: "new" }) },
    `New ${view.noun}`,
  );
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
          create,
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
    const found = await all(view.path, view.items, view.query);
    if (view !== before) return;
    create.textContent = `New ${view.noun}`;
    create.hidden = !view.fields.length;
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
    if (edit === "new") return showForm(newForm);
    if (!chosen) {
      detail = "";
      fill(page, found.length ? empty(choose()) : nothing());
      return;
    }
    const versions = view.has_versions
      ? await versionsOf(chosen)
      : found.filter((each) => each.id === chosen);
    if (chosen !== asked) return;
    if (edit === "version" && versions.length) return showForm(() => versionForm(versions));
    const now = JSON.stringify(versions);
    if (now !== detail) fill(page, versions.length ? shown(versions) : empty("It is gone."));
    detail = now;
  }

  /** A form stays as it is while things happen: what was typed is not lost. */
  async function showForm(make) {
    const name = `${view.name} ${edit} ${chosen}`;
    if (detail === name) return;
    detail = name;
    const form = await make();
    if (detail !== name) return;
    fill(page, form);
    form.querySelector("input, textarea").focus();
  }

  const newForm = () =>
    resourceForm(view, {
      title: `New ${view.noun}`,
      action: "Create",
      path: view.path,
      body: view.example,
      isNew: true,
      done: (made) => finished(made, `The ${view.noun} is created`),
      cancel: () => go("resources", { kind: view.name }),
    });

  async function versionForm(versions) {
    const latest = versions.reduce((a, b) => (a.version > b.version ? a : b));
    const document = await get(`/openapi/${view.api}.json`);
    const { schema } =
      document.paths[`${view.path}/{id}`].post.requestBody.content["application/json"];
    const { version_description: _, ...body } = requestOfVersion(latest, schema, document);
    return resourceForm(view, {
      title: `New version of ${latest.name}`,
      action: "Add the version",
      path: `${view.path}/${encodeURIComponent(latest.id)}`,
      body,
      isNew: false,
      done: (made) => finished(made, `Version ${made.version} is added`),
      cancel: () => go("resources", { kind: view.name, id: latest.id }),
    });
  }

  function finished(made, text) {
    toast(text);
    go("resources", { kind: view.name, id: made.id });
  }

  const shown = (versions) => {
    const acts = editing(view, versions, { go, refresh: schedule });
    return view.has_versions ? allVersions(versions, acts) : oneResource(versions, acts);
  };
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
    if (!edit) detail = "";
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
      edit = next.edit ?? "";
      detail = "";
      LISTS.forEach((each, index) => tabs[index].setAttribute("aria-pressed", each === view));
      schedule();
      return true;
    },
    close: () =>
      (chosen || edit) &&
      go("resources", { kind: view.name, ...(chosen && edit ? { id: chosen } : {}) }),
    leave() {
      journal.removeEventListener("entries", onEntries);
      journal.removeEventListener("begin", begin);
    },
  };
}

/** Buttons that change a resource, and what each version has of them. */
function editing(view, versions, { go, refresh }) {
  const [resource] = versions;
  const path = `${view.path}/${encodeURIComponent(resource.id)}`;
  const refusals = new Refusals();

  async function remove(button) {
    const what = `${view.noun} ${resource.name ?? resource.id}`;
    if (
      !(await confirmed(
        `Delete the ${what}${view.has_versions ? ", all its versions" : ""}?`,
        "Delete",
      ))
    )
      return;
    const address = view.removed_by_name
      ? `${view.path}?${new URLSearchParams({ name: resource.name })}`
      : path;
    const done = await refusals.attempt(button, () => call("DELETE", address).then(() => true));
    if (done) go("resources", { kind: view.name });
  }

  const name = h("input", { value: resource.name ?? "", autocomplete: "off" });
  const rename = h("button", {}, "Rename");
  const renaming = h(
    "form",
    {
      class: "actions renaming",
      "aria-label": "Rename",
      onsubmit: async (event) => {
        event.preventDefault();
        const body = { name: name.value };
        if (await refusals.attempt(rename, () => call("PATCH", path, body))) refresh();
      },
    },
    refusals.field("name", "Name", name),
    rename,
  );
  const added = h(
    "button",
    {
      class: "primary",
      onclick: () => go("resources", { kind: view.name, id: resource.id, edit: "version" }),
    },
    "New version",
  );
  const removed = h("button", { class: "danger" }, "Delete");
  removed.addEventListener("click", () => remove(removed));
  return {
    buttons: view.fields.length
      ? h("span", { class: "actions" }, view.has_versions ? added : null, removed)
      : null,
    forms: view.fields.length ? [refusals.node, view.has_versions ? renaming : null] : [],
    ofVersion: view.fields.length ? (each) => versionActs(each, path, refresh) : null,
  };
}

/** What can be done to one version: change its description, or delete it. */
function versionActs({ version, version_description: description }, path, refresh) {
  const at = `${path}/version/${version}`;
  const text = h("input", {
    value: description ?? "",
    "aria-label": `Description of version ${version}`,
  });
  const change = (method, body) =>
    attempt(async () => {
      await call(method, at, body);
      refresh();
    });
  return h(
    "form",
    {
      class: "actions nowrap",
      onsubmit: (event) => {
        event.preventDefault();
        change("PATCH", { version_description: text.value });
      },
    },
    text,
    h(
      "button",
      { class: "quiet", "aria-label": `Save the description of version ${version}` },
      "Save",
    ),
    h(
      "button",
      {
        class: "quiet danger",
        type: "button",
        "aria-label": `Delete version ${version}`,
        onclick: async () => {
          if (await confirmed(`Delete version ${version}?`, "Delete")) change("DELETE");
        },
      },
      "Delete",
    ),
  );
}

/** One that has no versions: its head, and what it says. */
function oneResource([resource], acts) {
  return [
    head(resource, acts.buttons),
    ...acts.forms,
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

function allVersions(given, acts) {
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
    head(latest, [h("span", { class: "dim" }, plural(versions.length, "version")), acts.buttons]),
    ...acts.forms,
    h(
      "section",
      { class: "card flush" },
      h("h2", {}, "Versions"),
      h(
        "div",
        { class: "sideways" },
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
                h(
                  "td",
                  {},
                  acts.ofVersion?.(each) ?? h("bdi", {}, each.version_description || "–"),
                ),
                h("td", { class: "nowrap" }, time(inMs(each.modified_on))),
              ),
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
