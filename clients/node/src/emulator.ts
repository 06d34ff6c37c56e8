import { randomUUID } from "node:crypto";
import { Child } from "./child.js";
import { findCommand, type CommandOptions } from "./command.js";
import { Control } from "./control.js";
import {
  SERVER_SETTINGS,
  WORLD_SETTINGS,
  type ContractReport,
  type Health,
  type NewWorld,
  type ServerSettings,
} from "./control-types.js";
import { closest, StartupError, UsageError } from "./errors.js";
import { snake, snakeKeys } from "./names.js";
import { nameOrText } from "./files.js";
import { Evi, type WorldOptions } from "./world.js";

const START_MS = 30_000;
const READY_MS = 10_000;
const PREFIX = "EVI_EMULATOR_";

/** Settings of the emulator, and how it is started. */
export interface StartOptions extends Omit<ServerSettings, "port">, CommandOptions {
  /** The port; 0, or left out, for a free one. */
  port?: number | undefined;
  /** How long the start may take, in ms; 30,000 if left out. */
  startTimeoutMs?: number | undefined;
}

/** Where an emulator runs that somebody else has started. */
export interface ConnectOptions {
  /** The emulator's URL, such as http://127.0.0.1:8484. */
  url: string;
  /** The file of the CA to trust, if it serves https. */
  caFile?: string | undefined;
}

/** An emulator: one that this process has started, or one that runs elsewhere. */
export class Emulator {
  readonly #control: Control;
  readonly #child: Child | undefined;
  readonly #worlds = new Set<Evi>();

  /** Use `startEmulator` or `connect`. */
  constructor(control: Control, child?: Child) {
    this.#control = control;
    this.#child = child;
  }

  /** The URL, such as http://127.0.0.1:54321. */
  get url(): string {
    return this.#control.url;
  }

  /** The file of the CA to trust, if it serves https. */
  get caFile(): string | undefined {
    return this.#control.caFile;
  }

  /**
   * Return a fresh world: its own key, its own data, its own time.
   *
   * Settings may differ from the server's; a seed and a script may be the path of a file. Throws
   * UsageError for a setting that no world has, RefusedError for a value that can't be.
   */
  async world(options: WorldOptions = {}): Promise<Evi> {
    const { apiKey = `evi-${randomUUID()}`, toolCallPatienceS = 30, script, ...settings } = options;
    checkNames(Object.keys(settings), WORLD_SETTINGS);
    const control = this.#control.withKey(apiKey);
    const isNamed = typeof script === "string" && nameOrText(script) === script;
    const body = snakeKeys({ ...settings, ...(isNamed ? { script } : {}) });
    if (typeof body["seed"] === "string") body["seed"] = nameOrText(body["seed"]);
    const made = await control.json<NewWorld>("PUT", "/_emulator/world", { body });
    const evi = new Evi(control, made, body, () => this.#worlds.delete(evi));
    this.#worlds.add(evi);
    evi.startPatience(toolCallPatienceS);
    if (script === undefined || isNamed) return evi;
    try {
      await evi.beginWith(script);
      return evi;
    } catch (error) {
      await evi.close();
      throw error;
    }
  }

  /** Return the findings about the clients of all worlds, and what they exercised. */
  async contractReport(): Promise<ContractReport> {
    const query = { worlds: "all" };
    return this.#control.json<ContractReport>("GET", "/_emulator/contract", { query });
  }

  /** Return the server's settings as it spells them, with secrets hidden. */
  async settings(): Promise<Record<string, unknown>> {
    return this.#control.json("GET", "/_emulator/settings");
  }

  /** Close its worlds, and stop it if this process has started it, with force after 5 s. */
  async stop(): Promise<void> {
    try {
      await Promise.all([...this.#worlds].map((evi) => evi.close()));
    } finally {
      this.#control.close();
      await this.#child?.stop();
    }
  }

  /** Stop it at the end of an `await using` block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/**
 * Start an emulator on a free port of this machine, and return once it answers.
 *
 * It ends with this process, at the latest. Throws UsageError for an unknown setting, StartupError if no
 * command is found, or if the command does not start an emulator; the message has what it printed.
 */
export async function startEmulator(options: StartOptions = {}): Promise<Emulator> {
  const { command, uvx, cwd, startTimeoutMs = START_MS, ...settings } = options;
  const found = findCommand({ command, uvx, cwd });
  const child = await Child.start(found, environmentFor(settings), startTimeoutMs);
  try {
    return new Emulator(await controlAt(child.url, child.caFile), child);
  } catch (error) {
    await child.stop();
    throw error;
  }
}

/** Return an emulator that runs already. Throws StartupError if none answers there within 10 s, UsageError for no URL. */
export async function connect({ url, caFile }: ConnectOptions): Promise<Emulator> {
  const address = String(url).replace(/\/+$/, "");
  if (!/^https?:\/\/./.test(address) || !URL.canParse(address)) {
    throw new UsageError(`connect takes a URL such as http://127.0.0.1:8484, got ${JSON.stringify(url)}`);
  }
  return new Emulator(await controlAt(address, caFile));
}

/** Return the control of an emulator that answers. Throws StartupError. */
async function controlAt(url: string, caFile: string | undefined): Promise<Control> {
  const control = new Control(url, caFile);
  try {
    await ready(control, READY_MS);
    return control;
  } catch (error) {
    control.close();
    throw error;
  }
}

/** Wait until an emulator answers. */
async function ready(control: Control, timeoutMs: number): Promise<void> {
  let health: Partial<Health> | undefined;
  try {
    health = await control.json<Health>("GET", "/_emulator/health", { patienceMs: timeoutMs });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new StartupError(`no emulator answered at ${control.url}: ${why}`);
  }
  if (typeof health?.version !== "string") {
    throw new StartupError(`something else than an emulator answers at ${control.url}`);
  }
}

/** Return this process's environment with these settings of an emulator added. */
function environmentFor(settings: object): NodeJS.ProcessEnv {
  checkNames(Object.keys(settings), SERVER_SETTINGS);
  const environment: NodeJS.ProcessEnv = { ...process.env, [`${PREFIX}PORT`]: "0" };
  for (const [name, value] of Object.entries(settings)) {
    if (value === undefined || value === null) continue;
    environment[PREFIX + snake(name).toUpperCase()] = Array.isArray(value) ? value.join(",") : String(value);
  }
  return environment;
}

/** Throw UsageError for a name that no setting has, or that a world can't have. */
function checkNames(names: readonly string[], known: readonly string[]): void {
  for (const name of names) {
    if (known.includes(name)) continue;
    if (SERVER_SETTINGS.includes(name)) {
      throw new UsageError(
        `${name} is a setting of the whole server, and can't differ in one world: ` +
          "give it to startEmulator(...)",
      );
    }
    throw new UsageError(`no setting "${name}"${closest(name, known)}; known: ${known.join(", ")}`);
  }
}
