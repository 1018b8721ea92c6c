/**
 * The program: finds the command, reads its arguments, runs it, and turns what happened into words
 * and an exit code. Takes the process as an argument, so that tests run it inside theirs.
 */
import { readFileSync } from "node:fs";
import type { Readable } from "node:stream";
import { checkEnvironment, nearest } from "../src/config/index.js";
import { AssertionFailure } from "../src/invariant/assert.js";
import { type Fault, isFault } from "../src/model/fault.js";
import { type Arguments, parseArguments } from "./arguments.js";
import { type Command, EXIT_FAULT, EXIT_FINE, EXIT_USAGE, type Surroundings } from "./command.js";
import { printHelp } from "./commands/help.js";
import { commands } from "./commands.js";
import { usageLine } from "./help.js";
import { Output, type Screen, toFault } from "./output.js";
import { Usage } from "./usage.js";

export interface ProgramOptions {
  readonly stdin: Readable;
  readonly stdout: Screen;
  readonly stderr: Screen;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly stop: AbortSignal;
  readonly nowMs: () => number;
}

/** The version in package.json, which stands above the directory of this file, compiled or not. */
export function version(): string {
  for (const up of ["..", "../..", "../../.."]) {
    try {
      const text = readFileSync(new URL(`${up}/package.json`, import.meta.url), "utf8");
      const { name, version: found } = JSON.parse(text) as { name?: string; version?: string };
      if (name === "stemedb" && found !== undefined) return found;
    } catch {
      // not here: one further up
    }
  }
  return "unknown";
}

interface Found {
  readonly command: Command;
  readonly rest: readonly string[];
}

function findCommand(typed: readonly string[]): Found {
  const [first = "", second = ""] = typed;
  for (const [name, words] of [
    [`${first} ${second}`, 2],
    [first, 1],
  ] as const) {
    const command = commands.find((candidate) => candidate.name === name);
    if (command !== undefined) return { command, rest: typed.slice(words) };
  }
  const short = commands.find((candidate) => candidate.short === first);
  if (short !== undefined && (second === "" || second.startsWith("-"))) {
    return { command: short, rest: typed.slice(1) };
  }
  const names = commands.map((command) => command.name);
  const nouns = names.filter((name) => name.startsWith(`${first} `));
  const spelt = nouns.length > 0 && second !== "" ? `${first} ${second}` : first;
  const shorts = commands.flatMap((command) => command.short ?? []);
  const guess =
    nearest(spelt, names) ??
    nearest(`${first} ${second}`, names) ??
    nearest(first, shorts) ??
    nouns.join(" or ");
  const hint = guess === "" ? "" : `; did you mean steme ${guess}?`;
  throw new Usage(`unknown command ${JSON.stringify(spelt)}${hint}`, {
    argument: spelt,
    ...(guess === "" ? {} : { suggestion: guess }),
  });
}

const exitCodeOf = (fault: Fault): number =>
  fault instanceof Usage || isFault(fault, "CONFIG_INVALID") ? EXIT_USAGE : EXIT_FAULT;

class Program {
  readonly #options: ProgramOptions;
  readonly #output: Output;
  #command: Command | undefined;

  constructor(options: ProgramOptions, isJson: boolean) {
    this.#options = options;
    const { stdout, stderr, environment } = options;
    this.#output = new Output({ stdout, stderr, isJson, environment });
  }

  async run(typed: readonly string[]): Promise<number> {
    try {
      return await this.#dispatch(typed);
    } catch (error) {
      if (error instanceof AssertionFailure) throw error;
      return this.#fail(toFault(error), error);
    }
  }

  async #dispatch(typed: readonly string[]): Promise<number> {
    const [first] = typed.filter((word) => word !== "--json");
    if (first === undefined || first === "help" || first === "--help" || first === "-h") {
      return await this.#help(typed.filter((word) => !/^(help|-h|--help|--json)$/.test(word)));
    }
    if (first === "--version" || first === "version" || first === "-V") {
      const json = { version: version(), runtime: process.version };
      await this.#output.result(json, () => `steme ${json.version}, Node.js ${json.runtime}`);
      return EXIT_FINE;
    }
    const { command, rest } = findCommand(typed);
    this.#command = command;
    const given = parseArguments(command, rest);
    if (given.has("help")) {
      await printHelp(this.#output, commands, command);
      return EXIT_FINE;
    }
    checkEnvironment(this.#options.environment);
    return await this.#start(command, given);
  }

  async #help(words: readonly string[]): Promise<number> {
    const command = words.length === 0 ? undefined : findCommand(words).command;
    await printHelp(this.#output, commands, command);
    return EXIT_FINE;
  }

  async #start(command: Command, given: Arguments): Promise<number> {
    const { stdin, environment, stop, nowMs } = this.#options;
    const surroundings: Surroundings = { output: this.#output, stdin, environment, stop, nowMs };
    return await command.run(surroundings, given);
  }

  #fail(fault: Fault, cause: unknown): number {
    const usage =
      fault instanceof Usage
        ? this.#command === undefined
          ? "Usage: steme COMMAND [flags]; `steme help` lists the commands"
          : `Usage: ${usageLine(this.#command)}; see \`steme ${this.#command.name} --help\``
        : undefined;
    this.#output.error(fault, usage);
    const isDefect = fault.code === "INTERNAL" && cause instanceof Error && cause !== fault;
    if (isDefect) this.#output.note(cause.stack ?? "");
    return exitCodeOf(fault);
  }
}

/** Runs what was typed behind `steme`; resolves with the exit code. */
export function runProgram(typed: readonly string[], options: ProgramOptions): Promise<number> {
  const ownFlags = typed.includes("--") ? typed.slice(0, typed.indexOf("--")) : typed;
  return new Program(options, ownFlags.includes("--json")).run(typed);
}
