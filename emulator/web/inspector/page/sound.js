// The microphone and the loudspeaker of a chat.

/** Takes the microphone until `stop()`: 16-bit samples, and how loud they are. Throws what the browser
    says if it may not. */
export async function openMicrophone(onChunk) {
  if (!navigator.mediaDevices)
    throw new Error(
      "Browsers allow the microphone only on https and localhost: open the page as http://127.0.0.1 or serve with --tls.",
    );
  const stream = await navigator.mediaDevices.getUserMedia({
    audio: { channelCount: 1, echoCancellation: true, noiseSuppression: true },
  });
  const context = new AudioContext();
  const stop = () => {
    stream.getTracks().forEach((track) => track.stop());
    context.close();
  };
  try {
    await context.audioWorklet.addModule(new URL("capture.js", import.meta.url));
    const capture = new AudioWorkletNode(context, "capture", { numberOfOutputs: 0 });
    capture.port.onmessage = ({ data }) => onChunk(new Int16Array(data.pcm), data.loudest);
    context.createMediaStreamSource(stream).connect(capture);
  } catch (error) {
    stop();
    throw error;
  }
  return { sampleRate: context.sampleRate, stop };
}

export function base64(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192)
    text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}

export const bytesOf = (text) =>
  Uint8Array.from(atob(text), (character) => character.charCodeAt(0));

/** Plays sounds one after the other. */
export class Loudspeaker {
  #context = null;
  #until = 0;
  #playing = new Set();
  #decoding = Promise.resolve();
  #turn = 0;

  /** To be called from a click: browsers let no page make a sound unasked. */
  open() {
    this.#context ??= new AudioContext();
    this.#context.resume();
  }

  /** Play a WAV file, given in base64. */
  play(data) {
    this.#queue((context) => context.decodeAudioData(bytesOf(data).buffer));
  }

  /** Play samples (from -1 to 1), so many a second. */
  playSamples(samples, rate) {
    this.#queue((context) => {
      const buffer = context.createBuffer(1, samples.length, rate);
      buffer.copyToChannel(samples, 0);
      return buffer;
    });
  }

  #queue(decode) {
    const turn = this.#turn;
    this.#decoding = this.#decoding.then(() => this.#play(decode, turn)).catch(() => {}); // a sound that is none is not heard
  }

  async #play(decode, turn) {
    const context = this.#context;
    if (!context || turn !== this.#turn) return;
    const buffer = await decode(context);
    if (turn !== this.#turn) return;
    const source = context.createBufferSource();
    source.buffer = buffer;
    source.connect(context.destination);
    this.#until = Math.max(this.#until, context.currentTime);
    source.start(this.#until);
    this.#until += buffer.duration;
    this.#playing.add(source);
    source.onended = () => this.#playing.delete(source);
  }

  /** What is playing or waiting is not heard any more. */
  hush() {
    this.#turn++;
    this.#until = 0;
    for (const source of this.#playing) source.stop();
    this.#playing.clear();
  }

  /** Until it is opened again. A browser has few of them. */
  close() {
    this.hush();
    this.#context?.close();
    this.#context = null;
  }
}
