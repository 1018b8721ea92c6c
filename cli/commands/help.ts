/** `help`: what there is to type. Its commands are handed in, since it explains them all. */
import { type CommandFacts, exitCodes } from "../command.js";
import { commandHelp, programHelp, usageLine } from "../help.js";
import type { Output } from "../output.js";

/** Prints the help of one command, or of the program. */
export async function printHelp(
  output: Output,
  commands: readonly CommandFacts[],
  command?: CommandFacts,
): Promise<void> {
  const shown = command === undefined ? commands : [command];
  const json = {
    commands: shown.map((facts) => ({
      name: facts.name,
      summary: facts.summary,
      usage: usageLine(facts),
      flags: (facts.flags ?? []).map(({ name, value, doc }) => ({
        name,
        value: value ?? null,
        doc,
      })),
      examples: facts.examples.map(({ doc, line }) => ({ doc, line: `steme ${line}` })),
    })),
    exit_codes: Object.fromEntries(exitCodes),
  };
  await output.result(json, () =>
    command === undefined ? programHelp(commands) : commandHelp(command),
  );
}
