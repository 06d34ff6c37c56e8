// Requests by node:http and node:https, which `ws`, node-fetch and axios use.
import http = require("node:http");
import https = require("node:https");
import { basicFor, headersFor, isService, pathFor, type Headers, type Target } from "./target.cjs";
import { replace, type Undo } from "./patches.cjs";

type Options = https.RequestOptions;
type Callback = (response: http.IncomingMessage) => void;
type Arguments = [
  input: string | URL | Options,
  options?: Options | Callback | undefined,
  callback?: Callback | undefined,
];
type Request = typeof http.request;

/** Redirect requests to the service to the target of the moment, if there is one. */
export function redirectRequests(target: () => Target | undefined): Undo {
  const send = { "http:": http.request, "https:": https.request };
  const request = (original: Request): Request =>
    ((...given: Arguments) => {
      const world = target();
      const [options, callback] = world === undefined || !given[0] ? [{}] : read(given);
      if (world === undefined || !isService(options.hostname || options.host)) {
        return (original as (...given: Arguments) => http.ClientRequest)(...given);
      }
      return send[world.url.protocol as "http:"](optionsFor(world, options), callback);
    }) as Request;
  const undo: Undo[] = [];
  for (const module of [http, https] as (typeof http)[]) {
    const patched = request(module.request);
    undo.push(replace(module, "request", () => patched));
    undo.push(
      replace(module, "get", () => ((...given: Arguments) => {
        const sent = (patched as (...given: Arguments) => http.ClientRequest)(...given);
        sent.end();
        return sent;
      }) as Request),
    );
  }
  return () => undo.forEach((each) => each());
}

/** Return the options and the callback of a call, whichever of its forms was used. */
function read([input, second, third]: Arguments): [Options, Callback | undefined] {
  const more = typeof second === "object" ? second : {};
  const callback = typeof second === "function" ? second : third;
  if (typeof input === "string") return [{ ...fromUrl(new URL(input)), ...more }, callback];
  if (isUrl(input)) return [{ ...fromUrl(new URL(input.href)), ...more }, callback];
  return [input, callback];
}

/** True for a URL, also for one of another realm, such as that of jsdom. */
function isUrl(input: URL | Options): input is URL {
  return "href" in input && "searchParams" in input;
}

function fromUrl(url: URL): Options {
  const { username, password } = url;
  return {
    hostname: url.hostname,
    path: url.pathname + url.search,
    ...(username || password ? { auth: decodeURIComponent(`${username}:${password}`) } : {}),
  };
}

/** Return the options of a request to a world; how the service would be connected to is left out. */
function optionsFor(world: Target, options: Options): Options {
  world.note?.();
  const { createConnection, socketPath, servername, ca, defaultPort, host, lookup, ...kept } = options;
  return {
    ...kept,
    agent: false, // a connection of its own, so that none is left open
    protocol: world.url.protocol,
    hostname: world.url.hostname.replace(/^\[|\]$/g, ""),
    port: world.url.port,
    path: pathFor(world, options.path ?? "/"),
    headers: headersFor(world, options.headers as Headers | undefined),
    ...(options.auth ? { auth: basicFor(world, options.auth) } : {}),
  };
}
