import { spawn, type ChildProcess } from "node:child_process";
import type { Socket } from "node:net";
import type { Command } from "./command.js";
import { StartupError } from "./errors.js";

const KEPT = 8000; // characters of what it prints
const STOP_MS = 5000;
const running = new Set<ChildProcess>();
let isWatchingExit = false;

/** An emulator in a process of its own, which ends with this one. */
export class Child {
  /** Where it serves, once it has started. */
  url = "";
  /** The file of the CA to trust, if it serves https. */
  caFile: string | undefined;
  #printed = "";
  #errors = "";
  readonly #process: ChildProcess;
  readonly #ended: Promise<string>; // how, in words

  private constructor(
    readonly command: Command,
    environment: NodeJS.ProcessEnv,
  ) {
    const words = [...command.arguments, "serve", "--until-stdin-ends"];
    this.#process = spawn(command.program, words, {
      env: environment,
      stdio: ["pipe", "pipe", "pipe"],
      windowsHide: true,
    });
    this.#ended = new Promise((resolve) => {
      this.#process.once("error", (error) => {
        running.delete(this.#process);
        resolve(whyNotRun(command.program, error));
      });
      this.#process.once("close", (code, signal) => {
        running.delete(this.#process);
        resolve(`it ended ${signal === null ? `with exit code ${code}` : `by ${signal}`}`);
      });
    });
    this.#process.stdin?.on("error", () => {}); // it may end first
    this.#process.stderr?.on("data", (piece) => {
      this.#errors = (this.#errors + String(piece)).slice(-KEPT);
    });
    running.add(this.#process);
    endAllAtExit();
  }

  /** Start a command, and return once it says where it serves. Throws StartupError. */
  static async start(
    command: Command,
    environment: NodeJS.ProcessEnv,
    timeoutMs: number,
  ): Promise<Child> {
    const child = new Child(command, environment);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<string>((resolve) => {
      const told = `it did not say where it serves within ${timeoutMs / 1000} s, the limit that startTimeoutMs sets`;
      timer = setTimeout(() => resolve(told), timeoutMs);
    });
    const problem = await Promise.race([child.#banner(), child.#ended, late]);
    clearTimeout(timer);
    if (problem !== undefined) {
      await child.stop();
      throw new StartupError(child.#explain(problem));
    }
    child.#release();
    return child;
  }

  /** Return what it printed to stderr last. */
  get errors(): string {
    return this.#errors;
  }

  /** End it, and wait until it has ended, with force after 5 s. */
  async stop(): Promise<void> {
    this.#process.stdin?.end();
    this.#process.kill();
    const timer = setTimeout(() => this.#kill(), STOP_MS);
    await this.#ended;
    clearTimeout(timer);
  }

  /** Kill it, and let go of its pipes, which a process of its own may hold open. */
  #kill(): void {
    this.#process.kill("SIGKILL");
    this.#process.stdout?.destroy();
    this.#process.stderr?.destroy();
  }

  /** Wait for the line that says where it serves. */
  #banner(): Promise<undefined> {
    return new Promise((resolve) => {
      this.#process.stdout?.on("data", (piece) => {
        this.#printed = (this.#printed + String(piece)).slice(-KEPT);
        const found = / on (https?:\/\/[^\s|]+)[^\n]*\n/.exec(this.#printed);
        if (found === null || this.url) return;
        const caFile = /(?:\||\n) *CA file:? +([^\n]+?)\r?\n/.exec(this.#printed)?.[1];
        if (found[1]!.startsWith("https:") && caFile === undefined) return; // it comes a little later
        this.url = found[1]!;
        this.caFile = caFile;
        resolve(undefined);
      });
    });
  }

  /** Let this process end though the other one runs. */
  #release(): void {
    this.#process.unref();
    for (const pipe of [this.#process.stdin, this.#process.stdout, this.#process.stderr]) {
      (pipe as Socket | null)?.unref();
    }
  }

  #explain(problem: string): string {
    const words = [this.command.program, ...this.command.arguments, "serve"].join(" ");
    const told = (this.#errors || this.#printed).trim();
    const lines = [`the emulator did not start: ${problem}`, `command: ${words} (from ${this.command.source})`];
    if (told) lines.push("it said:", ...told.split("\n").map((line) => `  ${line}`));
    return lines.join("\n");
  }
}

/** Return why a program can't be run, in words. */
function whyNotRun(program: string, error: NodeJS.ErrnoException): string {
  if (error.code !== "ENOENT") return `it can't be run: ${error.message}`;
  const where = program === "uvx" ? "; it comes with uv, https://docs.astral.sh/uv" : "";
  return `there is no program ${program}${where}`;
}

/** Have every emulator end with this process. Their standard input ends then, too. */
function endAllAtExit(): void {
  if (isWatchingExit) return;
  isWatchingExit = true;
  process.on("exit", () => {
    for (const child of running) child.kill();
  });
}
