// A list of any length: only the rows that can be seen are in the page. It is one stop of the Tab key;
// what is chosen in it is told by aria-activedescendant.

import { h, place } from "./dom.js";

const BEYOND = 12; // rows above and below the visible ones

export class ListView {
  items = [];
  chosen = -1;
  follows = true; // stays at the end as items come
  #made = new Map(); // item -> its row
  #row = 30; // px: the height of a row, which is `--row` of the style sheet

  /** `render(item)` makes a row's children; `open(item)` is called when one is chosen for good. */
  constructor(label, render, open) {
    this.render = render;
    this.open = open;
    this.rows = h("div", { class: "rows", role: "presentation" });
    this.node = h(
      "div",
      {
        class: "listview",
        role: "listbox",
        "aria-label": label,
        tabindex: "0",
        id: "listview",
        onscroll: () => this.#onScroll(),
        onkeydown: (event) => this.#onKey(event),
        onclick: (event) => this.#onClick(event),
      },
      this.rows,
    );
    this.#watch();
  }

  #watch() {
    this.sizes = new ResizeObserver(() => {
      this.#row = parseFloat(getComputedStyle(this.node).getPropertyValue("--row")) || this.#row;
      this.draw();
    });
    this.sizes.observe(this.node);
  }

  close() {
    this.sizes.disconnect();
    cancelAnimationFrame(this.drawing);
  }

  /** Other items, by their `seq`; the chosen one stays chosen if it is still there. */
  set(items, chosen = this.items[this.chosen]) {
    this.items = items;
    this.chosen = chosen ? items.findIndex((each) => each.seq === chosen.seq) : -1; // it may be drawn again
    this.draw();
  }

  draw() {
    this.drawing ??= requestAnimationFrame(() => {
      this.drawing = null;
      this.#draw();
    });
  }

  #draw() {
    const { node, items } = this;
    this.rows.style.height = `${items.length * this.#row}px`;
    if (this.follows) node.scrollTop = items.length * this.#row;
    const first = Math.max(0, Math.floor(node.scrollTop / this.#row) - BEYOND);
    const last = Math.min(items.length, first + Math.ceil(node.clientHeight / this.#row) + 2 * BEYOND);
    const made = new Map();
    const shown = [];
    for (let index = first; index < last; index++) {
      const item = items[index];
      const row =
        this.#made.get(item) ??
        h("div", { class: "row", role: "option", id: `row-${item.seq}` }, ...this.render(item));
      row.style.transform = `translateY(${index * this.#row}px)`;
      row.index = index;
      row.setAttribute("aria-posinset", index + 1);
      row.setAttribute("aria-setsize", items.length);
      row.setAttribute("aria-selected", index === this.chosen);
      made.set(item, row);
      shown.push(row);
    }
    this.#made = made;
    place(this.rows, shown);
    const active = items[this.chosen];
    if (active && made.has(active)) node.setAttribute("aria-activedescendant", `row-${active.seq}`);
    else node.removeAttribute("aria-activedescendant");
  }

  #onScroll() {
    const { node } = this;
    this.follows = node.scrollTop + node.clientHeight >= node.scrollHeight - this.#row;
    this.onfollow?.(this.follows);
    this.draw();
  }

  #onClick(event) {
    const row = event.target.closest("[role=option]");
    if (row) this.choose(row.index, true);
  }

  #onKey(event) {
    const page = Math.max(1, Math.floor(this.node.clientHeight / this.#row) - 1);
    const to = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: page,
      PageUp: -page,
      Home: -Infinity,
      End: Infinity,
    }[event.key];
    if (to !== undefined) this.step(to);
    else if (event.key === "Enter" || event.key === " ") this.choose(this.chosen, true);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Choose the item so many rows on, and bring it into sight. */
  step(by) {
    const from = this.chosen < 0 ? (by > 0 ? -1 : this.items.length) : this.chosen;
    this.choose(Math.min(this.items.length - 1, Math.max(0, from + by)));
    this.node.focus();
  }

  choose(index, opens = false) {
    if (!this.items[index]) return;
    this.chosen = index;
    const { node } = this;
    this.follows = index === this.items.length - 1 && this.follows;
    if (index * this.#row < node.scrollTop) node.scrollTop = index * this.#row;
    if ((index + 1) * this.#row > node.scrollTop + node.clientHeight)
      node.scrollTop = (index + 1) * this.#row - node.clientHeight;
    this.draw();
    this.onchoose?.(this.items[index], opens);
    if (opens) this.open(this.items[index]);
  }

  toEnd() {
    this.follows = true;
    this.draw();
  }
}
