// What a language model was asked: the body of a request, though its end may be missing.

import { asCurl } from "./export.js";
import { parsed } from "./text.js";

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const objects = (given) => (Array.isArray(given) ? given.filter(isObject) : []);

/** {messages, tools, more, isCut}: `more` has the other fields. */
export function asked(text) {
  const whole = parsed(text);
  const body = whole ?? parsed(`${text.slice(0, endOfLastMessage(text))}]}`);
  const { messages, tools, ...more } = isObject(body) ? body : {};
  return {
    messages: objects(messages),
    tools: objects(tools),
    more,
    isCut: whole === undefined,
  };
}

/** Where the last complete message of a request ends; the request begins with its messages. */
function endOfLastMessage(text) {
  let [depth, end] = [0, 0];
  for (const { 0: sign, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/g)) {
    if (sign === "{" || sign === "[") depth++;
    else if ((sign === "}" || sign === "]") && --depth === 2) end = index + 1;
  }
  return end;
}

/** The request as a command; null for one over a WebSocket. What is hidden has to be filled in. */
export function questionAsCurl({ url, headers, request }) {
  if (!/^https?:/i.test(url)) return null;
  const known = { "content-type": "application/json", authorization: "Bearer (hidden)" };
  const given = headers.length ? headers : ["Content-Type"]; // one that was not sent has none
  const sent = given.map((name) => [name, known[name.toLowerCase()] ?? "(hidden)"]);
  return asCurl({ method: "POST", body: request, headers: Object.fromEntries(sent) }, url, null);
}
