import * as http from "node:http";
import * as https from "node:https";
import { readFileSync } from "node:fs";
import { EmulatorError, LookupError, RefusedError, UnreachableError, UsageError } from "./errors.js";
import type { ErrorBody, ValidationErrors } from "./control-types.js";

// Kept from the start: tests may replace what these modules export.
const REQUEST = { "http:": http.request, "https:": https.request };
const PATIENCE_MS = 30_000;
const LOST = ["ECONNRESET", "EPIPE"]; // the codes of a connection that the other side has closed

/** A query's parameters, without the undefined ones. */
export type Query = Record<string, string | number | boolean | undefined>;

/** What a request to the emulator may have besides its method and its path. */
export interface RequestOptions {
  query?: Query;
  /** Sent as JSON. */
  body?: unknown;
  /** Have the request leave no trace: no entry of the journal, no finding. Only for GET. */
  quiet?: boolean;
  /** How long to wait for the answer, in ms. */
  patienceMs?: number;
}

/** Sends requests to one emulator: those of its control API, and quiet ones to the APIs. */
export class Control {
  readonly #agent: http.Agent;
  readonly #base: URL;

  constructor(
    readonly url: string,
    readonly caFile: string | undefined = undefined,
    readonly apiKey: string | undefined = undefined,
    agent?: http.Agent,
  ) {
    this.#base = new URL(url);
    this.#agent = agent ?? newAgent(this.#base.protocol, caFile);
  }

  /** Return what sends with the key of a world, over the same connections. */
  withKey(apiKey: string): Control {
    return new Control(this.url, this.caFile, apiKey, this.#agent);
  }

  /** Close the connections that are kept open. */
  close(): void {
    this.#agent.destroy();
  }

  /** Return the JSON of an answer; undefined if it has no body. Throws RefusedError. */
  async json<T>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
    const answer = await this.bytes(method, path, options);
    return (answer.length === 0 ? undefined : JSON.parse(answer.toString())) as T;
  }

  /** Return the text of an answer. Throws RefusedError. */
  async text(method: string, path: string, options: RequestOptions = {}): Promise<string> {
    return (await this.bytes(method, path, options)).toString();
  }

  /** Return the body of an answer. Throws RefusedError, and UnreachableError if none comes. */
  async bytes(method: string, path: string, options: RequestOptions = {}): Promise<Buffer> {
    const { status, body } = await this.#send(method, path, options, true);
    if (status >= 400) throw refusal(method, path, status, body.toString());
    return body;
  }

  #send(
    method: string,
    path: string,
    options: RequestOptions,
    mayRepeat: boolean,
  ): Promise<{ status: number; body: Buffer }> {
    const text = options.body === undefined ? undefined : JSON.stringify(options.body);
    const headers: http.OutgoingHttpHeaders = {};
    if (this.apiKey !== undefined) headers["X-Hume-Api-Key"] = this.apiKey;
    if (options.quiet) headers["X-EVI-Emulator-Quiet"] = "1";
    if (text !== undefined) {
      headers["Content-Type"] = "application/json";
      headers["Content-Length"] = Buffer.byteLength(text);
    }
    const patienceMs = options.patienceMs ?? PATIENCE_MS;
    return new Promise((resolve, reject) => {
      const request = REQUEST[this.#base.protocol as "http:"](
        {
          method,
          hostname: this.#base.hostname.replace(/^\[|\]$/g, ""),
          port: this.#base.port,
          path: path + queryText(options.query),
          headers,
          agent: this.#agent,
        },
        (response) => {
          const pieces: Buffer[] = [];
          response.on("data", (piece: Buffer) => pieces.push(piece));
          response.on("error", fail);
          response.on("end", () => {
            clearTimeout(timer);
            resolve({ status: response.statusCode ?? 0, body: Buffer.concat(pieces) });
          });
        },
      );
      const timer = setTimeout(() => {
        request.destroy(new Error(`no answer within ${patienceMs / 1000} s`));
      }, patienceMs);
      const fail = (error: Error) => {
        clearTimeout(timer);
        reject(unreachable(this.url, method, path, error));
      };
      request.on("error", (error: NodeJS.ErrnoException) => {
        if (!mayRepeat || !request.reusedSocket || !LOST.includes(error.code ?? "")) {
          fail(error);
          return;
        }
        clearTimeout(timer);
        resolve(this.#send(method, path, options, false)); // the server had closed it meanwhile
      });
      request.end(text);
    });
  }
}

function newAgent(protocol: string, caFile: string | undefined): http.Agent {
  if (protocol === "http:") return new http.Agent({ keepAlive: true });
  if (protocol !== "https:") throw new EmulatorError(`an emulator's URL begins with http, got ${protocol}`);
  return new https.Agent({ keepAlive: true, ...(caFile ? { ca: certificatesIn(caFile) } : {}) });
}

function certificatesIn(caFile: string): Buffer {
  try {
    return readFileSync(caFile);
  } catch (error) {
    throw new UsageError(`the file of the CA can't be read: ${(error as Error).message}`);
  }
}

function queryText(query: Query = {}): string {
  const known = Object.entries(query).filter(([, value]) => value !== undefined);
  const text = new URLSearchParams(known.map(([name, value]): [string, string] => [name, String(value)])).toString();
  return text && `?${text}`;
}

function unreachable(url: string, method: string, path: string, error: NodeJS.ErrnoException): Error {
  const why = error.message || error.code || "the connection failed"; // an AggregateError has no message
  return new UnreachableError(`the emulator at ${url} does not answer ${method} ${path}: ${why}`);
}

/** Return the error for an answer that refuses a request. */
function refusal(method: string, path: string, status: number, text: string): Error {
  const { message, code } = read(text);
  if (status === 404) return new LookupError(message || `${method} ${path}: not found`);
  return new RefusedError(message || `${method} ${path} was answered ${status}`, status, code);
}

function read(text: string): { message: string; code: string } {
  let body: Partial<ErrorBody & ValidationErrors>;
  try {
    body = JSON.parse(text) as Partial<ErrorBody & ValidationErrors>;
  } catch {
    return { message: text.slice(0, 1000), code: "" };
  }
  if (Array.isArray(body.detail)) {
    const problems = body.detail.map(({ loc, msg }) => {
      const place = loc.slice(1).join(".");
      return place && !msg.startsWith(place) ? `${place}: ${msg}` : msg;
    });
    return { message: problems.join("\n"), code: body.detail[0]?.type ?? "" };
  }
  return { message: body.message ?? text.slice(0, 1000), code: body.code ?? "" };
}
