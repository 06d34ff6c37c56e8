// Who is told of what, what was sent, and what came back.

import { all, apiKey, call, get, origin } from "./api.js";
import { deliveryBadge, together } from "./chats.js";
import { attempt, faultTable } from "./drive.js";
import { command, copy, empty, field, fill, h, icon, options, reconcile, toast } from "./dom.js";
import { asCurl } from "./export.js";
import { code, duration, facts, plural, time, timeOfDay } from "./text.js";

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
  root.append(h("div", { class: "columns" }, h("section", { class: "side", "aria-label": "All deliveries" },
    h("div", { class: "side-head" }, h("h2", {}, "Deliveries"), count, h("button", { "aria-current": !chosen, onclick: () => go("webhooks") }, "Overview")), list), page));
  fill(overview, sending(), subscriptions(go));

  async function refresh() {
    deliveries = (await get(`/_emulator/webhooks/deliveries?limit=${SHOWN}`)).deliveries;
    const asked = chosen;
    const delivery = asked && (deliveries.find((each) => each.id === asked) ?? (await older(asked)));
    if (chosen === asked) draw(delivery);
  }

  /** One that is not among the newest; null if it is gone. */
  const older = (id) => get(`/_emulator/webhooks/deliveries/${encodeURIComponent(id)}`).catch((error) => {
    if (error.status === 404) return null;
    throw error;
  });

  function draw(delivery) {
    count.textContent = deliveries.length < SHOWN ? String(deliveries.length) : `the newest ${SHOWN}`;
    const newest = [...deliveries].reverse().map((each) => ({ ...each, body: "", attempts: each.attempts.length, isChosen: each.id === chosen }));
    reconcile(list, newest, (each) => each.id, item);
    if (!newest.length) fill(list, h("div", { role: "listitem" }, h("p", { class: "hint pad" }, "Nothing was sent yet."))).made = undefined;
    if (!chosen) {
      if (page.firstChild !== overview) fill(page, overview);
      return;
    }
    const now = JSON.stringify(delivery);
    if (now !== drawn || !page.firstChild) fill(page, delivery ? oneDelivery(delivery, go, refresh) : empty("This delivery is gone.", h("p", {}, "The world was reset, or keeps only the newest.")));
    drawn = now;
  }

  function item(each) {
    return h("div", { role: "listitem" }, h("button", { class: "pick", "data-row": true, "aria-current": each.isChosen, onclick: () => go("webhooks", { id: each.id }) },
      h("span", { class: "line" }, h("span", { class: "name" }, each.event_name), deliveryBadge(each)),
      h("span", { class: "line small" }, time(each.created_at_ms), plural(each.attempts, "attempt")),
      h("bdi", { class: "small" }, each.url)));
  }

  const schedule = together(() => refresh().catch((error) => toast(error.message, "error")));
  const onEntries = ({ detail: { added, gone } }) => {
    if (gone || added.some((entry) => entry.kind === "webhook" || entry.kind === "frame" || entry.kind === "clock")) schedule();
  };
  journal.addEventListener("entries", onEntries);
  journal.addEventListener("begin", schedule);
  schedule();
  return {
    follow(next) {
      chosen = next.id ?? null;
      drawn = "";
      fill(page);
      attempt(refresh);
      return true;
    },
    close: () => chosen && go("webhooks"),
    leave() {
      journal.removeEventListener("entries", onEntries);
      journal.removeEventListener("begin", schedule);
    },
  };
}

// one delivery

function oneDelivery(delivery, go, refresh) {
  const again = () => attempt(async () => {
    const done = await call("POST", `/_emulator/webhooks/deliveries/${delivery.id}/redeliver`);
    toast(`Redelivered: ${done.state}`);
    await refresh();
  });
  return [
    h("div", { class: "page-head" }, h("div", {}, h("h2", {}, delivery.event_name, " ", deliveryBadge(delivery)), h("p", { class: "hint mono" }, delivery.id)),
      h("div", { class: "actions" }, h("button", { class: "primary", disabled: delivery.state === "pending", onclick: again }, "Redeliver"),
        h("button", { onclick: () => go("chats", { id: delivery.chat_id }) }, "Open the chat"))),
    facts([["To", h("bdi", { class: "mono" }, delivery.url)], ["Created", time(delivery.created_at_ms)], ["Chat", h("span", { class: "mono" }, delivery.chat_id)], ["Error", delivery.error]]),
    h("section", { class: "card" }, h("h2", {}, "Payload"), h("div", { class: "payload" }, code(delivery.body, "Payload"))),
    delivery.attempts.length ? null : h("p", { class: "dim" }, "No attempt was made so far."),
    delivery.attempts.map((each) => attemptCard(each, delivery.url)).reverse(),
  ];
}

