// The messages of a phone call's media stream, in plain words.

import { duration, plural, visible } from "./text.js";

const BYTES_A_SECOND = 8000; // of mu-law

const FROM_PHONE = {
  connected: () => ["connected", "Twilio has opened the media stream"],
  start: ({ start }) => ["start", `the caller of ${start?.callSid} can be heard`],
  dtmf: ({ dtmf }) => [`key ${dtmf?.digit} pressed`, ""],
  mark: ({ mark }) => ["played", `all that was sent before the mark ${mark?.name}, or it was dropped`],
  stop: () => ["stop", "the caller has hung up, or the call goes on without this stream"],
};
const TO_PHONE = {
  mark: ({ mark }) => [`mark ${mark?.name}`, "Twilio returns it once the sound before it was played"],
  clear: () => ["clear", "Twilio drops the sound that it has not played yet"],
};

const isOfStream = ({ content }) =>
  content?.type === undefined && typeof content?.event === "string";

/** The base64 text of the sound that the server sends, as the journal shows it: its length. */
function soundText({ direction, content }) {
  if (direction !== "out" || typeof content !== "object" || content === null) return "";
  if (isOfStream({ content })) return content.media?.payload;
  return content.type === "audio_output" ? content.data : content.type === "audio" ? content.audio : "";
}

/** The sound in an entry: {count, bytes, first_ms, last_ms} of messages; null for any other entry. */
export function soundOf(entry) {
  if (entry.kind !== "frame") return null;
  if (entry.run) return entry.run;
  const [, characters] = /^\((\d+) characters\)$/.exec(soundText(entry) || "") ?? [];
  if (!characters) return null;
  const { at_ms, seq } = entry;
  const bytes = Math.floor((Number(characters) * 3) / 4);
  return { first_seq: seq, count: 1, bytes, first_ms: at_ms, last_ms: at_ms };
}

/** [title, note] of a message, or null if the entry is not one. */
export function describeMessage(entry) {
  const isSound = entry.content?.type === "media" || entry.content?.event === "media";
  const sound = isSound && soundOf(entry);
  const arrow = entry.direction === "out" ? "server →" : "phone →";
  if (sound) {
    const length = duration((sound.bytes / BYTES_A_SECOND) * 1000);
    const whose = entry.direction === "out" ? "to play" : "from the caller";
    return [`${arrow} sound`, `${length} ${whose}, ${plural(sound.count, "message")}`];
  }
  if (!isOfStream(entry)) return null;
  const known = entry.direction === "out" ? TO_PHONE : FROM_PHONE;
  if (!Object.hasOwn(known, entry.content.event)) return null;
  const [title, note] = known[entry.content.event](entry.content);
  return [`${arrow} ${title}`, note];
}

/** What a transcript says of a message: a key, an interruption, the end; null for all others. */
export function eventOf({ kind, direction, content }) {
  if (kind !== "frame" || !isOfStream({ content })) return null;
  if (direction === "out") return content.event === "clear" ? "The rest is not played" : null;
  if (content.event === "dtmf") return visible(`Key ${content.dtmf?.digit} pressed`);
  return content.event === "stop" ? "The caller hung up" : null;
}
