// A chat held by this page, as any client of the API holds one.

import { call, socketAddress } from "./api.js";
import { Dialogue } from "./dialogue.js";
import { base64 } from "./sound.js";

export class Conversation extends Dialogue {
  answersTools = true;
  #socket = null;
  #begun = null; // tells this chat from one that was hung up before its socket was there

  async start({ config, version, group }) {
    const given = {
      config_id: config,
      config_version: config && version,
      resumed_chat_group_id: group,
      verbose_transcription: "true",
    };
    const parameters = Object.fromEntries(Object.entries(given).filter(([, value]) => value));
    this.begin();
    const begun = (this.#begun = {});
    const address = await socketAddress(parameters).catch((error) => this.finish(error.message));
    if (!address || this.#begun !== begun) return; // refused, or hung up meanwhile
    const socket = (this.#socket = new WebSocket(address));
    socket.onopen = () => this.become("open");
    socket.onmessage = ({ data }) => this.#read(data);
    socket.onclose = ({ code, reason }) => this.#close(code, reason);
  }

  /** Send a message of the client. */
  send(message) {
    if (this.state === "open") this.#socket.send(JSON.stringify(message));
  }

  say(text) {
    this.send({ type: "user_input", text });
  }

  /** Queue what the microphone will be heard to say; returns how it is queued. */
  async queue(text) {
    const { queued } = await call("POST", "/_emulator/heard", { text });
    return `${queued} waiting for the next turns`;
  }

  hangUp() {
    this.#begun = null;
    if (this.#socket) this.#socket.close(1000);
    else if (this.state === "connecting") this.finish("Hung up");
  }

  leave() {
    this.hangUp();
  }

  /** Answer a tool call with its result, or with an error. */
  answer(item, content, isError) {
    const id = { tool_call_id: item.id };
    this.send(
      isError
        ? { type: "tool_error", ...id, error: content, content }
        : { type: "tool_response", ...id, content },
    );
    this.change(item, { isPending: false });
    this.add({ kind: "toolResult", content, isError });
  }

  plugIn(sampleRate) {
    this.send({
      type: "session_settings",
      audio: { encoding: "linear16", channels: 1, sample_rate: sampleRate },
    });
  }

  hear(pcm) {
    this.send({ type: "audio_input", data: base64(new Uint8Array(pcm.buffer)) });
  }

  play(data) {
    if (this.speaks) this.speaker.play(data);
  }

  hush() {
    this.speaker.hush();
  }

  #read(data) {
    let frame;
    try {
      frame = JSON.parse(data);
    } catch {
      this.add({ kind: "trouble", code: "", slug: "no JSON", message: data });
      return;
    }
    try {
      this.take(frame);
    } catch {
      this.add({ kind: "trouble", code: "", slug: "no message", message: data }); // one that is broken
    }
  }

  #close(code, reason) {
    this.finish(
      code === 1006 && !this.chatId
        ? "The server refused it or did not answer (1006)"
        : `Closed with ${code}${reason ? `: ${reason}` : ""}`,
    );
  }
}
