/** What was typed behind `npm run bench --`. */
import { parseArgs } from "node:util";

export interface Typed {
  readonly isToy: boolean;
  readonly isQuick: boolean;
  readonly isLong: boolean;
  readonly isWriting: boolean;
  readonly isAskingHelp: boolean;
  /** Rows, parts or `peers`; empty: everything. */
  readonly only: readonly string[];
  readonly seconds: number | undefined;
  readonly runs: number | undefined;
  /** For a part: handed on as they are. */
  readonly rest: readonly string[];
}

export class TypedWrongly extends Error {}

function numberOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (value > 0 && value <= 3_600) return value;
  throw new TypedWrongly(`--${name} is ${text}, and must be a number above 0`);
}

/** Throws `TypedWrongly`. `known`: what `--only` may name. */
export function readTyped(words: readonly string[], known: readonly string[]): Typed {
  const split = words.indexOf("--");
  const rest = split < 0 ? [] : words.slice(split + 1);
  const { values } = parse(split < 0 ? words : words.slice(0, split));
  const only = (values.only ?? "").split(",").filter((name) => name !== "");
  const unknown = only.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new TypedWrongly(`there is no ${unknown}: --only takes ${known.join(", ")}`);
  }
  if (values.write === true && only.length > 0) {
    throw new TypedWrongly("--write needs all rows: leave out --only");
  }
  return {
    isToy: values.toy === true,
    isQuick: values.quick === true,
    isLong: values.long === true,
    isWriting: values.write === true,
    isAskingHelp: values.help === true,
    only,
    seconds: numberOf("seconds", values.seconds),
    runs: numberOf("runs", values.runs),
    rest,
  };
}

function parse(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      options: {
        toy: { type: "boolean" },
        quick: { type: "boolean" },
        long: { type: "boolean" },
        write: { type: "boolean" },
        only: { type: "string" },
        seconds: { type: "string" },
        runs: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    throw new TypedWrongly((error as Error).message.split(". ")[0] ?? "");
  }
}
