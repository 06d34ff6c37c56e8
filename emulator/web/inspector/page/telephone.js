// A telephone that calls the emulator. The page plays Twilio: it posts the call, and connects it to the
// media stream that the answer names. A telephone hears only sound; what was said comes from the journal.

import { together } from "./acting.js";
import { call, get, here, postForm, withCredentials } from "./api.js";
import { Dialogue } from "./dialogue.js";
import { Line, sid } from "./line.js";
import { Encoder, RATE, decoded, tones } from "./mulaw.js";
import { visible } from "./text.js";

export const CALLER = "+14155550100";
const CALLED = "+14155550199";

export class Telephone extends Dialogue {
  from = CALLER;
  callSid = null;
  #journal;
  #line = null;
  #encoder = null;
  #seen = 0; // the last entry of the journal that is shown here
  #hungUp = false;
  #onEntries = ({ detail: { added } }) => this.#read(added);
  #find = together(() => this.#findChat());

  constructor(journal) {
    super();
    this.#journal = journal;
  }

  /** Call as the number `from`, at a config's number. */
  async start({ config, from }) {
    const form = newCall(from);
    this.from = form.From;
    this.callSid = form.CallSid;
    this.#seen = 0;
    this.#hungUp = false;
    this.begin();
    this.#journal.removeEventListener("entries", this.#onEntries);
    this.#journal.addEventListener("entries", this.#onEntries);
    this.add({ kind: "event", title: visible(`Call from ${form.From} to ${form.To}`) });
    try {
      const query = { ...(await withCredentials()), ...(config ? { config_id: config } : {}) };
      const answer = await postForm("/v0/evi/twilio", query, form);
      if (!this.#hungUp && form.CallSid === this.callSid) this.#follow(answer, form);
    } catch (error) {
      if (!this.#hungUp) this.finish(`The call was refused: ${error.message}`);
    }
  }

  /** Do what TwiML says: connect the call to its stream, or hear what is said before the end. */
  #follow(twiml, form) {
    const stream = twiml.querySelector("Connect > Stream");
    if (stream) {
      this.#line = new Line(here("ws", stream.getAttribute("url")), form, {
        opened: () => this.become("open"),
        heard: (sound) => this.speaks && this.speaker.playSamples(decoded(sound), RATE),
        cleared: () => this.speaker.hush(),
        closed: (...given) => this.#close(...given),
      });
      return;
    }
    const words = [...twiml.querySelectorAll("Say")].map((each) => each.textContent);
    this.finish(words.length ? `A voice said: ${words.join(" ")}` : "The answer connects the call to nothing");
  }

  /** Say words: they are told to the emulator, and tones are heard. */
  async say(text) {
    const line = this.#line;
    await this.queue(text);
    line?.say(tones(text));
  }

  /** Queue what the microphone will be heard to say; returns how it is queued. */
  async queue(text) {
    await call("POST", `/_emulator/calls/${this.callSid}/heard`, { text });
    return "Queued for the next turn of this call";
  }

  press(digit) {
    this.#line?.press(digit);
    this.add({ kind: "event", title: `Key ${digit} pressed` });
  }

  hangUp() {
    this.#hungUp = true;
    if (this.#line) this.#line.hangUp();
    else if (this.state === "connecting") this.finish("You hung up");
  }

  /** Hang up, and follow nothing any more. */
  leave() {
    this.#journal.removeEventListener("entries", this.#onEntries);
    this.hangUp();
  }

  plugIn(sampleRate) {
    this.#encoder = new Encoder(sampleRate);
  }

  hear(pcm) {
    if (this.#encoder) this.#line?.hear(this.#encoder.encode(pcm));
  }

  #close(code, reason) {
    this.#line = null;
    if (this.#hungUp) this.finish("You hung up");
    else if (code === 1000) this.finish("The chat ended the call");
    else if (this.state === "connecting") this.finish(`The stream was refused (${code})`);
    else this.finish(`The stream broke off (${code}${reason ? `: ${reason}` : ""})`);
  }

  // what was said

  #read(entries) {
    if (!this.chatId) {
      if (entries.some((entry) => entry.on_phone)) this.#find();
      return;
    }
    const news = entries.filter((entry) => entry.seq > this.#seen && entry.chat_id === this.chatId);
    for (const entry of news) {
      this.#seen = entry.seq;
      if (entry.on_phone) this.take(entry.content);
    }
  }

  async #findChat() {
    const { calls } = await get("/_emulator/calls");
    this.chatId = calls.find((each) => each.call_sid === this.callSid)?.chat_id ?? null;
    if (this.chatId) this.#read(this.#journal.entries);
    this.tell();
  }
}

/** The form that Twilio posts of a call. */
function newCall(from) {
  return {
    CallSid: sid("CA"),
    AccountSid: sid("AC"),
    From: from,
    To: CALLED,
    Caller: from,
    Called: CALLED,
    CallStatus: "ringing",
    ApiVersion: "2010-04-01",
    Direction: "inbound",
  };
}
