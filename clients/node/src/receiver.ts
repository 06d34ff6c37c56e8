import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { WebhookEventName } from "./control-types.js";
import { matches, type Fields } from "./equality.js";
import { ExpectationFailed, UsageError } from "./errors.js";
import { shortFields } from "./diagnosis.js";
import { deadlineOf, within, type Waiting } from "./waiting.js";

const SIGNATURE = "x-hume-ai-webhook-signature";
const TIMESTAMP = "x-hume-ai-webhook-timestamp";
const WINDOW_S = 180; // how old a timestamp may be

/** One webhook as it came. */
export class Received {
  constructor(
    /** The payload. */
    readonly event: Fields,
    /** The body, as it came. */
    readonly body: Buffer,
    /** The headers, by their names in lower case. */
    readonly headers: IncomingHttpHeaders,
    /** Why its signature is not good; null if it is. */
    readonly problem: string | null,
  ) {}

  /** The name of the event. */
  get eventName(): string {
    return String(this.event["event_name"]);
  }

  /** True if the signature is good. */
  get isGenuine(): boolean {
    return this.problem === null;
  }
}

/** Return an event's name, and what is wrong with its signature or its body. */
function told({ event, problem }: Received): string {
  const name = String(event["event_name"] ?? "a request without an event_name");
  return problem === null ? name : `${name} (${problem})`;
}

/**
 * Listens on a port of this machine until it is closed.
 *
 * A genuine webhook is answered 200, any other 401 with what is wrong, unless `answer` has set a status for it.
 */
export class WebhookReceiver {
  /** All that came. */
  readonly received: Received[] = [];
  /** The statuses of the next answers: the first is used for the next one. */
  readonly answers: number[] = [];
  readonly #server: Server;
  readonly #waiting = new Set<() => void>();

  readonly #signingKey: string;
  readonly #now: () => Promise<number>;

  private constructor(signingKey: string, now: () => Promise<number>) {
    this.#signingKey = signingKey;
    this.#now = now;
    this.#server = createServer((request, response) => {
      const pieces: Buffer[] = [];
      request.on("data", (piece: Buffer) => pieces.push(piece));
      request.on("end", () => void this.#take(Buffer.concat(pieces), request.headers, response));
    });
  }

  /** Open one; `now` returns the time in ms by which timestamps are judged. @internal */
  static async open(signingKey: string, now: () => Promise<number>): Promise<WebhookReceiver> {
    const receiver = new WebhookReceiver(signingKey, now);
    const server = receiver.#server;
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(0, "127.0.0.1", resolve);
    });
    server.unref();
    server.on("connection", (socket: Socket) => socket.unref());
    return receiver;
  }

  /** The URL to which configs are to send their webhooks. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  /** The payloads that came with a good signature. */
  get events(): Fields[] {
    return this.received.filter((each) => each.isGenuine).map((each) => each.event);
  }

  /** Set the statuses of the next answers. Throws UsageError for an impossible status. */
  answer(...statuses: number[]): void {
    for (const status of statuses) {
      if (!Number.isInteger(status) || status < 200 || status > 599) {
        throw new UsageError(`an answer is a status from 200 to 599, got ${status}`);
      }
    }
    this.answers.push(...statuses);
  }

  /** Wait for the first webhook of that name with these fields in its payload. Throws ExpectationFailed. */
  async waitFor(
    eventName: WebhookEventName,
    fields: Fields = {},
    waiting: Waiting = {},
  ): Promise<Received> {
    const wanted = { event_name: eventName, ...fields };
    const deadline = deadlineOf(waiting);
    for (;;) {
      const found = this.received.find((each) => matches(wanted, each.event));
      if (found !== undefined) return found;
      if (performance.now() >= deadline) break;
      await this.#next(deadline);
    }
    const came = this.received.map(told).join(", ") || "nothing";
    throw new ExpectationFailed(`no webhook ${shortFields(wanted)} ${within(waiting)}; came: ${came}`);
  }

  /** Stop listening. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  /** Close it at the end of an `await using` block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Wait until something comes, or the time is over. */
  #next(deadline: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, Math.max(0, deadline - performance.now()));
      this.#waiting.add(done);
    });
  }

  async #take(body: Buffer, headers: IncomingHttpHeaders, response: ServerResponse): Promise<void> {
    let problem: string | null;
    try {
      problem = await this.#problem(body, headers);
    } catch (error) {
      problem = `its signature can't be judged: ${(error as Error).message}`; // the world may be closed
    }
    let event: unknown;
    try {
      event = JSON.parse(body.toString());
    } catch {
      problem = "the body is not JSON";
    }
    if (typeof event !== "object" || event === null || Array.isArray(event)) {
      problem ??= "the body is not a JSON object";
      event = {};
    }
    this.received.push(new Received(event as Fields, body, headers, problem));
    response.statusCode = this.answers.shift() ?? (problem === null ? 200 : 401);
    response.end(problem ?? "");
    for (const done of [...this.#waiting]) done();
  }

  async #problem(body: Buffer, headers: IncomingHttpHeaders): Promise<string | null> {
    const signature = headers[SIGNATURE];
    const timestamp = headers[TIMESTAMP];
    if (typeof signature !== "string" || typeof timestamp !== "string" || !/^\d+$/.test(timestamp)) {
      return "a header is missing";
    }
    const hash = createHmac("sha256", this.#signingKey).update(body).update(`.${timestamp}`);
    const good = Buffer.from(hash.digest("hex"));
    const got = Buffer.from(signature);
    if (got.length !== good.length || !timingSafeEqual(good, got)) return "the signature is wrong";
    if (Math.abs((await this.#now()) / 1000 - Number(timestamp)) > WINDOW_S) {
      return "the timestamp is too old";
    }
    return null;
  }
}
