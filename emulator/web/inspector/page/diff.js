// The difference between two texts, line by line.

import { h } from "./dom.js";
import { plural, visible } from "./text.js";

const MOST = 4_000_000; // comparisons; what differs more is shown as replaced
const LONGEST = 2_000; // lines that are shown
const AROUND = 3; // lines that are shown beside a change

/** [mark, line] pairs: ' ' in both, '-' in the first alone, '+' in the second alone. */
export function diffLines(before, after) {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start++;
  let end = 0;
  while (
    end < before.length - start &&
    end < after.length - start &&
    before.at(-1 - end) === after.at(-1 - end)
  )
    end++;
  const same = (lines) => lines.map((line) => [" ", line]);
  return [
    ...same(before.slice(0, start)),
    ...middle(before.slice(start, before.length - end), after.slice(start, after.length - end)),
    ...same(before.slice(before.length - end)),
  ];
}

/** By the longest common subsequence. */
function middle(before, after) {
  if (before.length * after.length > MOST)
    return [...before.map((line) => ["-", line]), ...after.map((line) => ["+", line])];
  const width = after.length + 1;
  const longest = new Uint32Array((before.length + 1) * width);
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      longest[i * width + j] =
        before[i] === after[j]
          ? longest[(i + 1) * width + j + 1] + 1
          : Math.max(longest[(i + 1) * width + j], longest[i * width + j + 1]);
    }
  }
  const found = [];
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    if (i < before.length && j < after.length && before[i] === after[j])
      found.push([" ", before[i++], j++]);
    else if (
      i < before.length &&
      (j >= after.length || longest[(i + 1) * width + j] >= longest[i * width + j + 1])
    )
      found.push(["-", before[i++]]);
    else found.push(["+", after[j++]]);
  }
  return found.map(([mark, line]) => [mark, line]);
}

const CLASSES = { "+": "added", "-": "removed", " ": "" };
const SPOKEN = { "+": "added: ", "-": "removed: ", " ": "" };

/** The lines that differ, with some around them. */
export function showDiff(before, after, label) {
  const lines = diffLines(before.split("\n"), after.split("\n"));
  const near = lines.map(() => false);
  lines.forEach(([mark], index) => {
    if (mark !== " ") near.fill(true, Math.max(0, index - AROUND), index + AROUND + 1);
  });
  if (!near.includes(true)) return h("p", { class: "dim" }, "They are the same.");
  const shown = [];
  let [skipped, more] = [0, 0];
  lines.forEach(([mark, line], index) => {
    if (!near[index]) {
      skipped++;
      return;
    }
    if (shown.length >= LONGEST) {
      more++;
      return;
    }
    if (skipped) shown.push(gap(`${plural(skipped, "line")} the same`));
    skipped = 0;
    shown.push(
      h(
        "div",
        { class: CLASSES[mark] },
        h("span", { class: "mark", "aria-hidden": "true" }, mark),
        h(
          "span",
          {},
          SPOKEN[mark] ? h("span", { class: "unseen" }, SPOKEN[mark]) : null,
          visible(line),
        ),
      ),
    );
  });
  if (more) shown.push(gap(`${more} more lines`));
  else if (skipped) shown.push(gap(`${plural(skipped, "line")} the same`));
  return h("div", { class: "diff", tabindex: "0", role: "group", "aria-label": label }, shown);
}

const gap = (text) =>
  h("div", { class: "skipped" }, h("span", { class: "mark" }, "⋯"), h("span", {}, text));
