// The frames of a WebSocket (RFC 6455), as a client writes and reads them.
import { randomBytes } from "node:crypto";

export const TEXT = 1;
export const BINARY = 2;
export const CLOSE = 8;
export const PING = 9;
export const PONG = 10;
const CONTINUATION = 0;

/** A whole message, or a control frame. */
export interface Frame {
  kind: number;
  data: Buffer;
}

/** Return a frame with its mask, which clients must put on. */
export function frameOf(kind: number, data: Buffer): Buffer {
  const mask = randomBytes(4);
  const masked = Buffer.alloc(data.length);
  for (let i = 0; i < data.length; i++) masked[i] = data[i]! ^ mask[i & 3]!;
  return Buffer.concat([Buffer.from([0x80 | kind]), lengthOf(data.length), mask, masked]);
}

function lengthOf(length: number): Buffer {
  if (length < 126) return Buffer.from([0x80 | length]);
  if (length < 0x10000) {
    const short = Buffer.from([0x80 | 126, 0, 0]);
    short.writeUInt16BE(length, 1);
    return short;
  }
  const long = Buffer.alloc(9);
  long[0] = 0x80 | 127;
  long.writeBigUInt64BE(BigInt(length), 1);
  return long;
}

/** Makes messages of the bytes that a server sends. */
export class FrameReader {
  #bytes: Buffer = Buffer.alloc(0);
  #kind = TEXT;
  #parts: Buffer[] = [];

  /** Take the next bytes, and return what they complete. */
  push(piece: Buffer): Frame[] {
    this.#bytes = this.#bytes.length === 0 ? piece : Buffer.concat([this.#bytes, piece]);
    const complete: Frame[] = [];
    for (;;) {
      const frame = this.#next();
      if (frame === undefined) return complete;
      const { isLast, kind, data } = frame;
      if (kind >= CLOSE) {
        complete.push({ kind, data });
        continue;
      }
      if (kind !== CONTINUATION) this.#kind = kind;
      this.#parts.push(data);
      if (!isLast) continue;
      complete.push({ kind: this.#kind, data: Buffer.concat(this.#parts) });
      this.#parts = [];
    }
  }

  #next(): (Frame & { isLast: boolean }) | undefined {
    const bytes = this.#bytes;
    if (bytes.length < 2) return undefined;
    let length = bytes[1]! & 0x7f;
    let begin = 2;
    if (length === 126) {
      if (bytes.length < 4) return undefined;
      length = bytes.readUInt16BE(2);
      begin = 4;
    } else if (length === 127) {
      if (bytes.length < 10) return undefined;
      length = Number(bytes.readBigUInt64BE(2));
      begin = 10;
    }
    if (bytes.length < begin + length) return undefined;
    this.#bytes = bytes.subarray(begin + length);
    const first = bytes[0]!;
    return { isLast: (first & 0x80) !== 0, kind: first & 0x0f, data: bytes.subarray(begin, begin + length) };
  }
}
