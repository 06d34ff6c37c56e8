// A WebSocket to the emulator, since Node 20 has none without a flag.
import { randomBytes } from "node:crypto";
import * as http from "node:http";
import * as https from "node:https";
import type { Socket } from "node:net";
import { EmulatorError } from "./errors.js";
import { BINARY, CLOSE, FrameReader, PING, PONG, TEXT, frameOf, type Frame } from "./socket-frames.js";

const REQUEST = { "http:": http.request, "https:": https.request };
const OPEN_MS = 30_000;
const CLOSE_MS = 2000; // how long the other side may take to confirm a close
const NO_CODE = 1005;
const LOST = 1006;

/** The server has refused to open a WebSocket. */
export class HandshakeRefused extends EmulatorError {
  override name = "HandshakeRefused";
}

/** Who is told what comes. */
export interface SocketListener {
  message(data: string | Buffer): void;
  /** Called once; 1005 if the frame had no code, 1006 if the connection was lost. */
  closed(code: number, reason: string): void;
}

/** How a WebSocket is opened. */
export interface SocketOptions {
  headers?: Record<string, string>;
  protocols?: readonly string[];
  ca?: Buffer | undefined;
}

/** Open a WebSocket at an http or https URL. Throws HandshakeRefused, also if no answer comes. */
export function openSocket(
  url: URL,
  listener: SocketListener,
  { headers = {}, protocols = [], ca }: SocketOptions = {},
): Promise<ClientSocket> {
  return new Promise((resolve, reject) => {
    const request = REQUEST[url.protocol as "http:"](url, {
      headers: {
        ...headers,
        Connection: "Upgrade",
        Upgrade: "websocket",
        "Sec-WebSocket-Key": randomBytes(16).toString("base64"),
        "Sec-WebSocket-Version": "13",
        ...(protocols.length > 0 ? { "Sec-WebSocket-Protocol": protocols.join(", ") } : {}),
      },
      agent: false,
      ...(ca === undefined ? {} : { ca }),
    });
    const refuse = (why: string) => {
      clearTimeout(timer);
      request.destroy();
      reject(new HandshakeRefused(why));
    };
    const timer = setTimeout(() => refuse(`no answer within ${OPEN_MS / 1000} s`), OPEN_MS);
    request.on("error", (error) => refuse(error.message));
    request.on("response", (answer) => refuse(`answered ${answer.statusCode}`));
    request.on("upgrade", (_, connection, head) => {
      clearTimeout(timer);
      resolve(new ClientSocket(connection as Socket, head, listener));
    });
    request.end();
  });
}

/** An open WebSocket. */
export class ClientSocket {
  readonly #reader = new FrameReader();
  #isClosing = false;
  #isClosed = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    readonly connection: Socket,
    head: Buffer,
    readonly listener: SocketListener,
  ) {
    connection.setNoDelay();
    connection.on("error", () => {}); // "close" follows
    connection.on("close", () => this.#end(LOST, ""));
    connection.on("data", (piece: Buffer) => this.#read(piece));
    if (head.length > 0) setImmediate(() => this.#read(head));
  }

  /** Send a text, or bytes; nothing once it is closing. */
  send(data: string | Buffer): void {
    if (this.#isClosing) return;
    const kind = typeof data === "string" ? TEXT : BINARY;
    this.connection.write(frameOf(kind, Buffer.from(data as string)));
  }

  /** Close it; the listener is told when the other side has confirmed it. */
  close(code?: number, reason = ""): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    const data = Buffer.alloc(code === undefined ? 0 : 2);
    if (code !== undefined) data.writeUInt16BE(code);
    this.connection.write(frameOf(CLOSE, Buffer.concat([data, Buffer.from(reason)])));
    this.#timer = setTimeout(() => this.destroy(), CLOSE_MS).unref();
  }

  /** End the connection at once. */
  destroy(): void {
    this.connection.destroy();
  }

  #read(piece: Buffer): void {
    for (const frame of this.#reader.push(piece)) this.#take(frame);
  }

  #take({ kind, data }: Frame): void {
    if (kind === PING) this.connection.write(frameOf(PONG, data));
    if (this.#isClosed) return;
    if (kind === TEXT) this.listener.message(data.toString());
    if (kind === BINARY) this.listener.message(data);
    if (kind !== CLOSE) return;
    const code = data.length < 2 ? undefined : data.readUInt16BE();
    this.close(code);
    this.connection.end();
    this.#end(code ?? NO_CODE, data.subarray(2).toString());
  }

  #end(code: number, reason: string): void {
    clearTimeout(this.#timer);
    if (this.#isClosed) return;
    this.#isClosed = this.#isClosing = true;
    this.listener.closed(code, reason);
  }
}
