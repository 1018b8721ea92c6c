/** docs/reference/cli.md, from the facts of the commands. */
import { type CommandFacts, commonFlags, exitCodes } from "../../cli/command.js";
import { commands } from "../../cli/commands.js";
import { flagDoc, flagSpelling, usageLine } from "../../cli/help.js";
import { offsetForms } from "../../cli/offset.js";
import { settingFlags } from "../../cli/settings.js";
import { generatedNote, join, type Page, table } from "./page.js";

const code = (text: string): string => `\`${text}\``;

function flagsOf(facts: CommandFacts): string[] {
  const flags = facts.flags ?? [];
  const takesSettings = flags === settingFlags;
  const own = takesSettings ? flags.filter((flag) => flag.name === "config") : flags;
  const rows = own.map((flag) => [code(flagSpelling(flag)), flagDoc(flag)]);
  if (takesSettings) {
    rows.push(["`--SETTING VALUE`", "Any setting of [config.md](config.md), as its flag."]);
  }
  return rows.length === 0 ? [] : [table(["flag", "what it does"], rows)];
}

function commandSection(facts: CommandFacts): string[] {
  const examples = facts.examples.map(({ doc, line }) => `# ${doc}\nsteme ${line}`).join("\n");
  const positionals = (facts.positionals ?? []).map(({ name, doc }) => [code(name), doc]);
  return [
    `## steme ${facts.name}`,
    `${facts.summary}.`,
    ...(facts.description ?? []),
    code(usageLine(facts)),
    ...(positionals.length === 0 ? [] : [table(["argument", "what it is"], positionals)]),
    ...flagsOf(facts),
    `\`\`\`sh\n${examples}\n\`\`\``,
  ];
}

export function cliPage(): Page {
  const parts = [
    "# The command line",
    generatedNote,
    "`steme` acts on claims with bare verbs, and on everything else with `noun verb`. Results go " +
      "to standard output, everything else to standard error. On a terminal results are coloured " +
      "(unless `NO_COLOR` is set) and long work shows its progress. With `--json` every " +
      "result is one object, or one per line: [json.md](json.md) has an example of each.",
    table(
      ["flag of every command", "what it does"],
      commonFlags.map((flag) => [code(flagSpelling(flag)), flagDoc(flag)]),
    ),
    "`--name value` and `--name=value` are the same; `--` ends the flags. An unknown command, " +
      "flag or argument is refused with the nearest known one. `steme --version` prints the " +
      "version; `steme help COMMAND` is `steme COMMAND --help`.",
    "## Exit codes",
    table(
      ["code", "meaning"],
      exitCodes.map(([number, meaning]) => [String(number), meaning]),
    ),
    "Ctrl-C or SIGTERM asks a command to stop: `serve`, `tail` and `bench` end with 0, an import " +
      "says how far it came and ends with 1. A second one ends the process at once, with 130.",
    "## Offsets",
    "Wherever a command takes an OFFSET, this grammar holds. A single point extends to the end " +
      "of the log; a range includes its start and excludes its end. Places outside of the log " +
      "mean its nearest end.",
    table(
      ["form", "meaning"],
      offsetForms.map(([form, meaning]) => [code(form), meaning]),
    ),
    "An offset that begins with a dash can follow its flag as it is: `--from -10`.",
    "Where a moment is asked for (`--as-of` of `query` and `explain`, `--from` and `--to` of " +
      "`diff`), a point holds everything up to the entry that stands there, itself included: " +
      "`100` knows entry 100, `end` the newest, `@-1h` all that was recorded until an hour ago. " +
      "There a place outside of the log is refused, and a frontier in hexadecimal (`frontier` of " +
      "an answer) and `<log id>/100`, as JSON writes positions, are understood too.",
  ];
  for (const facts of commands) parts.push(...commandSection(facts));
  return { path: "docs/reference/cli.md", text: join(parts) };
}
