// One media stream of a call, from Twilio's end: what a telephone hears and says, as mu-law of 8 kHz.

import { RATE, SILENCE } from "./mulaw.js";
import { Playback } from "./playback.js";
import { base64, bytesOf } from "./sound.js";

const MESSAGE_MS = 20;
const MESSAGE_BYTES = (RATE * MESSAGE_MS) / 1000;
const MOST_LATE = 250; // messages that are sent at once after a pause, as of a tab that was hidden
const MOST_WAITING = RATE / 2; // of the microphone, in bytes: what it took before is too old

export class Line {
  #socket;
  #call;
  #handlers;
  #streamSid;
  #sent = 0; // numbered messages
  #chunks = 0;
  #started = 0; // in ms of performance.now()
  #pump = null;
  #voice = []; // bytes to say, before what the microphone takes
  #microphone = [];
  #playback = new Playback((name) => this.#send("mark", { name }));

  /** Connect to the address of a <Stream>. `handlers` are opened(), heard(bytes), cleared() and
      closed(code, reason). */
  constructor(address, call, handlers) {
    this.#call = call;
    this.#handlers = handlers;
    this.#streamSid = sid("MZ");
    const socket = (this.#socket = new WebSocket(address));
    socket.onopen = () => this.#open();
    socket.onmessage = ({ data }) => this.#take(data);
    socket.onclose = ({ code, reason }) => this.#close(code, reason);
  }

  /** Say sound: bytes of mu-law. */
  say(sound) {
    this.#voice = this.#voice.concat(sound, Array(RATE).fill(SILENCE)); // a second of it ends the turn
  }

  /** Take what the microphone has heard. */
  hear(sound) {
    this.#microphone.push(...sound);
    this.#microphone.splice(0, this.#microphone.length - MOST_WAITING);
  }

  press(digit) {
    this.#send("dtmf", { track: "inbound_track", digit });
  }

  hangUp() {
    this.#send("stop", { accountSid: this.#call.AccountSid, callSid: this.#call.CallSid });
    this.#socket.close(1000);
  }

  #open() {
    this.#write({ event: "connected", protocol: "Call", version: "1.0.0" });
    this.#send("start", {
      streamSid: this.#streamSid,
      accountSid: this.#call.AccountSid,
      callSid: this.#call.CallSid,
      tracks: ["inbound"],
      customParameters: {},
      mediaFormat: { encoding: "audio/x-mulaw", sampleRate: RATE, channels: 1 },
    });
    this.#started = performance.now();
    this.#pump = setInterval(() => this.#speak(), MESSAGE_MS);
    this.#handlers.opened();
  }

  /** Send all that is due: a message for each 20 ms, silence too. */
  #speak() {
    const due = Math.floor((performance.now() - this.#started) / MESSAGE_MS);
    const late = due - this.#chunks;
    for (let left = Math.min(late, MOST_LATE); left > 0; left--) this.#sendSound();
    if (late > MOST_LATE) this.#started += (late - MOST_LATE) * MESSAGE_MS; // they are not said at all
  }

  #sendSound() {
    const from = this.#voice.length ? this.#voice : this.#microphone;
    const sound = new Uint8Array(MESSAGE_BYTES).fill(SILENCE);
    sound.set(from.splice(0, MESSAGE_BYTES));
    const timestamp = String(this.#chunks * MESSAGE_MS);
    const chunk = String(++this.#chunks);
    this.#send("media", { track: "inbound", chunk, timestamp, payload: base64(sound) });
  }

  #send(event, content) {
    const sequenceNumber = String(++this.#sent);
    this.#write({ event, sequenceNumber, streamSid: this.#streamSid, [event]: content });
  }

  #write(message) {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #take(data) {
    const message = JSON.parse(data);
    if (message.event === "media") {
      const sound = bytesOf(message.media.payload);
      this.#playback.add((sound.length * 1000) / RATE);
      this.#handlers.heard(sound);
    } else if (message.event === "mark") this.#playback.mark(message.mark.name);
    else if (message.event === "clear") {
      this.#handlers.cleared();
      this.#playback.clear();
    }
  }

  #close(code, reason) {
    clearInterval(this.#pump);
    this.#playback.close();
    this.#handlers.closed(code, reason);
  }
}

/** An id as Twilio makes them: two letters, and 32 hexadecimal digits. */
export function sid(letters) {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return letters + Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
