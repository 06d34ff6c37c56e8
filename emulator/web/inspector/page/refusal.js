// What the API refuses, told beside the form that asked for it.

import { Outdated } from "./api.js";
import { h } from "./dom.js";

let made = 0;

/** A place for the message beside `control`; `attempted` returns whether the action was done. */
export function refusal(control) {
  const node = h("p", { class: "trouble", role: "alert", id: `refusal-${++made}`, hidden: true });

  function tell(message) {
    node.textContent = message;
    node.hidden = !message;
    if (message) control.setAttribute("aria-describedby", node.id);
    else control.removeAttribute("aria-describedby");
    control.setAttribute("aria-invalid", Boolean(message));
  }

  async function attempted(button, action) {
    button.disabled = true;
    tell("");
    try {
      await action();
      return true;
    } catch (error) {
      if (!(error instanceof Outdated)) tell(error.message);
      return false;
    } finally {
      button.disabled = false;
    }
  }
  return { node, attempted };
}
