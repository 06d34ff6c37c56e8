import { createHash } from "node:crypto";

/** The spellings of an API key in a query, each beside that of an access token. */
const SPELLINGS = [
  ["api_key", "access_token"],
  ["apiKey", "accessToken"], // older clients, in handshakes
] as const;

/** Where a request leads, and as whom. */
export interface Addressed {
  url: URL;
  headers: Record<string, string>;
  body: Buffer | undefined;
}

/**
 * Return a request to the service as one to a world: its host and its credentials replaced.
 *
 * A request without credentials gets none. An access token of this world stays as it is, so that it can
 * expire; any other gives way to the world's key. Names of headers are in lower case.
 */
export function addressedTo(base: string, apiKey: string, request: Addressed): Addressed {
  const { origin } = new URL(base);
  const url = new URL(request.url.pathname + request.url.search, origin);
  const headers = { ...request.headers };
  const isOwn = (token: string) => token.startsWith(referenceOf(apiKey));
  if (headers["x-hume-api-key"]) headers["x-hume-api-key"] = apiKey;
  for (const [key, token] of SPELLINGS) {
    if (url.searchParams.get(key)) url.searchParams.set(key, apiKey);
    const sent = url.searchParams.get(token);
    if (!sent || isOwn(sent)) continue;
    url.searchParams.delete(token);
    url.searchParams.set(key, apiKey);
  }
  const [scheme = "", sent = ""] = (headers["authorization"] ?? "").split(/\s+/, 2);
  if (scheme.toLowerCase() === "basic") {
    const secret = Buffer.from(sent, "base64").toString().split(":").slice(1).join(":");
    headers["authorization"] = `Basic ${Buffer.from(`${apiKey}:${secret}`).toString("base64")}`;
  } else if (scheme.toLowerCase() === "bearer" && !isOwn(sent)) {
    delete headers["authorization"];
    headers["x-hume-api-key"] ??= apiKey;
  }
  return { url, headers, body: bodyFor(apiKey, url, request.body) };
}

/** Return the body, with the key in a form that asks for an access token. */
function bodyFor(apiKey: string, url: URL, body: Buffer | undefined): Buffer | undefined {
  if (body === undefined || url.pathname !== "/oauth2-cc/token") return body;
  const form = new URLSearchParams(body.toString());
  if (!form.get("client_id")) return body;
  form.set("client_id", apiKey);
  return Buffer.from(form.toString());
}

/** Return what the access tokens of a key's world begin with. */
function referenceOf(apiKey: string): string {
  return createHash("sha256").update(apiKey).digest("hex").slice(0, 16);
}
