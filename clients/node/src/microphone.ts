// A microphone for the pages of a browser, into which a test speaks when it wants to.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BrowserContext, Frame } from "@playwright/test";
import { ExpectationFailed } from "./errors.js";
import { deadlineOf, within, type Waiting } from "./waiting.js";
import type { Evi } from "./world.js";

const SPEECH_S = 1.2;
const OPEN_MS = 10_000;
const RATE = 16_000; // samples per second
const BINDING = "__eviMicrophoneOpened";
const SPEAK = "__eviSpeak";

/** How something is said. */
export interface SayOptions extends Waiting {
  /** How long it is spoken for, in s; 1.2 if left out. */
  seconds?: number | undefined;
}

/** The microphone of all pages of a context: silent until a test speaks into it. */
export class Microphone {
  readonly #evi: Evi;
  readonly #open = new Set<Frame>();
  readonly #waiting = new Set<() => void>();

  private constructor(evi: Evi) {
    this.#evi = evi;
  }

  /** Put a microphone into a context, before its first page opens. */
  static async install(context: BrowserContext, evi: Evi): Promise<Microphone> {
    const microphone = new Microphone(evi);
    await context.exposeBinding(BINDING, ({ frame }) => {
      microphone.#open.add(frame);
      for (const opened of microphone.#waiting) opened();
    });
    await context.addInitScript(installInPage, [BINDING, SPEAK] as const);
    await context.grantPermissions(["microphone"]).catch(() => {}); // only Chromium knows this permission
    return microphone;
  }

  /**
   * Say something, and return when it has been said: a tone, which the emulator hears as `text`.
   *
   * Without a text, the emulator hears what `evi.hear` has queued. Waits until a page has opened
   * its microphone, 10 s at most unless `timeoutMs` says otherwise. Throws ExpectationFailed if none
   * does.
   */
  async say(text?: string, { seconds = SPEECH_S, timeoutMs = OPEN_MS }: SayOptions = {}): Promise<void> {
    const deadline = deadlineOf({ timeoutMs });
    if (text !== undefined) await this.#evi.hear(text);
    for (;;) {
      const heard = await Promise.all([...this.#open].map((frame) => this.#speakInto(frame, seconds)));
      if (heard.includes(true)) return;
      if (!(await this.#nextOpened(deadline))) break;
    }
    throw new ExpectationFailed(
      `no page opened its microphone ${within({ timeoutMs })}: it does so with ` +
        "navigator.mediaDevices.getUserMedia({ audio: true }), on localhost or https only",
    );
  }

  /** Speak into one frame; false if its microphone is closed, or if the frame is gone. */
  async #speakInto(frame: Frame, seconds: number): Promise<boolean> {
    try {
      const speak = ([name, duration]: readonly [string, number]) =>
        (globalThis as unknown as Record<string, (s: number) => Promise<boolean>>)[name]?.(duration) ?? false;
      if (await frame.evaluate(speak, [SPEAK, seconds] as const)) return true;
    } catch (error) {
      if (String(error).includes("evi-emulator:")) throw error;
    }
    this.#open.delete(frame);
    return false;
  }

  /** Wait until one more microphone opens; false at the deadline. */
  async #nextOpened(deadline: number): Promise<boolean> {
    if (this.#open.size > 0) return true;
    return new Promise((resolve) => {
      const done = (isOpen: boolean) => {
        clearTimeout(timer);
        this.#waiting.delete(opened);
        resolve(isOpen);
      };
      const opened = () => done(true);
      const timer = setTimeout(done, Math.max(0, deadline - performance.now()), false);
      this.#waiting.add(opened);
    });
  }
}

/** Runs in each page: mix what a test says into each microphone that the page opens. */
function installInPage([binding, speakName]: readonly [string, string]): void {
  // The page's own types are not this package's.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  const page = globalThis as any;
  const devices = page.navigator.mediaDevices;
  if (!devices?.getUserMedia) return; // neither localhost nor https
  const open = new Set<{ context: any; into: any; track: any }>();
  const native = devices.getUserMedia.bind(devices);

  devices.getUserMedia = async (constraints: { audio?: unknown }) => {
    const stream = await native(constraints);
    if (!constraints?.audio) return stream;
    const context = new page.AudioContext();
    const into = context.createMediaStreamDestination();
    context.createMediaStreamSource(new page.MediaStream(stream.getAudioTracks())).connect(into);
    const track = into.stream.getAudioTracks()[0];
    const one = { context, into, track };
    const stop = track.stop.bind(track);
    track.stop = () => {
      stop();
      open.delete(one);
      for (const each of stream.getAudioTracks()) each.stop();
      void context.close();
    };
    open.add(one);
    await page[binding]();
    return new page.MediaStream([track, ...stream.getVideoTracks()]);
  };

  page[speakName] = async (seconds: number): Promise<boolean> => {
    const spoken = [...open].filter(({ track }) => track.readyState === "live").map((one) => speak(one, seconds));
    return (await Promise.all(spoken)).length > 0;
  };

  async function speak({ context, into }: { context: any; into: any }, seconds: number): Promise<void> {
    const late = new Promise((resolve) => page.setTimeout(resolve, 1000));
    await Promise.race([context.resume(), late]);
    if (context.state !== "running") {
      throw new Error(
        "evi-emulator: the browser plays and records no sound before the user has clicked something: " +
          "let the test click before it speaks",
      );
    }
    const voice = context.createOscillator();
    const volume = context.createGain();
    voice.type = "sawtooth";
    voice.frequency.value = 140;
    const now = context.currentTime;
    for (let syllable = 0; syllable < seconds; syllable += 0.25) {
      volume.gain.setValueAtTime(0.2, now + syllable);
      volume.gain.linearRampToValueAtTime(0.5, now + Math.min(seconds, syllable + 0.2));
    }
    voice.connect(volume).connect(into);
    const ended = new Promise((resolve) => (voice.onended = resolve));
    voice.start();
    voice.stop(now + seconds);
    await Promise.race([ended, new Promise((resolve) => page.setTimeout(resolve, seconds * 1000 + 1000))]);
  }
}

/** Write a second of silence, which repeats, for a browser's microphone, and return its file and what deletes it. */
export function silentRecording(): { file: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), "evi-emulator-"));
  const file = join(folder, "silence.wav");
  const samples = Buffer.alloc(2 * RATE);
  const head = Buffer.alloc(44);
  head.write("RIFF", 0);
  head.writeUInt32LE(36 + samples.length, 4);
  head.write("WAVEfmt ", 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20); // PCM
  head.writeUInt16LE(1, 22); // mono
  head.writeUInt32LE(RATE, 24);
  head.writeUInt32LE(2 * RATE, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write("data", 36);
  head.writeUInt32LE(samples.length, 40);
  writeFileSync(file, Buffer.concat([head, samples]));
  return { file, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
