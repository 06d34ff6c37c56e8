// What a run has measured, as far as the journal keeps it: the API keeps none of it.

import { get } from "./api.js";
import { duration, parsed, plural } from "./text.js";

const MOST_SHOWN = 500; // measurements, the newest
const BEST = 3; // scores of one
const OPERATIONS = { audio: "audio-measure", video: "video-measure" };

/** Rows of {what, where, scores}, and why there are none. */
export async function measurements(run) {
  const found = run.mode === "file" ? await ofUpload(run) : await ofSession(run);
  const row = run.endpoint === "audio" ? audioRow : imageRow;
  return { rows: found.slice(-MOST_SHOWN).map(row), note: noteOf(run) };
}

const noteOf = (run) =>
  run.mode === "file"
    ? "The journal doesn't have them: it keeps the newest requests, and the first 4,000 characters of an answer."
    : "The journal has none of this session.";

async function ofUpload(run) {
  const operation = OPERATIONS[run.endpoint];
  const { entries } = await get(`/_emulator/journal?kind=http&operation=${operation}`);
  const entry = entries.find((each) => each.response?.includes(run.run_id));
  return parsed(entry?.response ?? "")?.measurements ?? [];
}

async function ofSession(run) {
  const { entries } = await get(`/_emulator/journal?kind=frame&chat_id=${run.run_id}`);
  const sent = entries.filter((each) => each.direction === "out").map((each) => each.content);
  return sent.filter((each) => each?.type === "measurement.result");
}

function audioRow(given) {
  const { audio_start_ms: begin, audio_end_ms: end, trigger } = given;
  return {
    what: given.measurement_id,
    where: `${duration(begin)} to ${duration(end)}, ${trigger}`,
    scores: best([...given.expressions, ...given.voice_attributes]),
  };
}

function imageRow(given) {
  const measured = given.faces.filter((face) => face.expressions);
  return {
    what: given.frame_id,
    where: plural(given.faces.length, "face"),
    scores: measured
      .map((face) => `${face.face_id}: ${best([...face.expressions, ...face.descriptions])}`)
      .join("; "),
  };
}

const best = (scores) =>
  [...scores]
    .sort((a, b) => b.probability - a.probability)
    .slice(0, BEST)
    .map(({ name, probability }) => `${name} ${probability.toFixed(2)}`)
    .join(", ") || "none that passes";
