import { accessSync, constants, statSync } from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";
import { StartupError, UsageError } from "./errors.js";

/** The environment variable with the command that starts an emulator. */
export const COMMAND_VARIABLE = "EVI_COMMAND";

/** How the emulator's command is found. */
export interface CommandOptions {
  /** The command, such as "/opt/evi/bin/evi-emulator", or a list of the program and its arguments. */
  command?: string | readonly string[] | undefined;
  /** Run it with `uvx --from` this path or URL of the Python package. */
  uvx?: string | undefined;
  /** Where to look for a `.venv`, and in the folders above; the working directory if left out. */
  cwd?: string | undefined;
}

/** A command that was found, and where. */
export interface Command {
  program: string;
  arguments: string[];
  /** Where it comes from, in words. */
  source: string;
}

/** Find the command of the emulator. Throws StartupError, which names all that was tried. */
export function findCommand(
  options: CommandOptions,
  environment: NodeJS.ProcessEnv = process.env,
): Command {
  if (options.command !== undefined && options.uvx !== undefined) {
    throw new UsageError("startEmulator takes command or uvx, not both");
  }
  if (options.command !== undefined) return given(options.command, "the option command");
  if (options.uvx !== undefined) {
    const words = ["uvx", "--from", options.uvx, "evi-emulator"];
    return given(words, "the option uvx");
  }
  const variable = environment[COMMAND_VARIABLE];
  if (variable) return given(variable, `the variable ${COMMAND_VARIABLE}`);
  const onPath = findOnPath("evi-emulator", environment);
  if (onPath !== undefined) return { program: onPath, arguments: [], source: "the PATH" };
  const folders = upwards(resolve(options.cwd ?? process.cwd()));
  for (const folder of folders) {
    const program = join(folder, ".venv", BIN, fileNames("evi-emulator")[0]!);
    if (isProgram(program)) return { program, arguments: [], source: `${folder}/.venv` };
  }
  throw new StartupError(
    [
      "no command evi-emulator was found. Tried:",
      `  the variable ${COMMAND_VARIABLE}: it is not set`,
      "  evi-emulator on the PATH: it is not there",
      `  .venv/${BIN}/evi-emulator in ${folders[0]} and the ${folders.length - 1} folders above it: none`,
      `Install the Python package of the emulator, set ${COMMAND_VARIABLE}, or give`,
      'startEmulator({ command: "..." }) or startEmulator({ uvx: "PATH_OR_URL" }).',
    ].join("\n"),
  );
}

const IS_WINDOWS = process.platform === "win32";
const BIN = IS_WINDOWS ? "Scripts" : "bin";

/** Return the names of the files that may be a program. */
function fileNames(program: string): string[] {
  return IS_WINDOWS && !/\.\w+$/.test(program) ? [`${program}.exe`] : [program];
}

function given(command: string | readonly string[], source: string): Command {
  const words = typeof command === "string" ? split(command) : [...command];
  const [program, ...rest] = words;
  if (program === undefined) throw new UsageError(`${source} is empty`);
  return { program, arguments: rest, source };
}

/** Return the words of a command: one word if it is the path of a program, spaces and all. */
function split(command: string): string[] {
  if (isProgram(command)) return [command];
  const words = command.match(/(?:"[^"]*"|'[^']*'|\S)+/g) ?? [];
  return words.map((word) => word.replace(/"([^"]*)"|'([^']*)'/g, "$1$2"));
}

function findOnPath(program: string, environment: NodeJS.ProcessEnv): string | undefined {
  const folders = (environment["PATH"] ?? environment["Path"] ?? "").split(delimiter).filter(Boolean);
  const paths = folders.flatMap((folder) => fileNames(program).map((name) => join(folder, name)));
  return paths.find(isProgram);
}

function upwards(folder: string): string[] {
  const above = dirname(folder);
  return above === folder ? [folder] : [folder, ...upwards(above)];
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
