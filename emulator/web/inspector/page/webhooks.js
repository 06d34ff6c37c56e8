// Who is told of what, what was sent, and what came back.

import { together } from "./acting.js";
import { get } from "./api.js";
import { deliveryBadge } from "./badges.js";
import { oneDelivery } from "./delivery.js";
import { empty, fill, h, reconcile } from "./dom.js";
import { sending, subscriptions } from "./sending.js";
import { plural, time } from "./text.js";

const SHOWN = 500; // deliveries, the newest

export const webhooks = { id: "webhooks", title: "Webhooks", show };

function show(root, { journal, go, parameters }) {
  let chosen = parameters.id ?? null;
  let deliveries = [];
  let drawn = "";
  const list = h("div", { role: "list", "aria-label": "Deliveries" });
  const count = h("span", { class: "dim" });
  const page = h("div", { class: "page" });
  const overview = h("div", { class: "cards" });
  root.append(
    h(
      "div",
      { class: "columns" },
      h(
        "section",
        { class: "side", "aria-label": "All deliveries" },
        h(
          "div",
          { class: "side-head" },
          h("h2", {}, "Deliveries"),
          count,
          h("button", { "aria-current": !chosen, onclick: () => go("webhooks") }, "Overview"),
        ),
        list,
      ),
      page,
    ),
  );
  fill(overview, sending((id) => go("webhooks", { id })), subscriptions(go));

  async function refresh() {
    deliveries = (await get(`/_emulator/webhooks/deliveries?limit=${SHOWN}`)).deliveries;
    const asked = chosen;
    const delivery =
      asked && (deliveries.find((each) => each.id === asked) ?? (await older(asked)));
    if (chosen === asked) draw(delivery);
  }

  /** One that is not among the newest; null if it is gone. */
  const older = (id) =>
    get(`/_emulator/webhooks/deliveries/${encodeURIComponent(id)}`).catch((error) => {
      if (error.status === 404) return null;
      throw error;
    });

  function draw(delivery) {
    count.textContent =
      deliveries.length < SHOWN ? String(deliveries.length) : `the newest ${SHOWN}`;
    const newest = [...deliveries].reverse().map((each) => ({
      ...each,
      body: "",
      attempts: each.attempts.length,
      isChosen: each.id === chosen,
    }));
    reconcile(list, newest, (each) => each.id, item);
    if (!newest.length)
      fill(
        list,
        h("div", { role: "listitem" }, h("p", { class: "hint pad" }, "No webhooks yet.")),
      ).made = undefined;
    if (!chosen) {
      if (page.firstChild !== overview) fill(page, overview);
      return;
    }
    const now = JSON.stringify(delivery);
    if (now !== drawn || !page.firstChild)
      fill(
        page,
        delivery
          ? oneDelivery(delivery, go, refresh)
          : empty(
              "This delivery is gone.",
              h("p", {}, "The world was reset, or dropped its oldest deliveries."),
            ),
      );
    drawn = now;
  }

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
          onclick: () => go("webhooks", { id: each.id }),
        },
        h(
          "span",
          { class: "line" },
          h("span", { class: "name" }, each.event_name),
          deliveryBadge(each),
        ),
        h(
          "span",
          { class: "line small" },
          time(each.created_at_ms),
          plural(each.attempts, "attempt"),
        ),
        h("bdi", { class: "small" }, each.url),
      ),
    );
  }

  const schedule = together(refresh);
  const onEntries = ({ detail: { added, gone } }) => {
    if (
      gone ||
      added.some(
        (entry) => entry.kind === "webhook" || entry.kind === "frame" || entry.kind === "clock",
      )
    )
      schedule();
  };
  journal.addEventListener("entries", onEntries);
  journal.addEventListener("begin", schedule);
  schedule();
  return {
    follow(next) {
      chosen = next.id ?? null;
      drawn = "";
      fill(page);
      schedule();
      return true;
    },
    close: () => chosen && go("webhooks"),
    leave() {
      journal.removeEventListener("entries", onEntries);
      journal.removeEventListener("begin", schedule);
    },
  };
}
