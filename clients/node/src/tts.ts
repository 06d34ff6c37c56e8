import { readFile } from "node:fs/promises";
import type { Control } from "./control.js";
import type { SpeechGeneration } from "./control-types.js";
import { explain, nearest, shortFields } from "./diagnosis.js";
import { equals, matches, type Fields } from "./equality.js";
import { closest, ExpectationFailed, UsageError } from "./errors.js";
import type { Journal } from "./journal.js";
import { deadlineOf, waitUntil, within, type Waiting } from "./waiting.js";

const FIELDS = [
  "text", "voice", "description", "version", "format", "operation", "duration", "utterances",
  "generation_id", "request_id", "context_generation_id", "created_at", "variant", "complete",
];
const IN_WORDS = ["text", "voice", "description", "version", "format", "operation"];
const FORMATS = ["mp3", "pcm", "wav"];

/**
 * What a test does with text-to-speech in one world.
 *
 * Each generation meets one expectation at most; those of the seed meet none.
 */
export class Tts {
  readonly #control: Control;
  readonly #journal: Journal;
  readonly #beganMs: number;
  readonly #seen = new Set<string>(); // ids of generations that do not count any more

  /** Use `evi.tts`. What is older than `beganMs` belongs to the seed. */
  constructor(control: Control, journal: Journal, beganMs: number) {
    this.#control = control;
    this.#journal = journal;
    this.#beganMs = beganMs;
  }

  /** Return all generations, those of the seed too, the oldest first. */
  async generations(): Promise<SpeechGeneration[]> {
    const path = "/_emulator/tts/generations";
    return (await this.#control.json<{ generations: SpeechGeneration[] }>("GET", path)).generations;
  }

  /**
   * Wait for the next generation with these fields, and return it.
   *
   * A text may be a regular expression, a voice may be a name or an id. One that a client did not
   * get to its end has `complete` false, and only counts if that is asked for. Throws
   * ExpectationFailed when the time is over, UsageError for a field that no generation has.
   */
  async expect(fields: Fields = {}, waiting: Waiting = {}): Promise<SpeechGeneration> {
    checkFields(Object.keys(fields));
    const found = await waitUntil(this.#control, deadlineOf(waiting), async () => {
      const counting = await this.#counting();
      const place = counting.findIndex(
        (each) => isAsWanted(fields, each) && (each.complete !== false || "complete" in fields),
      );
      counting.slice(0, place + 1).forEach((each) => this.#seen.add(each.generation_id));
      return counting[place];
    });
    return found ?? this.#fail(fields, waiting);
  }

  /**
   * Forget which generations have met an expectation: the world has others now.
   *
   * @internal
   */
  forget(): void {
    this.#seen.clear();
  }

  /** Return the generations that no expectation has met, without those of the seed. */
  async #counting(): Promise<SpeechGeneration[]> {
    const all = (await this.generations()).filter((each) => each.created_at >= this.#beganMs);
    return all.filter((each) => !this.#seen.has(each.generation_id));
  }

  async #fail(wanted: Fields, waiting: Waiting): Promise<never> {
    const came = await this.#counting();
    const before = (await this.generations()).filter((each) => this.#seen.has(each.generation_id));
    let hint = "";
    if (before.some((each) => isAsWanted(wanted, each))) {
      hint = "such a generation came before one that an earlier expectation has met";
    }
    if (came.some((each) => isAsWanted(wanted, each) && each.complete === false)) {
      hint = "its stream ended early; complete: false expects that";
    }
    const names = [...Object.keys(wanted), ...IN_WORDS];
    const near = (came.length > 0 ? came : before).map((each) => ({
      fields: Object.fromEntries(Object.entries(each).filter(([name]) => names.includes(name))),
    }));
    const asked = shortFields(wanted);
    const what = `nothing was said ${asked && `with ${asked} `}${within(waiting)}`;
    throw new ExpectationFailed(
      explain(what, wanted, nearest(wanted, near), hint, await this.#journal.timeline()),
    );
  }

  /** Return the sound of a generation, or of the one with an id, as a file. Throws LookupError, UsageError. */
  async audio(
    generation: SpeechGeneration | string,
    format: "wav" | "mp3" | "pcm" = "wav",
  ): Promise<Buffer> {
    if (!FORMATS.includes(format)) {
      const hint = closest(format, FORMATS);
      throw new UsageError(`no format ${JSON.stringify(format)}${hint}; known: ${FORMATS.join(", ")}`);
    }
    const id = typeof generation === "string" ? generation : generation.generation_id;
    const path = `/_emulator/tts/generations/${encodeURIComponent(id)}/audio`;
    return this.#control.bytes("GET", path, { query: { format } });
  }

  /** Give a text the sound of an audio file, by its path or its content; later generations have it. */
  async setSound(text: string, sound: string | Uint8Array): Promise<void> {
    const data = typeof sound === "string" ? await readFile(sound) : sound;
    const body = { text, audio: Buffer.from(data).toString("base64") };
    await this.#control.json("POST", "/_emulator/tts/sounds", { body });
  }

  /** Let all texts sound like others again. */
  async clearSounds(): Promise<void> {
    await this.#control.json("DELETE", "/_emulator/tts/sounds");
  }
}

function isAsWanted({ voice, ...fields }: Fields, got: SpeechGeneration): boolean {
  if (!matches(fields, got)) return false;
  if (voice === undefined) return true;
  if (typeof voice !== "string") return equals(voice, got.voice);
  const name = voice.toLowerCase();
  return got.voice !== null && [got.voice.name?.toLowerCase(), got.voice.id].includes(name);
}

function checkFields(names: readonly string[]): void {
  for (const name of names) {
    if (!FIELDS.includes(name)) {
      const hint = closest(name, FIELDS);
      throw new UsageError(
        `no generation has a field ${JSON.stringify(name)}${hint}; known: ${FIELDS.join(", ")}`,
      );
    }
  }
}
