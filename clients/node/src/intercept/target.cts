// Where redirected requests go, and what changes in them: the credentials that name a world.
import type { OutgoingHttpHeaders } from "node:http";

/** The hosts of the service, which apps ask without being told otherwise. */
export const SERVICE_HOSTS: readonly string[] = ["api.hume.ai", "api.cloud.hume.ai"];

/** A world that takes what is sent to the service. */
export interface Target {
  /** The URL of the emulator. */
  readonly url: URL;
  /** The API key of the world. */
  readonly apiKey: string;
  /** Is told of each request that is redirected. */
  readonly note?: (() => void) | undefined;
}

/** Headers in any form that Node and undici take. */
export type Headers =
  | OutgoingHttpHeaders
  | readonly (string | readonly string[])[]
  | Iterable<readonly [string, string]>;

const KEY_IN_QUERY = /([?&]api_?key=)[^&#]*/gi;
const BASIC = /^Basic\s+(\S+)$/i;

/** True for a host of the service, with or without a port. */
export function isService(host: unknown): boolean {
  if (typeof host !== "string") return false;
  return SERVICE_HOSTS.includes(host.replace(/\.?(:\d+)?$/, "").toLowerCase());
}

/** Return a path and query with the world's key in place of another. */
export function pathFor(target: Target, path: string): string {
  const key = encodeURIComponent(target.apiKey);
  return target.url.pathname.replace(/\/$/, "") + path.replace(KEY_IN_QUERY, (_, name: string) => name + key);
}

/**
 * Return headers with the world's key in place of another, and without the service's name.
 *
 * Access tokens stay: those that the token route gives out, which is redirected too, are the world's.
 */
export function headersFor(target: Target, headers: Headers | null | undefined): OutgoingHttpHeaders {
  const changed: OutgoingHttpHeaders = {};
  for (const [name, value] of pairs(headers)) {
    const known = name.toLowerCase();
    if (known === "host" || value === undefined) continue;
    if (known === "x-hume-api-key") changed[name] = target.apiKey;
    else if (known === "authorization") changed[name] = authorizationFor(target, String(value));
    else add(changed, name, value);
  }
  return changed;
}

/** Return "key:secret" with the world's key. */
export function basicFor(target: Target, credentials: string): string {
  return target.apiKey + credentials.replace(/^[^:]*/, "");
}

function authorizationFor(target: Target, value: string): string {
  const encoded = BASIC.exec(value)?.[1];
  if (encoded === undefined) return value;
  const given = Buffer.from(encoded, "base64").toString();
  return `Basic ${Buffer.from(basicFor(target, given)).toString("base64")}`;
}

function add(headers: OutgoingHttpHeaders, name: string, value: OutgoingHttpHeaders[string]): void {
  const before = headers[name];
  headers[name] = before === undefined ? value : [before, value].flat().map(String);
}

function* pairs(headers: Headers | null | undefined): Iterable<[string, OutgoingHttpHeaders[string]]> {
  if (headers === null || headers === undefined) return;
  if (!(Symbol.iterator in headers)) {
    yield* Object.entries(headers);
    return;
  }
  const items = [...headers];
  if (items.every((item) => Array.isArray(item))) {
    for (const [name, value] of items as string[][]) yield [name!, value];
  } else {
    for (let at = 0; at + 1 < items.length; at += 2) yield [String(items[at]), items[at + 1] as string];
  }
}
