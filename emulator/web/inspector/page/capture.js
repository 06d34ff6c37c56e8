// Runs beside the page (AudioWorklet): what the microphone takes, as 16-bit PCM and how loud it is.

const CHUNK_MS = 100;

class Capture extends AudioWorkletProcessor {
  #chunk = new Int16Array(Math.round((sampleRate * CHUNK_MS) / 1000));
  #filled = 0;
  #loudest = 0;

  process([[channel]]) {
    for (const sample of channel ?? []) {
      this.#chunk[this.#filled++] = Math.max(-1, Math.min(1, sample)) * 0x7fff;
      this.#loudest = Math.max(this.#loudest, Math.abs(sample));
      if (this.#filled === this.#chunk.length) this.#post();
    }
    return true;
  }

  #post() {
    this.port.postMessage({ pcm: this.#chunk.slice().buffer, loudest: this.#loudest });
    this.#filled = this.#loudest = 0;
  }
}

registerProcessor("capture", Capture);
