/** `--help`, from the facts of the commands. Pure. */
import {
  type CommandFacts,
  commandGroups,
  commonFlags,
  exitCodes,
  type FlagFacts,
} from "./command.js";
import { tableText } from "./output.js";

const width = 96;

/** Breaks text at spaces. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

export function flagSpelling(flag: FlagFacts): string {
  const letter = flag.letter === undefined ? "" : `-${flag.letter}, `;
  return `${letter}--${flag.name}${flag.value === undefined ? "" : ` ${flag.value}`}`;
}

export const flagDoc = (flag: FlagFacts): string =>
  flag.doc +
  (flag.repeats ? " May be given several times." : "") +
  (flag.preset === undefined ? "" : ` Default: ${flag.preset}.`);

/** `steme get OFFSET [flags]`; what may be left out stands in brackets. */
export function usageLine(facts: CommandFacts): string {
  const positionals = (facts.positionals ?? []).map(({ name, optional }) =>
    optional ? `[${name}]` : name,
  );
  return ["steme", facts.name, ...positionals, "[flags]"].join(" ");
}

function listText(rows: readonly (readonly [name: string, doc: string])[]): string {
  const indent = Math.min(34, Math.max(...rows.map(([name]) => name.length)) + 2);
  return rows
    .map(([name, doc]) => {
      const lines = wrap(doc, width - indent - 2);
      const head = name.length + 2 > indent ? `${name}\n${" ".repeat(indent + 2)}` : "";
      const first = head === "" ? name.padEnd(indent) : head;
      return `  ${first}${lines.join(`\n${" ".repeat(indent + 2)}`)}`;
    })
    .join("\n");
}

/** Help of one command. */
export function commandHelp(facts: CommandFacts): string {
  const parts = [`${facts.summary}\n\nUsage: ${usageLine(facts)}`];
  for (const paragraph of facts.description ?? []) parts.push(wrap(paragraph, width).join("\n"));
  if (facts.positionals !== undefined && facts.positionals.length > 0) {
    const rows = facts.positionals.map(({ name, doc }) => [name, doc] as const);
    parts.push(`Arguments:\n${listText(rows)}`);
  }
  const flags = [...(facts.flags ?? []), ...commonFlags];
  parts.push(`Flags:\n${listText(flags.map((flag) => [flagSpelling(flag), flagDoc(flag)]))}`);
  const examples = facts.examples.map(({ doc, line }) => `  # ${doc}\n  steme ${line}`);
  parts.push(`Examples:\n${examples.join("\n")}`);
  return parts.join("\n\n");
}

/** Help of the program. */
export function programHelp(commands: readonly CommandFacts[]): string {
  const parts = [
    "steme: claims that disagree, kept, signed, and answered for\n\nUsage: steme COMMAND [flags]",
  ];
  for (const group of commandGroups) {
    const rows = commands
      .filter((command) => command.group === group)
      .map((command) => [`  ${command.name}`, command.summary]);
    parts.push(`${group[0]?.toUpperCase()}${group.slice(1)}:\n${tableText(rows)}`);
  }
  parts.push(
    "`steme COMMAND --help` explains a command; every command takes `--json`.",
    `Exit codes:\n${listText(exitCodes.map(([code, meaning]) => [String(code), meaning]))}`,
  );
  return parts.join("\n\n");
}
