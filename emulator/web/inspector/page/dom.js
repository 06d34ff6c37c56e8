// Building the page. Data becomes text nodes and nothing else: no markup is ever parsed.

const SVG = "http://www.w3.org/2000/svg";

/** An element: `on*` are listeners, `data` is its dataset, the rest are attributes or properties. */
export function h(tag, given = {}, ...children) {
  return build(document.createElement(tag), given, children);
}

/** The same for SVG. */
export function s(tag, given = {}, ...children) {
  return build(document.createElementNS(SVG, tag), given, children);
}

const PROPERTIES = new Set([
  "value",
  "checked",
  "disabled",
  "hidden",
  "selected",
  "open",
  "readOnly",
]);

function build(node, given, children) {
  for (const [name, value] of Object.entries(given)) {
    if (value === null || value === undefined) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "data") Object.assign(node.dataset, value);
    else if (PROPERTIES.has(name)) node[name] = value;
    else if (name.startsWith("aria-")) node.setAttribute(name, String(value));
    else if (value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...nodesOf(children));
  return node;
}

function nodesOf(children) {
  return children
    .flat(Infinity)
    .filter((child) => child !== null && child !== undefined && child !== false);
}

/** Other children; what has the focus in it keeps it, if there is the like of it afterwards. */
export function fill(node, ...children) {
  const focused = document.activeElement;
  const like = node !== focused && node.contains(focused) ? likeness(focused) : null;
  node.replaceChildren(...nodesOf(children));
  if (like && !node.contains(document.activeElement)) focusLike(node, focused, like);
  return node;
}

/** What tells a control from the others around it. */
const likeness = (node) =>
  node.dataset.part || node.getAttribute("aria-label") || node.name || node.textContent;

function focusLike(node, focused, like) {
  const alike = [...node.querySelectorAll(focused.tagName)];
  alike.find((each) => likeness(each) === like)?.focus({ preventScroll: true });
}

/** These nodes and no others, in this order; what is in its place already is not touched. */
export function place(parent, nodes) {
  const wanted = new Set(nodes);
  for (const child of [...parent.childNodes]) if (!wanted.has(child)) child.remove();
  let next = parent.firstChild;
  for (const node of nodes) {
    if (node === next) next = next.nextSibling;
    else parent.insertBefore(node, next);
  }
}

/** The children of `parent` are those of `items`: what has not changed stays, what is made again keeps the
    focus where it can. Of a live region only what is new is read out. */
export function reconcile(parent, items, keyOf, render) {
  const before = parent.made ?? new Map();
  const after = new Map();
  const focused = document.activeElement;
  const like = parent.contains(focused) ? likeness(focused) : "";
  let refocused = null; // the new element that replaces the focused one
  const nodes = items.map((item) => {
    const key = keyOf(item);
    const text = JSON.stringify(item);
    const known = before.get(key);
    const made = known?.text === text ? known : { text, node: render(item) };
    if (known && made !== known && known.node.contains(focused)) refocused = made.node;
    after.set(key, made);
    return made.node;
  });
  parent.made = after;
  place(parent, nodes);
  if (!refocused) return;
  const row = refocused.querySelector("[data-row]");
  if (row) row.focus();
  else focusLike(refocused, focused, like);
}

/** An icon of the page's own by its name, or another one by the points of its path. */
export function icon(name, points = PATHS[name]) {
  return s(
    "svg",
    { class: "icon", viewBox: "0 0 16 16", "aria-hidden": "true" },
    s("path", { d: points }),
  );
}

const PATHS = {
  timeline: "M2 4h12M2 8h8M2 12h10",
  chats: "M2.5 3h11v8h-6l-3 2.5V11h-2z",
  talk: "M8 2a2 2 0 0 1 2 2v3.5a2 2 0 0 1-4 0V4a2 2 0 0 1 2-2zM4 7.5a4 4 0 0 0 8 0M8 11.5V14",
  webhooks: "M2 8h8M7 4.5 10.5 8 7 11.5M13.5 3v10",
  resources: "M3 2.5h7l3 3v8H3zM10 2.5v3h3M5.5 8.5h5M5.5 11h5",
  world: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM2 8h12M8 2c-4 4-4 8 0 12M8 2c4 4 4 8 0 12",
  copy: "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
  close: "M4 4l8 8M12 4l-8 8",
  play: "M5 3.5v9l7-4.5z",
  search: "M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10.5 10.5l3 3",
};

let announcer;

/** Say something to who listens to the page. */
export function announce(text) {
  announcer ??= document.getElementById("announcer");
  announcer.textContent = "";
  requestAnimationFrame(() => (announcer.textContent = text));
}

/** Show a note at the page's edge, which disappears by itself. */
export function toast(text, tone = "info") {
  const said = [...document.getElementById("toasts").children];
  if (said.some((each) => each.textContent === text.slice(0, 600))) return; // it stands there still
  const note = h(
    "p",
    { class: `toast ${tone}`, role: tone === "error" ? "alert" : "status" },
    text.slice(0, 600),
  );
  document.getElementById("toasts").append(note);
  setTimeout(() => note.remove(), tone === "error" ? 9000 : 3500);
}

export async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
    toast(`${what} copied`);
  } catch {
    showText(what, text);
  }
}

/** A text to be copied by hand, where the browser does not let a page do it. */
function showText(title, text) {
  const dialog = h(
    "dialog",
    { class: "dialog", "aria-label": title, onclose: () => dialog.remove() },
    h("h2", {}, title),
    h("textarea", { readOnly: true, rows: 14, cols: 80, value: text, "aria-label": title }),
    h("form", { method: "dialog" }, h("button", {}, "Close")),
  );
  document.body.append(dialog);
  dialog.showModal();
  dialog.querySelector("textarea").select();
}

/** Asks before what can't be undone. */
export function confirmed(question, action) {
  return new Promise((resolve) => {
    const dialog = h(
      "dialog",
      {
        class: "dialog small",
        "aria-label": question,
        onclose: () => {
          dialog.remove();
          resolve(dialog.returnValue === "yes");
        },
      },
      h("p", {}, question),
      h(
        "form",
        { method: "dialog", class: "actions" },
        h("button", { value: "no", autofocus: true }, "Cancel"),
        h("button", { value: "yes", class: "danger" }, action),
      ),
    );
    document.body.append(dialog);
    dialog.showModal();
  });
}

let fields = 0;

/** A labelled control. */
export function field(label, control, hint) {
  const id = `field-${++fields}`;
  control.id = id;
  if (hint) control.setAttribute("aria-describedby", `${id}-hint`);
  return h(
    "div",
    { class: "field" },
    h("label", { for: id }, label),
    control,
    hint ? h("span", { class: "hint", id: `${id}-hint` }, hint) : null,
  );
}

export function options(values, selected) {
  return values.map((each) => {
    const [value, text] = Array.isArray(each) ? each : [each, each];
    return h("option", { value, selected: value === selected }, text);
  });
}

export function empty(title, ...more) {
  return h("div", { class: "empty" }, h("p", { class: "empty-title" }, title), ...more);
}

/** A command to be copied. */
export function command(text) {
  return h(
    "div",
    { class: "command" },
    h("code", {}, text),
    h(
      "button",
      { class: "quiet", "aria-label": "Copy the command", onclick: () => copy(text, "Command") },
      icon("copy"),
    ),
  );
}
