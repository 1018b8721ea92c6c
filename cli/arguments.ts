/**
 * Reads what was typed behind a command by the command's own facts. Pure and strict.
 *
 * - `--name value`, `--name=value`, `-n value`; a switch takes no value.
 * - Flags and positionals mix; `--` ends the flags; `-` and negative numbers are positionals.
 * - A flag with a value takes the next argument even if it begins with `-` (`--from -10`), unless
 *   that is itself a flag of the command.
 * - What is unknown, missing, doubled or too much is refused by name.
 */
import { nearest } from "../src/config/nearest.js";
import { assert } from "../src/invariant/assert.js";
import { type CommandFacts, commonFlags, type FlagFacts } from "./command.js";
import { Usage } from "./usage.js";

export class Arguments {
  readonly #positionals: ReadonlyMap<string, string>;
  readonly #flags: ReadonlyMap<string, readonly string[]>;

  constructor(
    positionals: ReadonlyMap<string, string>,
    flags: ReadonlyMap<string, readonly string[]>,
  ) {
    this.#positionals = positionals;
    this.#flags = flags;
  }

  positional(name: string): string {
    const value = this.#positionals.get(name);
    assert(value !== undefined, "the parser gives every positional");
    return value;
  }

  /** One that may be left out. */
  optional(name: string): string | undefined {
    return this.#positionals.get(name);
  }

  has(flag: string): boolean {
    return this.#flags.has(flag);
  }

  one(flag: string): string | undefined {
    return this.#flags.get(flag)?.[0];
  }

  many(flag: string): readonly string[] {
    return this.#flags.get(flag) ?? [];
  }

  /** A whole number within bounds. */
  count(flag: string, preset: number, min: number, max: number): number {
    const text = this.one(flag);
    if (text === undefined) return preset;
    const value = /^\d{1,16}$/.test(text.replaceAll("_", ""))
      ? Number(text.replaceAll("_", ""))
      : Number.NaN;
    if (!(value >= min && value <= max)) {
      throw new Usage(`--${flag} is ${text}, and must be a whole number from ${min} to ${max}`, {
        flag: `--${flag}`,
        limit: `${min}..${max}`,
        value: text,
      });
    }
    return value;
  }

  /** A word of a closed list. */
  choice<const Choice extends string>(
    flag: string,
    choices: readonly Choice[],
  ): Choice | undefined {
    const text = this.one(flag);
    return text === undefined ? undefined : toChoice(flag, text, choices);
  }

  choices<const Choice extends string>(flag: string, choices: readonly Choice[]): Choice[] {
    return this.many(flag).map((text) => toChoice(flag, text, choices));
  }
}

function toChoice<Choice extends string>(
  flag: string,
  text: string,
  choices: readonly Choice[],
): Choice {
  const found = choices.find((choice) => choice === text);
  if (found !== undefined) return found;
  const guess = nearest(text, choices);
  const hint = guess === undefined ? `one of ${choices.join(", ")}` : `did you mean ${guess}?`;
  throw new Usage(`--${flag} is ${text}: ${hint}`, {
    flag: `--${flag}`,
    limit: choices.join(", "),
    value: text,
  });
}

const isNumeric = (text: string): boolean => /^-[\d.]/.test(text);

class Parser {
  readonly #facts: CommandFacts;
  readonly #known: readonly FlagFacts[];
  readonly #flags = new Map<string, string[]>();
  readonly #words: string[] = [];

  constructor(facts: CommandFacts) {
    this.#facts = facts;
    this.#known = [...(facts.flags ?? []), ...commonFlags];
  }

  parse(typed: readonly string[]): Arguments {
    for (let i = 0; i < typed.length; i++) {
      const word = typed[i] ?? "";
      if (word === "--") {
        this.#words.push(...typed.slice(i + 1));
        break;
      }
      if (word === "-" || !word.startsWith("-") || isNumeric(word)) this.#words.push(word);
      else if (this.#takeFlag(word, typed[i + 1])) i++;
    }
    return new Arguments(this.#nameWords(), this.#flags);
  }

  /** Returns whether the word behind was its value. */
  #takeFlag(word: string, next: string | undefined): boolean {
    const equals = word.indexOf("=");
    const spelt = equals < 0 ? word : word.slice(0, equals);
    const flag = this.#find(spelt);
    if (flag === undefined) throw this.#unknown(spelt);
    if (flag.value === undefined) {
      if (equals >= 0) throw new Usage(`${spelt} takes no value`, { flag: spelt });
      this.#add(flag, "");
      return false;
    }
    if (equals >= 0) {
      this.#add(flag, word.slice(equals + 1));
      return false;
    }
    if (next === undefined || next === "--" || this.#find(next) !== undefined) {
      throw new Usage(`${spelt} needs a value: ${spelt} ${flag.value}`, { flag: spelt });
    }
    this.#add(flag, next);
    return true;
  }

  #find(spelt: string): FlagFacts | undefined {
    return this.#known.find(
      (flag) => spelt === `--${flag.name}` || (flag.letter && spelt === `-${flag.letter}`),
    );
  }

  #add(flag: FlagFacts, value: string): void {
    const given = this.#flags.get(flag.name);
    if (given === undefined) this.#flags.set(flag.name, [value]);
    else if (flag.repeats) given.push(value);
    else if (flag.value !== undefined) {
      throw new Usage(`--${flag.name} is given twice`, { flag: `--${flag.name}` });
    }
  }

  #unknown(spelt: string): Usage {
    const guess = nearest(
      spelt,
      this.#known.map((flag) => `--${flag.name}`),
    );
    const hint = guess === undefined ? "" : `; did you mean ${guess}?`;
    return new Usage(`unknown flag ${spelt} for steme ${this.#facts.name}${hint}`, {
      flag: spelt,
      ...(guess === undefined ? {} : { suggestion: guess }),
    });
  }

  #nameWords(): Map<string, string> {
    const positionals = this.#facts.positionals ?? [];
    const missing = positionals[this.#words.length];
    if (missing !== undefined && missing.optional === undefined && !this.#flags.has("help")) {
      throw new Usage(`${missing.name} is missing: ${missing.doc}`, { argument: missing.name });
    }
    const extra = this.#words[positionals.length];
    if (extra !== undefined) {
      throw new Usage(`unexpected argument ${JSON.stringify(extra)}`, { argument: extra });
    }
    return new Map(this.#words.map((word, i) => [positionals[i]?.name ?? "", word]));
  }
}

/** Throws `Usage`. With `--help`, positionals may be missing. */
export const parseArguments = (facts: CommandFacts, typed: readonly string[]): Arguments =>
  new Parser(facts).parse(typed);
