// What is wrong by a finding, in the words of the contract report.

import { pretty, visible } from "./text.js";

/** In parts: what stands before, what was expected or what the refusal said, what stands after. */
export function trouble({ code, expected, got }, most = 300) {
  const shown = visible(pretty(got ?? null).slice(0, most));
  if (!isSentence(expected)) return ["Expected ", expected, `; got ${shown}`];
  if (got === null || got === undefined) return ["", expected, ""];
  const said = expected.replace(/\.$/, "");
  // `got` is the error's code
  return code === "request_refused" ? ["", said, ` (${visible(String(got))})`] : ["", said, `; got ${shown}`];
}

/** True for a message such as "A config is missing", false for "JSON" or "a text". */
function isSentence(text) {
  return /^\p{Lu}(?!\p{Lu})/u.test(text);
}
