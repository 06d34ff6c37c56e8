// A sound with its waveform, and its words where they are said.

import { download } from "./api.js";
import { h, s, toast } from "./dom.js";
import { outline, samplesOf } from "./wav.js";

const PX_PER_S = 240; // so that most words have the room they need
const MOST_COLUMNS = 20_000;
const MARGIN = 0.15; // of what is in sight, that stays before the place that is played

/** Loads a sound of `seconds` and shows it; `leave` stops it. Throws Refused. */
export async function player(path, seconds, words) {
  const blob = await download(path);
  const samples = samplesOf(await blob.arrayBuffer());
  let isOver = false;
  const address = URL.createObjectURL(new Blob([blob], { type: "audio/wav" }));
  const audio = h("audio", {
    controls: true,
    preload: "auto",
    src: address,
    "aria-label": "The sound",
    onerror: () => isOver || toast("The browser can't play this sound.", "error"),
  });
  const track = trackOf(samples, seconds, words, (at) => (audio.currentTime = at));
  for (const event of ["timeupdate", "seeking", "loadedmetadata"])
    audio.addEventListener(event, () => track.mark(audio.currentTime));
  audio.addEventListener("play", () => requestAnimationFrame(follow));

  function follow() {
    track.mark(audio.currentTime);
    if (!audio.paused) requestAnimationFrame(follow);
  }
  function leave() {
    isOver = true;
    audio.pause();
    URL.revokeObjectURL(address);
  }
  return { nodes: [audio, track.node], leave };
}

/** The waveform above the words; `mark` shows the time that is played. */
function trackOf(samples, seconds, words, seek) {
  const width = Math.max(1, Math.round(seconds * PX_PER_S));
  const labels = words.map((word) => {
    const { begin, end } = word.time;
    const node = h("span", { class: "track-word", title: word.text }, h("bdi", {}, word.text));
    node.style.left = `${begin / seconds / 10}%`;
    node.style.width = `${(end - begin) / seconds / 10}%`;
    return { node, begin: begin / 1000, end: end / 1000 };
  });
  const head = h("div", { class: "playhead" });
  const line = h(
    "div",
    {
      class: "track-line",
      onclick: (event) => {
        const { left, width: shown } = line.getBoundingClientRect();
        seek(((event.clientX - left) / shown) * seconds);
      },
    },
    drawn(samples, Math.min(width, MOST_COLUMNS)),
    h("div", { class: "track-words" }, labels.map((label) => label.node)),
    head,
  );
  line.style.width = `max(100%, ${width}px)`;
  const node = h(
    "div",
    { class: "track", tabindex: "0", role: "region", "aria-label": "Waveform and words" },
    line,
  );
  let said = null;

  function mark(at) {
    head.style.left = `${(at / seconds) * 100}%`;
    keepInSight((at / seconds) * line.clientWidth);
    const now = labels.find((label) => label.begin <= at && at < label.end) ?? null;
    if (now === said) return;
    said?.node.removeAttribute("aria-current");
    now?.node.setAttribute("aria-current", "true");
    said = now;
  }
  function keepInSight(x) {
    const { scrollLeft, clientWidth } = node;
    if (x < scrollLeft || x > scrollLeft + clientWidth)
      node.scrollLeft = x - clientWidth * MARGIN;
  }
  return { node, mark };
}

function drawn(samples, columns) {
  const points = outline(samples, columns).map(([x, y]) => `${x} ${y.toFixed(3)}`);
  return s(
    "svg",
    {
      class: "waveform",
      viewBox: `0 -1 ${columns} 2`,
      preserveAspectRatio: "none",
      "aria-hidden": "true",
    },
    s("path", { d: `M${points.join("L")}Z` }),
  );
}
