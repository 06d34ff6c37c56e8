// Leads what the pages of a browser say to the service into a world.
import * as http from "node:http";
import * as https from "node:https";
import { readFileSync } from "node:fs";
import type { BrowserContext, Request, Route, WebSocketRoute } from "@playwright/test";
import { addressedTo } from "./credentials.js";
import { isService, SERVICE_HOSTS } from "./intercept/target.cjs";
import { ClientSocket, HandshakeRefused, openSocket } from "./socket.js";
import type { Evi } from "./world.js";

const SEND = { "http:": http.request, "https:": https.request };
const ANSWER_MS = 60_000;
const GOING_AWAY = 1001; // what browsers say when a page closes
const LOST = 1006;
// What belongs to one connection, and not to the request or the answer.
const OF_THE_CONNECTION = ["connection", "keep-alive", "transfer-encoding", "content-length", "host", "accept-encoding"];

/** Routes that lead into a world; close them when it ends. */
export interface ServiceRoutes {
  /** Let pages ask the service itself again, and end their sockets. */
  close(): Promise<void>;
}

/**
 * Lead all that the pages of a context send to api.hume.ai into a world: requests, and WebSockets.
 *
 * The host and the credentials are replaced, no more. The fixtures do it for `context` and `page`;
 * call it for a context that a test makes itself, before its first page opens.
 */
export async function routeService(context: BrowserContext, evi: Evi): Promise<ServiceRoutes> {
  const ca = evi.caFile === undefined ? undefined : readFileSync(evi.caFile);
  const sockets = new Set<ClientSocket>();
  const goesToService = (url: URL) => isService(url.hostname);
  const answer = (route: Route) => answerRoute(route, evi, ca);
  await context.route(goesToService, answer);
  await context.routeWebSocket(goesToService, (page) => join(page, evi, ca, sockets));
  await context.addInitScript(tellOfErrors, [SERVICE_HOSTS, LOST] as const);
  return {
    async close() {
      await context.unroute(goesToService, answer);
      for (const socket of sockets) socket.close(GOING_AWAY);
    },
  };
}

async function answerRoute(route: Route, evi: Evi, ca: Buffer | undefined): Promise<void> {
  let answer;
  try {
    answer = await send(route.request(), evi, ca);
  } catch {
    await route.abort("connectionfailed").catch(() => {}); // the page may be gone
    return;
  }
  await route.fulfill(answer).catch(() => {});
}

interface Answer {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

/** Send a page's request to the world, and return the whole answer. */
async function send(request: Request, evi: Evi, ca: Buffer | undefined): Promise<Answer> {
  const { url, headers, body } = addressedTo(evi.url, evi.apiKey, {
    url: new URL(request.url()),
    headers: kept(await request.allHeaders()),
    body: request.postDataBuffer() ?? undefined,
  });
  if (body !== undefined) headers["content-length"] = String(body.length);
  return new Promise((resolve, reject) => {
    const options = { method: request.method(), headers, agent: false as const, ...(ca ? { ca } : {}) };
    const sent = SEND[url.protocol as "http:"](url, options, (response) => {
      const pieces: Buffer[] = [];
      response.on("data", (piece: Buffer) => pieces.push(piece));
      response.on("error", reject);
      response.on("close", () => {
        if (!response.complete) reject(new Error("the answer broke off"));
      });
      response.on("end", () => {
        const status = response.statusCode ?? 0;
        resolve({ status, headers: kept(response.headers), body: Buffer.concat(pieces) });
      });
    });
    sent.setTimeout(ANSWER_MS, () => sent.destroy(new Error(`no answer within ${ANSWER_MS / 1000} s`)));
    sent.on("error", reject);
    sent.end(body);
  });
}

function kept(headers: http.IncomingHttpHeaders): Record<string, string> {
  const isKept = ([name, value]: [string, unknown]) =>
    value !== undefined && !name.startsWith(":") && !OF_THE_CONNECTION.includes(name);
  return Object.fromEntries(
    Object.entries(headers)
      .filter(isKept)
      .map(([name, value]) => [name, Array.isArray(value) ? value.join("\n") : String(value)]),
  );
}

/** Join a page's WebSocket with one to the world, which opens first. */
async function join(
  page: WebSocketRoute,
  evi: Evi,
  ca: Buffer | undefined,
  sockets: Set<ClientSocket>,
): Promise<void> {
  const asked = new URL(page.url().replace(/^ws/, "http"));
  const { url } = addressedTo(evi.url, evi.apiKey, { url: asked, headers: {}, body: undefined });
  let server: ClientSocket | undefined;
  let closedEarly: [number | undefined, string | undefined] | undefined;
  page.onMessage((message) => server?.send(message));
  page.onClose((code, reason) => {
    if (server === undefined) closedEarly = [code, reason];
    else server.close(code, reason);
  });
  const closePage = (code: number, reason: string) => {
    if (server !== undefined) sockets.delete(server);
    void page.close({ code, reason }).catch(() => {}); // the page may be gone
  };
  try {
    server = await openSocket(
      url,
      { message: (data) => page.send(data), closed: closePage },
      { protocols: page.protocols(), ca },
    );
  } catch (error) {
    if (!(error instanceof HandshakeRefused)) throw error;
    closePage(LOST, "");
    return;
  }
  sockets.add(server);
  if (closedEarly !== undefined) server.close(...closedEarly);
}

/**
 * Runs in each page: have a WebSocket that is refused tell of an error, and one that is lost of an unclean close.
 *
 * Browsers do so; Playwright's own sockets only tell of a clean close.
 */
function tellOfErrors([hosts, lost]: readonly [readonly string[], number]): void {
  // The page's own types are not this package's.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  const page = globalThis as any;
  page.WebSocket = class WebSocket extends page.WebSocket {
    constructor(...given: unknown[]) {
      super(...given);
      if (!hosts.includes(new page.URL(this.url).hostname)) return;
      let wasOpen = false;
      this.addEventListener("open", () => (wasOpen = true));
      this.addEventListener("close", (event: { code: number }) => {
        if (event.code !== lost) return;
        Object.defineProperty(event, "wasClean", { value: false });
        if (!wasOpen) this.dispatchEvent(new page.Event("error"));
      });
    }
  };
}