function attemptCard(each, url) {
  const { valid, problem } = each.signature;
  const outcome = each.status === null ? "no answer" : String(each.status);
  const isGood = each.status >= 200 && each.status < 300;
  const isChanged = each.faults.length > 0;
  return h("section", { class: "card", "aria-label": `Attempt ${each.number}` },
    h("h2", {}, h("span", {}, `Attempt ${each.number} `, h("span", { class: `badge ${isGood ? "ok" : "bad"}` }, outcome)),
      h("button", { onclick: () => copy(asCurl({ method: "POST", body: each.request.body, headers: each.request.headers }, url, null), "curl command") }, "Copy as curl")),
    facts([["At", time(each.at_ms, timeOfDay)], ["Took", duration(each.duration_ms)], ["Error", each.error],
      ["Signature", h("span", {}, h("span", { class: `badge ${valid ? "ok" : "bad"}` }, valid ? "✓ valid" : "✗ not valid"), problem ? ` ${problem}` : "")],
      ["Faults", each.faults.join(", ")]]),
    h("details", {}, h("summary", {}, "Headers"), facts(Object.entries(each.request.headers))),
    isChanged ? h("details", {}, h("summary", {}, "Body as it was sent"), code(each.request.body, "Body as it was sent")) : null,
    each.response.body ? h("div", {}, h("h3", {}, "Answer"), code(each.response.body, "Answer")) : null);
}

// sending one

function sending() {
  const event = h("select", {});
  const url = h("input", { type: "url", placeholder: "http://localhost:3000/hook", spellcheck: "false" });
  const chat = h("input", { placeholder: "any", spellcheck: "false" });
  const set = h("input", { placeholder: '{"end_reason": "SILENCE_TIMEOUT"}', spellcheck: "false" });
  const fault = h("select", {});
  const result = h("div", { role: "status" });
  faultTable().then(({ kinds, values }) => {
    fill(event, options(values.event_name, "chat_ended"));
    fill(fault, options([["", "none"], ...Object.entries(kinds.webhook.faults).map(([name, { does }]) => [name, `${name}: it ${does}`])]));
  }).catch((error) => toast(error.message, "error"));

  async function send(given) {
    given.preventDefault();
    await attempt(async () => {
      const body = { event_name: event.value };
      if (url.value) body.url = url.value;
      if (chat.value.trim()) body.chat_id = chat.value.trim();
      if (set.value.trim()) body.set = JSON.parse(set.value);
      if (fault.value) body.faults = [fault.value];
      const delivery = await call("POST", "/_emulator/webhooks/trigger", body);
      const { status, error } = delivery.attempts.at(-1) ?? { error: delivery.error };
      fill(result, deliveryBadge(delivery), " ", status ? `The receiver answered ${status}.` : error ?? "");
    });
  }

  return h("section", { class: "card", "aria-label": "Send a webhook" }, h("h2", {}, "Send a webhook"),
    h("form", { class: "form", onsubmit: send }, field("Event", event), field("Chat", chat), h("div", { class: "all" }, field("To", url, "Left out: to whom a config sends it")),
      h("div", { class: "all" }, field("Fields to replace, as JSON", set)), h("div", { class: "all" }, field("Fault", fault)), h("div", { class: "actions" }, h("button", { class: "primary" }, "Send"), result)));
}

/** Which configs tell whom of what. */
function subscriptions(go) {
  const rows = h("tbody", {});
  const none = h("div", {});
  all("/v0/evi/configs", "configs_page").then((configs) => {
    const found = configs.flatMap((config) => (config.webhooks ?? []).map((hook) => ({ config, hook })));
    fill(rows, found.map(({ config, hook }) => h("tr", {}, h("td", {}, h("button", { class: "link", onclick: () => go("resources", { kind: "configs", id: config.id }) }, h("bdi", {}, config.name))),
      h("td", {}, h("bdi", { class: "mono" }, hook.url)), h("td", {}, (hook.events ?? []).join(", ")))));
    if (!found.length) fill(none, empty("No config has a webhook.", command(`curl -s -H 'X-Hume-Api-Key: ${apiKey()}' -H 'Content-Type: application/json' ${origin()}/v0/evi/configs -d '{"evi_version": "3", "name": "Hooked", "webhooks": [{"url": "http://localhost:3000/hook", "events": ["chat_started", "chat_ended"]}]}'`)));
  }).catch((error) => toast(error.message, "error"));
  return h("section", { class: "card flush", "aria-label": "Subscriptions" }, h("h2", {}, "Subscriptions"),
    h("table", {}, h("thead", {}, h("tr", {}, ["Config", "URL", "Events"].map((name) => h("th", { scope: "col" }, name)))), rows), none);
}
