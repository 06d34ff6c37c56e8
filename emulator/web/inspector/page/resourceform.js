// A form for a resource: its main fields, and the whole body as JSON. Each follows the other.

import { call } from "./api.js";
import { h } from "./dom.js";
import { Refusals } from "./refusals.js";
import { parsed } from "./text.js";

const INDENT = 2;

/** A form that sends `body` to `path`, and calls `done` with the answer. */
export function resourceForm(view, { title, action, path, body, isNew, done, cancel }) {
  const refusals = new Refusals();
  const json = h("textarea", {
    rows: 14,
    spellcheck: "false",
    value: JSON.stringify(body, null, INDENT),
    oninput: readJson,
  });
  const inputs = view.fields
    .filter((each) => isNew || !each.only_new)
    .map((each) => ({ ...each, control: control(each) }));
  const submit = h("button", { class: "primary" }, action);

  function control({ path: at, kind }) {
    const given = { value: shown(valueAt(body, at)), spellcheck: "false" };
    const oninput = ({ currentTarget }) => writeJson(at, currentTarget.value);
    return kind === "text"
      ? h("textarea", { ...given, rows: 5, oninput })
      : h("input", { ...given, autocomplete: "off", oninput });
  }

  /** A field was edited: the JSON has its value, or is without it once it is empty. */
  function writeJson(at, text) {
    const whole = parsed(json.value);
    if (whole === null || typeof whole !== "object") return;
    put(whole, at, text);
    json.value = JSON.stringify(whole, null, INDENT);
  }

  /** The JSON was edited: the fields show what it has. */
  function readJson() {
    const whole = parsed(json.value);
    if (whole === null || typeof whole !== "object") return;
    for (const { path: at, control: input } of inputs) input.value = shown(valueAt(whole, at));
  }

  async function send(event) {
    event.preventDefault();
    const made = await refusals.attempt(submit, () => call("POST", path, json.value));
    if (made) done(made);
  }

  return h(
    "form",
    { class: "card editor", "aria-label": title, novalidate: true, onsubmit: send },
    h("h2", {}, title),
    refusals.node,
    h(
      "div",
      { class: "form wider" },
      inputs.map(({ path: at, label, kind, hint, control: input }) =>
        h("div", { class: kind }, refusals.field(at, label, input, hint || null)),
      ),
    ),
    h(
      "details",
      { open: true },
      h("summary", {}, "The whole request as JSON"),
      refusals.field(
        "",
        "JSON",
        json,
        "The page sends exactly this. The fields above write into it.",
      ),
    ),
    h(
      "div",
      { class: "actions" },
      submit,
      h("button", { type: "button", onclick: cancel }, "Cancel"),
    ),
  );
}

const shown = (value) =>
  value === undefined || value === null
    ? ""
    : typeof value === "string"
      ? value
      : JSON.stringify(value);

const valueAt = (whole, at) => at.split(".").reduce((value, name) => value?.[name], whole);

/** Put a text at a place; an empty one takes the value away, and what is empty without it. */
function put(whole, at, text) {
  const [name, ...rest] = at.split(".");
  if (!rest.length) {
    if (text === "") delete whole[name];
    else whole[name] = text;
    return;
  }
  const inner = whole[name] !== null && typeof whole[name] === "object" ? whole[name] : {};
  put(inner, rest.join("."), text);
  if (Object.keys(inner).length) whole[name] = inner;
  else delete whole[name];
}

/** What a new version begins with: the fields of a version that a request for one may have. */
export function requestOfVersion(version, schema, document) {
  return pruned(version, schema, document, true) ?? {};
}

function pruned(value, given, document, isWhole = false) {
  const schema = resolved(given, document);
  if (Array.isArray(value))
    return value.map((each) => pruned(each, schema.items ?? {}, document)).filter(isSomething);
  if (value === null || typeof value !== "object") return value ?? undefined;
  if (!isWhole && "version_type" in value) return reference(value);
  const known = schema.properties;
  const entries = Object.entries(value)
    .filter(([name]) => !known || name in known)
    .map(([name, inner]) => [name, pruned(inner, known?.[name] ?? {}, document)])
    .filter(([, inner]) => isSomething(inner));
  return Object.fromEntries(entries);
}

const isSomething = (value) => value !== undefined;

/** A prompt or a tool that a config names: the latest version, or one that is pinned. */
const reference = ({ id, version, version_type: kind }) =>
  kind === "LATEST" ? { id } : { id, version };

function resolved(schema, document) {
  const parts = schema.anyOf ?? schema.oneOf;
  if (parts) return resolved(parts.find((each) => each.type !== "null") ?? {}, document);
  if (!schema.$ref) return schema;
  const steps = schema.$ref.replace(/^#\//, "").split("/");
  return resolved(steps.reduce((node, step) => node?.[step], document) ?? {}, document);
}
