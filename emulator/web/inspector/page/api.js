// The API and the control routes, as one world.

import {
  attempted,
  credentialHeaders,
  credentialQuery,
  openedBy,
  setKey,
  setReference,
} from "./credentials.js";

export { apiKey, openedBy, whichWorld } from "./credentials.js";

/** What was remembered. */
export const recalled = (name) => attempted(() => localStorage.getItem(name));

/** Keep a value for this tab, and for tabs that are opened later. */
export const remember = (name, value) => attempted(() => localStorage.setItem(name, value));

let world = new AbortController(); // ends what is asked about the world that is shown

/** Another world from now on: what was asked about the one before is not answered any more. */
export function useKey(given) {
  setKey(given);
  leaveWorld();
}

/** The world of a reference from now on; the page has no key of it. */
export function useReference(given) {
  setReference(given);
  leaveWorld();
}

function leaveWorld() {
  world.abort(new Outdated());
  world = new AbortController();
}

/** An answer that nobody waits for any more, since it is about another world. */
export class Outdated extends Error {}

export class Refused extends Error {
  /** `problems` are those of single fields: [{loc, msg}], with loc from "body" on. */
  constructor(status, message, problems = []) {
    super(message);
    this.status = status;
    this.problems = problems;
  }
}

/** What an answer that is an error says. */
function reason(status, body) {
  if (Array.isArray(body?.detail)) return body.detail.map(problem).join("; ");
  return body?.message ?? body?.fault?.faultstring ?? `The answer was ${status}.`;
}

/** One problem of a 422; a stub's body has any shape. */
const problem = (given) =>
  Array.isArray(given?.loc) ? `${given.loc.join(".")}: ${given.msg}` : JSON.stringify(given);

/** The problems of single fields, if all are that. */
function problemsOf(body) {
  const found = Array.isArray(body?.detail) ? body.detail : [];
  return found.every((each) => Array.isArray(each?.loc)) ? found : [];
}

/** Looking leaves no trace and nothing breaks it; what is shown of an answer has no credentials. */
const ONLY_LOOKING = { "X-EVI-Emulator-Quiet": "hide" };
const ONLY_ASKING = { "X-EVI-Emulator-Quiet": "1" };

async function send(method, path, body, signal, looking = ONLY_LOOKING) {
  const asked = world.signal;
  let answer = await ask(method, path, body, signal, looking, false);
  if (answer.status === 401 && openedBy() && !asked.aborted) // its token has expired
    answer = await ask(method, path, body, signal, looking, true);
  if (answer.ok) return answer;
  const said = await answer.json().catch(() => null);
  throw new Refused(answer.status, reason(answer.status, said), problemsOf(said));
}

async function ask(method, path, body, signal, looking, isAgain) {
  const ends = method === "GET" ? [world.signal] : []; // what changes something is done
  const credentials = await credentialHeaders(isAgain).catch(refused);
  if (credentials instanceof Response) return credentials;
  for (const end of ends) end.throwIfAborted();
  const headers = { ...credentials, ...(method === "GET" ? looking : {}) };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const text =
    body === undefined || typeof body === "string" || body instanceof Blob
      ? body
      : JSON.stringify(body);
  const signals = AbortSignal.any([...ends, ...(signal ? [signal] : [])]);
  return fetch(path, { method, headers, body: text, signal: signals, cache: "no-store" });
}

/** The answer that refused a token; throws anything else, such as no answer. */
function refused(given) {
  if (given instanceof Response) return given;
  throw given;
}

/** The JSON of an answer, or null. Throws Refused. */
export async function call(method, path, body, signal) {
  const answer = await send(method, path, body, signal);
  return answer.status === 204 ? null : answer.json();
}

export const get = (path, signal) => call("GET", path, undefined, signal);

/** What is used and not shown, such as a signed URL. */
export const getToUse = async (path) =>
  (await send("GET", path, undefined, undefined, ONLY_ASKING)).json();

/** The answer as it came: a file. */
export const download = async (path) => (await send("GET", path)).blob();

/** Everything of a list that comes in pages: `name` is the field of a page that holds them. */
export async function all(path, name, parameters = {}) {
  const found = [];
  for (let number = 0; ; number++) {
    const query = new URLSearchParams({ page_size: 100, ...parameters, page_number: number });
    const page = await get(`${path}?${query}`);
    found.push(...page[name]);
    if (number + 1 >= page.total_pages) return found;
  }
}

/** Where a client finds the API, as this page does. */
export const origin = () => location.origin;

export async function socketAddress(parameters) {
  const query = new URLSearchParams({ ...(await withCredentials()), ...parameters });
  return `${location.origin.replace(/^http/, "ws")}/v0/evi/chat?${query}`;
}

/** The query of what can't send headers. Throws Refused. */
export async function withCredentials() {
  const given = await credentialQuery().catch(refused);
  if (!(given instanceof Response)) return given;
  throw new Refused(given.status, reason(given.status, await given.json().catch(() => null)));
}

/** A URL of this server, whatever name it calls itself by; `scheme` is http or ws. */
export const here = (scheme, url) =>
  `${location.origin.replace(/^http/, scheme)}${new URL(url, location.origin).pathname}`;

/** The XML that a form is answered with. The page's policy lets it parse no markup, but a request of this
    kind brings a document. Throws Refused. */
export function postForm(path, query, form) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", `${path}?${new URLSearchParams(query)}`);
    request.responseType = "document";
    request.onload = () =>
      request.status === 200 && request.response
        ? resolve(request.response)
        : reject(new Refused(request.status, `The answer was ${request.status}.`));
    request.onerror = () => reject(new Error("The emulator does not answer."));
    request.send(new URLSearchParams(form));
  });
}
