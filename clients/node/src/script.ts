import type { Script as ScriptContent, ScriptRule, ScriptStep, ScriptWhen } from "./control-types.js";

export type { ScriptContent };

/** Is called after every change of a script; what it returns is awaited by `await rule`. */
type Changed = () => Promise<void>;

/** An emotion's name, or scores by emotion. */
export type Mood = string | Record<string, number>;

/** Which turns a rule answers besides its words. */
export interface RuleOptions {
  /** How often it answers; always if left out. */
  times?: number | undefined;
  /** The number of the user's turn, from 1. */
  turn?: number | undefined;
}

/**
 * What the assistant says in a chat: a turn is answered by the first rule that matches it.
 *
 *     await evi.script.onUser("weather").callTool("get_weather", { city: "Oslo" }).say("{tool_result}");
 *
 * `await` waits until the emulator has the rule.
 */
export class Script {
  /** The script as a file has it. */
  readonly content: ScriptContent & { rules: ScriptRule[] };
  readonly #changed: Changed | undefined;

  /** Make a script of its own from a content, a copy of which it extends. */
  constructor(content?: ScriptContent);
  /** @internal `changed` is called after every change; what it returns is awaited by `await rule`. */
  constructor(content: ScriptContent | undefined, changed: Changed | undefined, isShared?: boolean);
  constructor(content: ScriptContent = {}, changed?: Changed, isShared = false) {
    const rules = content.rules ?? [];
    this.content = isShared ? Object.assign(content, { rules }) : { ...content, rules: [...rules] };
    this.#changed = changed;
  }

  /**
   * Answer a turn that no rule matches with an error instead of with the default assistant.
   *
   * `await` waits until the emulator has it.
   */
  strict(isStrict = true): Script {
    this.content.strict = isStrict;
    return this.#written();
  }

  /** Add a rule for turns with these words in them (in any case), or that a pattern finds. */
  onUser(text: string | RegExp, { times, turn }: RuleOptions = {}): Rule {
    const words = typeof text === "string" ? { text } : { regex: pattern(text) };
    return this.#add({ ...words, ...(turn === undefined ? {} : { turn }) }, times);
  }

  /** Add a rule for the user's turn of that number, from 1. */
  onTurn(number: number, { times }: Pick<RuleOptions, "times"> = {}): Rule {
    return this.#add({ turn: number }, times);
  }

  /** Add a rule for every turn that no earlier rule answers. */
  onAnything({ times }: Pick<RuleOptions, "times"> = {}): Rule {
    return this.#add(undefined, times);
  }

  /**
   * Answer calls of this tool in simulations with a text, or with a value as JSON.
   *
   * `await` waits until the emulator has it.
   */
  answerTool(name: string, content: unknown): Script {
    this.content.tools = { ...this.content.tools, [name]: { content } };
    return this.#written();
  }

  /**
   * Answer calls of this tool in simulations with a tool_error, whose `content` is for the model.
   *
   * `await` waits until the emulator has it.
   */
  failTool(name: string, error: string, content?: string): Script {
    this.content.tools = { ...this.content.tools, [name]: { content, error } };
    return this.#written();
  }

  /** Return this script; if it is a world's, one that can be awaited. */
  #written(): Script {
    const changed = this.#changed;
    return changed === undefined ? this : new WrittenScript(this.content, changed, changed());
  }

  #add(when: ScriptWhen | undefined, times: number | undefined): Rule {
    const answer: ScriptStep[] = [];
    this.content.rules.push({
      ...(when === undefined ? {} : { when }),
      ...(times === undefined ? {} : { times }),
      answer,
    });
    return new Rule(answer, this.#changed);
  }
}

/** A world's script, to which something was added: `await` waits until the emulator has it. */
class WrittenScript extends Script implements PromiseLike<void> {
  readonly #sent: Promise<void>;

  constructor(content: ScriptContent, changed: Changed, sent: Promise<void>) {
    super(content, changed, true);
    this.#sent = sent;
  }

  then<A = void, B = never>(
    resolved?: ((value: void) => A | PromiseLike<A>) | null,
    rejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#sent.then(resolved, rejected);
  }
}

/** One rule of a script, to which steps are added in the order in which they happen. */
export class Rule implements PromiseLike<void> {
  readonly #steps: ScriptStep[];
  readonly #changed: Changed;
  #sent: Promise<void> = Promise.resolve();

  /** Use `script.onUser`, `script.onTurn` or `script.onAnything`. */
  constructor(steps: ScriptStep[], changed: Changed = async () => {}) {
    this.#steps = steps;
    this.#changed = changed;
  }

  /** Speak. Placeholders such as {tool_result} are filled in. */
  say(text: string, { mood, quick }: { mood?: Mood | undefined; quick?: boolean | undefined } = {}): this {
    return this.#add({ say: text, mood, quick });
  }

  /** Call a function tool; its answer is {tool_result} in later steps. */
  callTool(name: string, parameters?: Record<string, unknown>): this {
    return this.#add({ call_tool: name, parameters });
  }

  /** Use web_search with a query; `result` is what it finds, or `error` why it fails. */
  webSearch(query: string, { result, error }: { result?: unknown; error?: string | undefined } = {}): this {
    return this.#add({ web_search: query, result, error });
  }

  /** End the chat. */
  hangUp(): this {
    return this.#add({ hang_up: true });
  }

  /** Stop for a while: "2s", "500ms", or a number of seconds. */
  pause(duration: string | number): this {
    return this.#add({ pause: duration });
  }

  /** Send an error frame, by its slug or its code. */
  error(error: string, message?: string): this {
    return this.#add({ error, message });
  }

  /** Wait until the emulator has the rule: `await` calls this. */
  then<A = void, B = never>(
    resolved?: ((value: void) => A | PromiseLike<A>) | null,
    rejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#sent.then(resolved, rejected);
  }

  #add(step: ScriptStep): this {
    const known = Object.entries(step).filter(([, value]) => value !== undefined);
    this.#steps.push(Object.fromEntries(known) as ScriptStep);
    this.#sent = this.#changed();
    return this;
  }
}

/** Return a pattern as a script's file has it: flags are written into it. */
function pattern(text: RegExp): string {
  const flags = [...text.flags].filter((flag) => "ims".includes(flag)).join("");
  return flags ? `(?${flags})${text.source}` : text.source;
}
