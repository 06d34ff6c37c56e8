// Keeps the end of something that grows in sight, if the end was in sight before.

const NEAR = 40; // px that still count as the end

/** The element that scrolls a node, or null. */
function scrollerOf(node) {
  for (let each = node.parentElement; each; each = each.parentElement)
    if (/auto|scroll/.test(getComputedStyle(each).overflowY) && each.scrollHeight > each.clientHeight)
      return each;
  return null;
}

/** Whether the end of a node is in sight. */
export function showsEnd(node) {
  const scroller = scrollerOf(node);
  if (!scroller) return true;
  return node.getBoundingClientRect().bottom <= scroller.getBoundingClientRect().bottom + NEAR;
}

/** Bring the end of a node into sight, without moving more than that takes. */
export const showEnd = (node) => node.lastElementChild?.scrollIntoView({ block: "nearest" });
