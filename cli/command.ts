/**
 * What a command is: facts for the parser, `--help` and docs/reference/cli.md, and what it does.
 *
 * The facts are data, so that help, reference and behaviour cannot drift apart: a flag that is not
 * declared is refused, and one that is declared is documented.
 */
import type { Readable } from "node:stream";
import type { Arguments } from "./arguments.js";
import type { Output } from "./output.js";

export interface FlagFacts {
  /** Without `--`. */
  readonly name: string;
  /** One letter, without `-`. */
  readonly letter?: string;
  /** What its value is called in help; a flag without one is a switch. */
  readonly value?: string;
  /** Whether it may be given several times. */
  readonly repeats?: true;
  /** What holds where it is not given, for people. */
  readonly preset?: string;
  readonly doc: string;
}

export interface PositionalFacts {
  readonly name: string;
  /** It may be left out; those behind it may be too. */
  readonly optional?: true;
  readonly doc: string;
}

export interface Example {
  readonly doc: string;
  /** The arguments as they would be typed behind `steme`. */
  readonly line: string;
}

/** In the order of help. */
export const commandGroups = ["answers", "claims", "node", "keys and settings"] as const;
export type CommandGroup = (typeof commandGroups)[number];

export interface CommandFacts {
  /** One or two words: a verb that acts on claims, or `noun verb`. */
  readonly name: string;
  /** What else it is called: a noun alone, for the verb that is meant where none is typed. */
  readonly short?: string;
  readonly group: CommandGroup;
  readonly summary: string;
  /** Paragraphs. */
  readonly description?: readonly string[];
  /** In order. */
  readonly positionals?: readonly PositionalFacts[];
  readonly flags?: readonly FlagFacts[];
  readonly examples: readonly Example[];
  /** Name of its example in docs/reference/json.md. */
  readonly json: string;
}

/** What a command runs in. */
export interface Surroundings {
  readonly output: Output;
  readonly stdin: Readable;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Aborted at the first Ctrl-C or SIGTERM, and when nobody reads the output any more. */
  readonly stop: AbortSignal;
  readonly nowMs: () => number;
}

export interface Command extends CommandFacts {
  /** Resolves with the exit code. Faults are thrown. */
  run(surroundings: Surroundings, given: Arguments): Promise<number>;
}

export const EXIT_FINE = 0;
export const EXIT_FAULT = 1;
export const EXIT_USAGE = 2;
export const EXIT_UNHEALTHY = 10;

/** What exit codes mean, for help and reference. */
export const exitCodes: readonly (readonly [code: number, meaning: string])[] = [
  [EXIT_FINE, "done"],
  [EXIT_FAULT, "a fault: what was asked could not be done, or only in part"],
  [EXIT_USAGE, "usage: an unknown command, flag or setting, or one that breaks its rule"],
  [
    EXIT_UNHEALTHY,
    "unhealthy: the node is, or cannot be reached (`status`); a projection stopped (`views " +
      "status`); views differ from the log (`views verify`)",
  ],
];

/** Flags that every command takes. */
export const commonFlags: readonly FlagFacts[] = [
  { name: "json", doc: "Print JSON: one object, or one per line. Errors too, on standard error." },
  { name: "help", letter: "h", doc: "Explain the command." },
];
