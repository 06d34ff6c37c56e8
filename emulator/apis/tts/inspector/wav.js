// The samples of a WAV file, and their outline.

const HEAD = 12; // bytes of a RIFF file before its first chunk

/** The samples of a file of 16-bit PCM in one channel. Throws for any other. */
export function samplesOf(buffer) {
  const view = new DataView(buffer);
  const name = (at) => String.fromCharCode(...new Uint8Array(buffer, at, 4));
  for (let at = HEAD; at + 8 <= buffer.byteLength; ) {
    const size = view.getUint32(at + 4, true);
    const isFormat = name(at) === "fmt ";
    if (isFormat && (view.getUint16(at + 10, true) !== 1 || view.getUint16(at + 22, true) !== 16))
      break;
    if (name(at) === "data") {
      const end = Math.min(at + 8 + size, buffer.byteLength);
      const whole = (end - at - 8) & ~1;
      return new Int16Array(buffer.slice(at + 8, at + 8 + whole)); // little-endian, as browsers are
    }
    at += 8 + size + (size % 2);
  }
  throw new Error("Expected a WAV file of 16-bit PCM in one channel.");
}

/** The points of an area between the lowest and highest sample of each column; the loudest is 1 or -1. */
export function outline(samples, columns) {
  const [above, below] = [[], []];
  let loudest = 1;
  for (const sample of samples) loudest = Math.max(loudest, Math.abs(sample));
  for (let column = 0; column < columns; column++) {
    const from = Math.floor((column * samples.length) / columns);
    const to = Math.floor(((column + 1) * samples.length) / columns);
    let [lowest, highest] = [0, 0];
    for (let index = from; index < to; index++) {
      if (samples[index] < lowest) lowest = samples[index];
      if (samples[index] > highest) highest = samples[index];
    }
    above.push([column, -highest / loudest]);
    below.push([column, -lowest / loudest]);
  }
  return [...above, ...below.reverse()];
}
