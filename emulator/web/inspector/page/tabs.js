// Tabs, of which one panel is shown.

import { fill, h } from "./dom.js";

let made = 0;

/** `parts` are [title, content]: the content is made when its tab is chosen. */
export function tabs(label, parts) {
  const id = `tabs-${++made}`;
  const panel = h("div", { class: "tabpanel", role: "tabpanel", id: `${id}-panel` });
  const heads = parts.map(([title], index) =>
    h(
      "button",
      {
        class: "tab",
        role: "tab",
        type: "button",
        id: `${id}-${index}`,
        "aria-controls": panel.id,
        onclick: () => choose(index),
        onkeydown: (event) => onKey(event, index),
      },
      title,
    ),
  );

  function choose(chosen) {
    heads.forEach((head, index) => {
      head.setAttribute("aria-selected", index === chosen);
      head.tabIndex = index === chosen ? 0 : -1;
    });
    panel.setAttribute("aria-labelledby", heads[chosen].id);
    fill(panel, parts[chosen][1]());
  }

  function onKey(event, index) {
    const last = heads.length - 1;
    const to = {
      ArrowRight: index === last ? 0 : index + 1,
      ArrowLeft: index === 0 ? last : index - 1,
      Home: 0,
      End: last,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    choose(to);
    heads[to].focus();
  }

  choose(0);
  return h(
    "div",
    { class: "tabs" },
    h("div", { class: "chips", role: "tablist", "aria-label": label }, heads),
    panel,
  );
}
