/** What was typed behind `npm start --`: the settings of a node, `--exit`, `--help`. */
import { parseArgs } from "node:util";
import { Arguments } from "../../cli/arguments.js";
import { readConfig, settingFlags } from "../../cli/settings.js";
import { Usage } from "../../cli/usage.js";
import type { ServerOptions } from "../../src/config/index.js";

export interface Typed {
  readonly options: ServerOptions;
  /** End when everything is in the log, instead of serving on. */
  readonly isExiting: boolean;
  readonly isAskingHelp: boolean;
}

export const helpText = `npm start -- [flags]

Runs a node and streams into it what MDN, web-features and caniuse say about which browser version
supports which web feature. Running it again appends what has changed since.

  --data-dir PATH              where the node keeps its data; preset ./data
  --grpc-address HOST:PORT     where it listens; preset 127.0.0.1:18184, port 0 for any
  --exit                       end when everything is in the log, instead of serving on
  --SETTING VALUE              any other setting of docs/reference/config.md`;

type Environment = Readonly<Record<string, string | undefined>>;

/** Throws `Usage` and CONFIG_INVALID. */
export async function readTyped(
  words: readonly string[],
  environment: Environment,
): Promise<Typed> {
  const { exit, help, ...flags } = parse(words);
  const given = new Map(Object.entries(flags).map(([name, value]) => [name, [String(value)]]));
  const config = await readConfig(new Arguments(new Map(), given), environment);
  const { log, ...options } = config.options;
  // Beside a progress bar, only what is wrong is worth a line.
  const isLevelGiven = config.sources["log.level"].layer !== "preset";
  const isFormatGiven = config.sources["log.format"].layer !== "preset";
  const level = isLevelGiven ? log.level : "warn";
  const format = isFormatGiven ? log.format : "pretty";
  return {
    options: { ...options, log: { ...log, level, format } },
    isExiting: exit === true,
    isAskingHelp: help === true,
  };
}

function parse(words: readonly string[]): Record<string, unknown> {
  const settings = settingFlags.map(({ name }) => [name, { type: "string" as const }] as const);
  try {
    const { values } = parseArgs({
      args: [...words],
      options: {
        ...Object.fromEntries(settings),
        exit: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    });
    return values;
  } catch (error) {
    const { message } = error as Error;
    const [sentence = message] = message.split(". ");
    throw new Usage(`${sentence}; \`npm start -- --help\` says what may be typed`);
  }
}
