// What a telephone plays of the sound that it was sent: in order, marks in their places.

export class Playback {
  #onMark;
  #until = 0; // when all will have been played, in ms of performance.now()
  #marks = []; // {name, at}
  #timer = null;

  /** `onMark(name)` is called once all that came before the mark was played, or was cleared. */
  constructor(onMark) {
    this.#onMark = onMark;
  }

  add(ms) {
    this.#until = Math.max(this.#until, performance.now()) + ms;
  }

  mark(name) {
    this.#marks.push({ name, at: this.#until });
    this.#pass();
  }

  /** What waits is not played any more; its marks come back at once. */
  clear() {
    this.#until = 0;
    for (const mark of this.#marks) mark.at = 0;
    this.#pass();
  }

  close() {
    this.#marks = [];
    clearTimeout(this.#timer);
  }

  #pass() {
    clearTimeout(this.#timer);
    while (this.#marks.length && this.#marks[0].at <= performance.now())
      this.#onMark(this.#marks.shift().name);
    if (this.#marks.length)
      this.#timer = setTimeout(() => this.#pass(), this.#marks[0].at - performance.now());
  }
}
