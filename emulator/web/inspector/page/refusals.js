// What was refused, beside the field that it is about; the rest at the top of the form.

import { Outdated } from "./api.js";
import { fill, h } from "./dom.js";

let made = 0;

/** The fields of one form, by the place of their values in a body, such as "prompt.text". */
export class Refusals {
  #fields = new Map();
  node = h("div", { class: "trouble", role: "alert", hidden: true });

  /** A labelled control with room for its refusal. */
  field(path, label, control, hint = null) {
    const id = `part-${++made}`;
    const note = h("p", { class: "refused", id: `${id}-refused`, hidden: true });
    control.id = id;
    const described = hint ? `${id}-hint` : null;
    if (described) control.setAttribute("aria-describedby", described);
    this.#fields.set(path, { control, note, described });
    return h(
      "div",
      { class: "field" },
      h("label", { for: id }, label),
      control,
      hint ? h("span", { class: "hint", id: described }, hint) : null,
      note,
    );
  }

  clear() {
    this.node.hidden = true;
    for (const { control, note, described } of this.#fields.values()) {
      note.hidden = true;
      note.textContent = "";
      control.removeAttribute("aria-invalid");
      if (described) control.setAttribute("aria-describedby", described);
      else control.removeAttribute("aria-describedby");
    }
  }

  /** Other fields from now on. */
  forget() {
    this.clear();
    this.#fields.clear();
  }

  /** Do what may be refused; returns its result, or undefined after the refusal was told. */
  async attempt(button, action) {
    this.clear();
    button.disabled = true;
    try {
      return await action();
    } catch (error) {
      button.disabled = false; // it can have the focus again
      if (!(error instanceof Outdated)) this.#tell(error);
      return undefined;
    } finally {
      button.disabled = false;
    }
  }

  #tell(error) {
    const problems = Array.isArray(error.problems) ? error.problems : [];
    const elsewhere = problems.length ? [] : [error.message];
    let first = null;
    for (const { loc, msg } of problems) {
      const place = (loc[0] === "body" ? loc.slice(1) : loc).join(".");
      const [path, found] = this.#closest(place);
      if (!found) {
        elsewhere.push(place ? `${place}: ${msg}` : msg);
        continue;
      }
      const text = path === place ? msg : `${place}: ${msg}`;
      found.note.textContent += found.note.textContent ? `; ${text}` : text;
      found.note.hidden = false;
      found.control.setAttribute("aria-invalid", "true");
      found.control.setAttribute(
        "aria-describedby",
        [found.described, found.note.id].filter(Boolean).join(" "),
      );
      first ??= found.control;
    }
    fill(
      this.node,
      elsewhere.map((text) => h("p", {}, h("bdi", {}, text))),
    );
    this.node.hidden = !elsewhere.length;
    first?.focus();
  }

  /** The field of a place, or of what the place is in. */
  #closest(place) {
    for (let path = place; path; path = path.slice(0, Math.max(0, path.lastIndexOf(".")))) {
      const found = this.#fields.get(path);
      if (found) return [path, found];
    }
    return [place, undefined];
  }
}
