// How things are, as a coloured word.

import { h } from "./dom.js";

const CHAT_TONES = { ACTIVE: "live", USER_ENDED: "ok", ERROR: "bad" };
const DELIVERY_TONES = { delivered: "ok", failed: "bad", pending: "warn" };

export function badge(text, tone = "") {
  return h("span", { class: `badge ${tone}` }, text);
}

export const statusBadge = (status) =>
  badge(status === "ACTIVE" ? "● ACTIVE" : status, CHAT_TONES[status] ?? "warn");

export const deliveryBadge = ({ state }) => badge(state, DELIVERY_TONES[state]);
