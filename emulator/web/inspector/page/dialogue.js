// What is said between the user of this page and the assistant, whatever way it goes: as a chat of
// its own (conversation.js) or over the telephone (telephone.js).

import { Loudspeaker, openMicrophone } from "./sound.js";

export class Dialogue extends EventTarget {
  state = "idle"; // connecting, open, closed
  items = []; // what is to be seen, in order, each with a key of its own
  chatId = null;
  groupId = null;
  end = "";
  microphone = null;
  loudness = 0;
  speaks = true;
  answersTools = false;
  speaker = new Loudspeaker();
  #number = 0;

  /** To be called from a click: browsers let no page make a sound unasked. */
  begin() {
    this.items = [];
    this.chatId = this.groupId = null;
    this.end = "";
    this.state = "connecting";
    this.speaker.open();
    this.tell();
  }

  async useMicrophone() {
    const microphone = await openMicrophone((pcm, loudest) => {
      this.loudness = loudest;
      this.hear(pcm);
      this.dispatchEvent(new Event("loudness"));
    });
    if (this.state !== "open" || this.microphone) {
      microphone.stop(); // it ended, or another one was taken, while the browser asked
      return;
    }
    this.microphone = microphone;
    this.plugIn(microphone.sampleRate);
    this.tell();
  }

  dropMicrophone() {
    this.microphone?.stop();
    this.microphone = null;
    this.loudness = 0;
    this.tell();
  }

  /** The microphone is there, at so many samples a second. */
  plugIn() {}

  /** Take 16-bit samples of the microphone. */
  hear() {}

  mute(isMute) {
    this.speaks = !isMute;
    if (isMute) this.speaker.hush();
  }

  /** A sound of the chat, as a WAV file in base64. */
  play() {}

  /** Whatever is playing or waiting is not to be heard any more. */
  hush() {}

  /** Show what a message of the chat says. Throws for one that is broken. */
  take(frame) {
    if (Object.hasOwn(this.#frames, frame.type)) this.#frames[frame.type](frame);
    else this.add({ kind: "event", title: String(frame.type), more: frame });
  }

  #frames = {
    chat_metadata: (frame) => {
      this.chatId = frame.chat_id;
      this.groupId = frame.chat_group_id;
      this.tell();
    },
    user_message: (frame) => {
      const last = this.items.at(-1);
      if (last?.interim) this.items.pop();
      this.hush();
      this.add({
        kind: "said",
        role: "user",
        text: String(frame.message.content),
        scores: frame.models.prosody?.scores,
        interim: frame.interim,
      });
    },
    assistant_message: (frame) =>
      this.add({
        kind: "said",
        role: "assistant",
        text: String(frame.message.content),
        id: frame.id,
        scores: frame.models.prosody?.scores,
      }),
    assistant_prosody: (frame) => {
      const item = this.items.findLast((each) => each.id === frame.id);
      if (item) this.change(item, { scores: frame.models.prosody?.scores });
    },
    audio_output: (frame) => this.play(frame.data),
    assistant_end: () => {},
    user_interruption: () => {
      this.hush();
      this.add({ kind: "event", title: "Interruption" });
    },
    tool_call: (frame) =>
      this.add({
        kind: "toolCall",
        name: frame.name,
        parameters: frame.parameters,
        id: frame.tool_call_id,
        isPending: frame.response_required && this.answersTools,
      }),
    tool_response: (frame) => this.add({ kind: "toolResult", content: frame.content }),
    tool_error: (frame) => this.add({ kind: "toolResult", content: frame.error, isError: true }),
    error: (frame) =>
      this.add({ kind: "trouble", code: frame.code, slug: frame.slug, message: frame.message }),
  };

  /** It is over, and `why` says by whom. */
  finish(why) {
    this.dropMicrophone();
    this.speaker.close();
    this.end = why;
    for (const item of this.items.filter((each) => each.isPending))
      this.change(item, { isPending: false });
    this.add({ kind: "event", title: why });
    this.become("closed");
  }

  add(item) {
    this.items.push({ key: ++this.#number, ...item });
    this.tell();
  }

  change(item, change) {
    const at = this.items.findIndex((each) => each.key === item.key);
    if (at >= 0) this.items[at] = { ...this.items[at], ...change };
    this.tell();
  }

  become(state) {
    this.state = state;
    this.tell();
  }

  tell() {
    this.dispatchEvent(new Event("change"));
  }
}
