// A chat held by this page, as any client of the API holds one.

import { socketAddress } from "./api.js";
import { Loudspeaker, openMicrophone } from "./sound.js";

export class Conversation extends EventTarget {
  state = "idle"; // connecting, open, closed
  items = []; // what is to be seen, in order, each with a key of its own
  chatId = null;
  groupId = null;
  end = "";
  microphone = null;
  loudness = 0;
  speaks = true;
  #socket = null;
  #speaker = new Loudspeaker();
  #number = 0;

  start(parameters) {
    this.items = [];
    this.chatId = null;
    this.end = "";
    this.state = "connecting";
    this.#speaker.open();
    const socket = (this.#socket = new WebSocket(socketAddress(parameters)));
    socket.onopen = () => this.#become("open");
    socket.onmessage = ({ data }) => this.#take(data);
    socket.onclose = ({ code, reason }) => this.#close(code, reason);
    this.#tell();
  }

  /** Send a message of the client. */
  send(message) {
    if (this.state === "open") this.#socket.send(JSON.stringify(message));
  }

  hangUp() {
    this.#socket?.close(1000);
  }

  /** Answer a tool call with its result, or with an error. */
  answer(item, content, isError) {
    const id = { tool_call_id: item.id };
    this.send(
      isError
        ? { type: "tool_error", ...id, error: content, content }
        : { type: "tool_response", ...id, content },
    );
    this.#change(item, { isPending: false });
    this.#add({ kind: "toolResult", content, isError });
  }

  async useMicrophone() {
    const microphone = await openMicrophone((data, loudest) => {
      this.loudness = loudest;
      this.send({ type: "audio_input", data });
      this.dispatchEvent(new Event("loudness"));
    });
    if (this.state !== "open" || this.microphone) {
      microphone.stop(); // the chat ended, or another one was taken, while the browser asked
      return;
    }
    this.microphone = microphone;
    this.send({
      type: "session_settings",
      audio: { encoding: "linear16", channels: 1, sample_rate: microphone.sampleRate },
    });
    this.#tell();
  }

  dropMicrophone() {
    this.microphone?.stop();
    this.microphone = null;
    this.loudness = 0;
    this.#tell();
  }

  mute(isMute) {
    this.speaks = !isMute;
    if (isMute) this.#speaker.hush();
  }

  #take(data) {
    let frame;
    try {
      frame = JSON.parse(data);
    } catch {
      this.#add({ kind: "trouble", code: "", slug: "no JSON", message: data });
      return;
    }
    try {
      if (Object.hasOwn(this.#frames, frame.type)) this.#frames[frame.type](frame);
      else this.#add({ kind: "event", title: String(frame.type), more: frame });
    } catch {
      this.#add({ kind: "trouble", code: "", slug: "no message", message: data }); // one that is broken
    }
  }

  #frames = {
    chat_metadata: (frame) => {
      this.chatId = frame.chat_id;
      this.groupId = frame.chat_group_id;
      this.#tell();
    },
    user_message: (frame) => {
      const last = this.items.at(-1);
      if (last?.interim) this.items.pop();
      this.#speaker.hush();
      this.#add({
        kind: "said",
        role: "user",
        text: String(frame.message.content),
        scores: frame.models.prosody?.scores,
        interim: frame.interim,
      });
    },
    assistant_message: (frame) =>
      this.#add({
        kind: "said",
        role: "assistant",
        text: String(frame.message.content),
        id: frame.id,
        scores: frame.models.prosody?.scores,
      }),
    assistant_prosody: (frame) => {
      const item = this.items.findLast((each) => each.id === frame.id);
      if (item) this.#change(item, { scores: frame.models.prosody?.scores });
    },
    audio_output: (frame) => this.speaks && this.#speaker.play(frame.data),
    assistant_end: () => {},
    user_interruption: () => {
      this.#speaker.hush();
      this.#add({ kind: "event", title: "Interruption" });
    },
    tool_call: (frame) =>
      this.#add({
        kind: "toolCall",
        name: frame.name,
        parameters: frame.parameters,
        id: frame.tool_call_id,
        isPending: frame.response_required,
      }),
    tool_response: (frame) => this.#add({ kind: "toolResult", content: frame.content }),
    tool_error: (frame) => this.#add({ kind: "toolResult", content: frame.error, isError: true }),
    error: (frame) =>
      this.#add({ kind: "trouble", code: frame.code, slug: frame.slug, message: frame.message }),
  };

  #close(code, reason) {
    this.dropMicrophone();
    this.#speaker.close();
    const why =
      code === 1006 && !this.chatId
        ? "It was refused, or nothing answered (1006)"
        : `Closed with ${code}${reason ? `: ${reason}` : ""}`;
    this.end = why;
    for (const item of this.items.filter((each) => each.isPending))
      this.#change(item, { isPending: false });
    this.#add({ kind: "event", title: why });
    this.#become("closed");
  }

  #add(item) {
    this.items.push({ key: ++this.#number, ...item });
    this.#tell();
  }

  #change(item, change) {
    const at = this.items.findIndex((each) => each.key === item.key);
    if (at >= 0) this.items[at] = { ...this.items[at], ...change };
    this.#tell();
  }

  #become(state) {
    this.state = state;
    this.#tell();
  }

  #tell() {
    this.dispatchEvent(new Event("change"));
  }
}
