// The keys of a telephone.

import { h } from "./dom.js";

const KEYS = "123456789*0#";

export function keypad(press) {
  return h(
    "div",
    { class: "keypad", role: "group", "aria-label": "Keypad" },
    [...KEYS].map((key) => h("button", { type: "button", onclick: () => press(key) }, key)),
  );
}
