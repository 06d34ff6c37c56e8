// One delivery of a webhook: its payload, and each attempt.

import { attempt } from "./acting.js";
import { call } from "./api.js";
import { badge, deliveryBadge } from "./badges.js";
import { copy, h, toast } from "./dom.js";
import { asCurl } from "./export.js";
import { code, duration, facts, time, timeOfDay } from "./text.js";

/** `refresh` reads the deliveries again. */
export function oneDelivery(delivery, go, refresh) {
  const again = () =>
    attempt(async () => {
      const id = encodeURIComponent(delivery.id);
      const done = await call("POST", `/_emulator/webhooks/deliveries/${id}/redeliver`);
      toast(`Redelivered: ${done.state}`);
      await refresh();
    });
  return [
    h(
      "div",
      { class: "page-head" },
      h(
        "div",
        {},
        h("h2", {}, delivery.event_name, " ", deliveryBadge(delivery)),
        h("p", { class: "hint mono" }, delivery.id),
      ),
      h(
        "div",
        { class: "actions" },
        h(
          "button",
          { class: "primary", disabled: delivery.state === "pending", onclick: again },
          "Redeliver",
        ),
        h("button", { onclick: () => go("chats", { id: delivery.chat_id }) }, "Open the chat"),
      ),
    ),
    facts([
      ["To", h("bdi", { class: "mono" }, delivery.url)],
      ["Created", time(delivery.created_at_ms)],
      ["Chat", h("span", { class: "mono" }, delivery.chat_id)],
      ["Error", delivery.error],
    ]),
    h(
      "section",
      { class: "card" },
      h("h2", {}, "Payload"),
      h("div", { class: "payload" }, code(delivery.body, "Payload")),
    ),
    delivery.attempts.length ? null : h("p", { class: "dim" }, "No attempt yet."),
    delivery.attempts.map((each) => attemptCard(each, delivery.url)).reverse(),
  ];
}

function attemptCard(each, url) {
  const { valid, problem } = each.signature;
  const outcome = each.status === null ? "no answer" : String(each.status);
  const isGood = each.status >= 200 && each.status < 300;
  const isChanged = each.faults.length > 0;
  return h(
    "section",
    { class: "card", "aria-label": `Attempt ${each.number}` },
    h(
      "h2",
      {},
      h("span", {}, `Attempt ${each.number} `, badge(outcome, isGood ? "ok" : "bad")),
      h(
        "button",
        {
          onclick: () =>
            copy(
              asCurl(
                { method: "POST", body: each.request.body, headers: each.request.headers },
                url,
                null,
              ),
              "curl command",
            ),
        },
        "Copy as curl",
      ),
    ),
    facts([
      ["At", time(each.at_ms, timeOfDay)],
      ["Took", duration(each.duration_ms)],
      ["Error", each.error],
      [
        "Signature",
        h(
          "span",
          {},
          badge(valid ? "✓ valid" : "✗ not valid", valid ? "ok" : "bad"),
          problem ? ` ${problem}` : "",
        ),
      ],
      ["Faults", each.faults.join(", ")],
    ]),
    h("details", {}, h("summary", {}, "Headers"), facts(Object.entries(each.request.headers))),
    isChanged
      ? h(
          "details",
          {},
          h("summary", {}, "Body as sent"),
          code(each.request.body, "Body as sent"),
        )
      : null,
    each.response.body
      ? h("div", {}, h("h3", {}, "Answer"), code(each.response.body, "Answer"))
      : null,
  );
}
