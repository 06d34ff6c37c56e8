// The sound of a telephone line: mu-law of 8 kHz (ITU-T G.711), a byte for each sample.

export const RATE = 8000;
export const SILENCE = 0xff; // stands for 0
const BIAS = 132;
const HIGHEST = 32_635;

/** The byte of a 16-bit sample. */
function encode(sample) {
  const magnitude = Math.min(Math.abs(sample), HIGHEST) + BIAS;
  const exponent = 24 - Math.clz32(magnitude);
  const mantissa = (magnitude >> (exponent + 3)) & 15;
  return ~((sample < 0 ? 128 : 0) | (exponent << 4) | mantissa) & 0xff;
}

/** The samples of bytes, from -1 to 1. */
export const decoded = (bytes) => Float32Array.from(bytes, (byte) => SAMPLES[byte]);

const SAMPLES = Float32Array.from({ length: 256 }, (_, byte) => {
  const code = ~byte & 0xff;
  const magnitude = ((((code & 15) << 3) + BIAS) << ((code >> 4) & 7)) - BIAS;
  return (code & 128 ? -magnitude : magnitude) / 32_768;
});

/** Makes mu-law of 16-bit samples, `rate` a second (8,000 or more): each byte is the mean of those in its
    time. */
export class Encoder {
  #rate;
  #passed = 0;
  #sum = 0;
  #count = 0;

  constructor(rate) {
    this.#rate = rate;
  }

  encode(pcm) {
    const bytes = [];
    for (const sample of pcm) {
      this.#sum += sample;
      this.#count++;
      this.#passed += RATE;
      if (this.#passed < this.#rate) continue;
      bytes.push(encode(Math.round(this.#sum / this.#count)));
      this.#passed -= this.#rate;
      this.#sum = this.#count = 0;
    }
    return bytes;
  }
}

const SYLLABLE = 0.18 * RATE; // samples
const CHARACTER = 0.06 * RATE;
const MOST_SYLLABLES = 660;
const PITCH = 196; // Hz
const LOUDNESS = 0.25;

/** Tones that last as long as a text takes to say, as those of the emulator's own users do. */
export function tones(text) {
  const count = Math.ceil((text.length * CHARACTER) / SYLLABLE);
  const syllables = Math.max(1, Math.min(count, MOST_SYLLABLES));
  return Array.from({ length: syllables }, () => TONE).flat();
}

const TONE = Array.from({ length: SYLLABLE }, (_, at) => {
  const swell = Math.sin((Math.PI * at) / SYLLABLE);
  const wave = Math.sin((2 * Math.PI * PITCH * at) / RATE);
  return encode(Math.round(LOUDNESS * 32_767 * swell * wave));
});
