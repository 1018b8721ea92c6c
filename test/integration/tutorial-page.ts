/**
 * A page whose commands and outputs are run: blocks of `console`, in which lines that begin with
 * `$ ` are typed and the others are printed.
 *
 *     ```console node        a program that goes on: its lines are printed, and it stays
 *     ```console             commands that end
 *
 * Ids, keys, times and addresses differ from run to run. Outputs are compared without them; and
 * each that stands on the page is bound to the one that this run printed in its place, so that a
 * later command may name it.
 */

export interface PageCommand {
  /** As it is typed, continued lines joined. */
  readonly typed: string;
  readonly output: string;
  readonly staysRunning: boolean;
  /** Lines of the page: its output, `end` exclusive. */
  readonly outputStart: number;
  readonly outputEnd: number;
}

const fence = /^```(\w*)(?: (\w+))?$/;

export function commandsOf(page: string): readonly PageCommand[] {
  const lines = page.split("\n");
  const commands: PageCommand[] = [];
  for (let at = 0; at < lines.length; at++) {
    const [, language, kind] = fence.exec(lines[at] as string) ?? [];
    if (language === undefined) continue;
    const end = lines.indexOf("```", at + 1);
    if (language === "console") commands.push(...commandsIn(lines, at + 1, end, kind === "node"));
    at = end;
  }
  return commands;
}

function commandsIn(
  lines: readonly string[],
  start: number,
  end: number,
  staysRunning: boolean,
): PageCommand[] {
  const commands: PageCommand[] = [];
  for (let at = start; at < end; ) {
    let typed = (lines[at] as string).slice(2);
    at += 1;
    while (typed.endsWith("\\")) typed = `${typed.slice(0, -1)}${(lines[at++] as string).trim()}`;
    const outputStart = at;
    while (at < end && !(lines[at] as string).startsWith("$ ")) at += 1;
    const output = lines.slice(outputStart, at).join("\n");
    commands.push({ typed, output, staysRunning, outputStart, outputEnd: at });
  }
  return commands;
}

/** What differs from run to run, by kind. */
const fleeting: readonly (readonly [kind: string, pattern: string])[] = [
  ["id", "[0-9a-f]{64}"],
  ["hex", "(?<![0-9a-zA-Z.])(?:[0-9a-f]{32}|[0-9a-f]{12}|[0-9a-f]{8})(?![0-9a-zA-Z])"],
  ["time", "\\d{4}-\\d\\d-\\d\\d[T ]\\d\\d:\\d\\d(?::\\d\\d(?:\\.\\d+)?)?Z?"],
  ["date", "\\d{4}-\\d\\d-\\d\\d(?![\\d-])"],
  ["address", "127\\.0\\.0\\.1:\\d+"],
  ["number", "\\b\\d{12,}\\b"],
  ["elapsed", '(?<=_ms":)\\d+'],
  // What is asked within the second is not aged at all.
  ["age", "not\\s+aged|aged\\s+\\d+\\s+\\w+\\s+with\\s+a\\s+half-life[^(]*\\(x\\s+1\\)"],
];
const fleetingPattern = new RegExp(
  fleeting.map(([kind, pattern]) => `(?<${kind}>${pattern})`).join("|"),
  "g",
);

interface Fleeting {
  readonly kind: string;
  readonly text: string;
}

function fleetingIn(text: string): readonly Fleeting[] {
  return [...text.matchAll(fleetingPattern)].map((match) => {
    const [kind = ""] = Object.entries(match.groups ?? {}).find(([, found]) => found) ?? [];
    return { kind, text: match[0] };
  });
}

/** Text without what differs from run to run, nor the columns and lines that follow from it. */
export const lasting = (text: string): string =>
  text
    .replaceAll(/\s+/g, " ")
    .replace(fleetingPattern, (...match) => {
      const groups = match.at(-1) as Readonly<Record<string, string | undefined>>;
      return `<${Object.keys(groups).find((kind) => groups[kind] !== undefined)}>`;
    })
    .trim();

/** What stands on the page -> what this run printed in its place. */
export class Bindings {
  readonly #bound = new Map<string, string>();

  learn(expected: string, actual: string): void {
    const found = fleetingIn(actual);
    fleetingIn(expected).forEach(({ kind, text }, i) => {
      const own = found[i];
      // Addresses stand on the page as they are preset.
      if (own?.kind !== kind || kind === "address" || this.#bound.has(text)) return;
      this.#bound.set(text, own.text);
    });
  }

  apply(typed: string): string {
    return typed.replace(fleetingPattern, (text) => this.#bound.get(text) ?? text);
  }
}

/** The page with the outputs of this run, for a person to look through and to commit. */
export function withOutputs(
  page: string,
  outputs: readonly (readonly [command: PageCommand, output: string])[],
  bindings: Bindings,
): string {
  const lines = page.split("\n");
  for (const [command, output] of [...outputs].reverse()) {
    const { outputStart, outputEnd } = command;
    const printed = output.trimEnd();
    lines.splice(outputStart, outputEnd - outputStart, ...(printed ? printed.split("\n") : []));
  }
  const commands = lines.map((line) => (line.startsWith("$ ") ? bindings.apply(line) : line));
  return commands.join("\n");
}
