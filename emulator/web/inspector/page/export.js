// A request as a command or as a test that makes it again.

import { apiKey, origin } from "./api.js";
import { parsed, visible } from "./text.js";

const SWITCHED = 101; // to a WebSocket
const KEPT = 4000; // characters of a body that the journal keeps, at most

/** What a journal entry did, as a request that can be made again; null if it was none. */
export function requestOf(entry) {
  if (entry.kind === "http") return entry.status === SWITCHED ? null : httpRequest(entry);
  if (entry.kind === "clock") {
    if (entry.action === "wait") return null;
    const body = entry.action === "advance" ? JSON.stringify({ seconds: entry.ms / 1000 }) : "";
    return {
      name: `clock_${entry.action}`,
      method: "POST",
      path: `/_emulator/clock/${entry.action}`,
      body,
      headers: {},
      status: 200,
    };
  }
  if (
    entry.kind === "frame" &&
    entry.direction === "in" &&
    !entry.run &&
    typeof entry.content?.type === "string" &&
    entry.content.type !== "audio_input" &&
    entry.content.type !== "audio"
  ) {
    return {
      name: `send_${entry.content.type}`,
      method: "POST",
      path: `/v0/evi/chat/${entry.chat_id}/send`,
      body: JSON.stringify(entry.content),
      headers: { "Content-Type": "application/json" },
      status: 200,
    };
  }
  return null;
}

function httpRequest(entry) {
  const query = (entry.query ?? "")
    .split("&")
    .filter((pair) => pair && !pair.endsWith("=(hidden)"))
    .join("&");
  const headers = {};
  for (const [name, value] of headersOf(entry)) {
    if (["content-type", "prefer", "accept"].includes(name.toLowerCase()) && value !== "*/*")
      headers[name] = value;
  }
  if (entry.request && !Object.keys(headers).some((name) => name.toLowerCase() === "content-type"))
    headers["Content-Type"] = "application/json";
  return {
    name: entry.operation ?? "request",
    method: entry.method,
    path: entry.path + (query ? `?${query}` : ""),
    body: entry.request ?? "",
    headers,
    status: entry.status,
  };
}

/** The request's headers, however the journal keeps them. */
export function headersOf(entry) {
  const given = entry.request_headers ?? {};
  return Array.isArray(given) ? given : Object.entries(given);
}

export const isCut = (body) => body.length >= KEPT && parsed(body) === undefined;

/** A word of a shell. What can't be seen, such as what ends a paste, is escaped, as bash and zsh read it. */
const quoted = (text) =>
  visible(text) === text
    ? `'${text.replaceAll("'", "'\\''")}'`
    : `$'${visible(text.replace(/[\\']/g, "\\$&").replaceAll("\n", "\\n"))}'`;

export function asCurl({ method, path, body, headers }, url = origin() + path, key = apiKey()) {
  const parts = ["curl -s"];
  const asked = /^\w+$/.test(method) ? method : quoted(method);
  if (method !== (body ? "POST" : "GET")) parts.push(method === "HEAD" ? "--head" : `-X ${asked}`);
  if (/[[\]{}]/.test(url)) parts.push("--globoff");
  parts.push(quoted(url));
  if (key !== null) parts.push(`-H ${quoted(`X-Hume-Api-Key: ${key}`)}`);
  for (const [name, value] of Object.entries(headers))
    parts.push(`-H ${quoted(`${name}: ${value}`)}`);
  if (body) parts.push(`--data-raw ${quoted(body)}`);
  return parts.join(" \\\n  ");
}

/** A short command for a reader to try: a GET, or a POST of a JSON text. */
export function example(path, body = "") {
  const headers = body ? { "Content-Type": "application/json" } : {};
  return asCurl({ method: body ? "POST" : "GET", path, body, headers }).replaceAll(" \\\n ", "");
}

/** A text as Python writes it; what can't be seen is escaped. */
export const literal = (text) => visible(JSON.stringify(text));

export function asPytest({ name, method, path, body, headers, status }) {
  const test = `test_${name.replace(/\W+/g, "_").toLowerCase()}`;
  const given = Object.entries(headers)
    .map(([field, value]) => `, ${literal(field)}: ${literal(value)}`)
    .join("");
  return `import urllib.error
import urllib.request


def ${test}(evi):
    request = urllib.request.Request(
        evi.url + ${literal(path)},
        method=${literal(method)},
        headers={"X-Hume-Api-Key": evi.api_key${given}},
${body ? `        data=${literal(body)}.encode(),\n` : ""}    )
    try:
        response = urllib.request.urlopen(request)
    except urllib.error.HTTPError as error:
        response = error
    with response:
        assert response.status == ${status}, response.read().decode()
`;
}
