/** `concepts` and `conflicts`: what claims are about, and where they disagree. */
import type { Freshness } from "../../src/model/answer.js";
import { millisecondsOf, toHybridTime } from "../../src/model/hybrid-time.js";
import type { Concept, QuestionFacts } from "../../src/model/query.js";
import { gauge } from "../answer-parts.js";
import { counted } from "../answer-words.js";
import { type Command, EXIT_FINE, type PositionalFacts } from "../command.js";
import { connectionFlags, targetOf, withClient } from "../connection.js";
import { freshFlag, freshnessOf } from "../lens-flags.js";
import { grouped, type Output, visible } from "../output.js";
import { everyRow, limitFlag, limitOf } from "../paging.js";
import { type Sheet, sheetOf } from "../sheet.js";
import { cut, cutMiddle, padFront, padTo } from "../text-width.js";

const conflictsPreset = 20;

const prefixPositional: PositionalFacts = {
  name: "PREFIX",
  optional: true,
  doc: "Only this concept path and those below it, by whole segments.",
};

const wanted = (freshness: Freshness | undefined): { readonly freshness?: Freshness } =>
  freshness === undefined ? {} : { freshness };

/** Where lines are read by people they fit the terminal; a program gets them whole. */
const fitted = (output: Output, sheet: Sheet, line: string): string =>
  output.isTerminal ? cut(line, sheet.width) : line;

function conceptText(output: Output, concept: Concept): string {
  const sheet = sheetOf(output);
  const path = visible(concept.conceptPath) + (concept.hasChildren ? "/" : "");
  const columns = Math.floor(sheet.width / 2);
  const shown = output.isTerminal ? cutMiddle(path, columns) : path;
  const names = concept.predicates.map(visible).join(", ");
  const count = padFront(grouped(concept.claimCount), 9);
  return fitted(output, sheet, `${padTo(shown, columns)}  ${count}  ${names}`).trimEnd();
}

export const conceptsCommand: Command = {
  name: "concepts",
  group: "answers",
  summary: "List what claims are about: concept paths, with their claims and predicates",
  positionals: [prefixPositional],
  flags: [
    {
      name: "children",
      doc: "Only the next segment below the prefix, each once; a slash says that there is more.",
    },
    limitFlag("concepts"),
    freshFlag,
    ...connectionFlags,
  ],
  examples: [
    { doc: "What there is at the top", line: "concepts --children" },
    { doc: "Everything below a path", line: "concepts web/feature/grid" },
  ],
  json: "concepts",
  async run(surroundings, given) {
    const { environment, nowMs, output, stop } = surroundings;
    const target = targetOf(given, environment);
    const limit = limitOf(given);
    const prefix = given.optional("PREFIX")?.normalize("NFC") ?? "";
    const input = {
      prefix,
      ...(given.has("children") ? { childrenOnly: true } : {}),
      ...wanted(freshnessOf(given, nowMs())),
    };
    return await withClient(target, async (client) => {
      const count = await everyRow(
        surroundings,
        limit,
        (paging) => client.concepts({ ...input, ...paging }, { signal: stop }),
        (page) => page.rows,
        (row) => output.result(conceptJson(row), () => conceptText(output, row)),
      );
      if (count === 0 && !stop.aborted) output.note(nothingBelow(prefix));
      return EXIT_FINE;
    });
  },
};

const conceptJson = (concept: Concept): Record<string, unknown> => ({
  concept_path: concept.conceptPath,
  predicates: concept.predicates,
  claim_count: concept.claimCount,
  has_children: concept.hasChildren,
});

const nothingBelow = (prefix: string): string =>
  prefix === ""
    ? "nobody has claimed anything yet"
    : `nobody has claimed anything about ${visible(prefix)} or below it`;

const questionJson = (facts: QuestionFacts): Record<string, unknown> => ({
  concept_path: facts.conceptPath,
  predicate: facts.predicate,
  claim_count: facts.claimCount,
  conflict: facts.conflictMillionths / 1_000_000,
  value_count: facts.valueCount,
  hybrid_time: facts.latest.toString(),
  recorded_at: new Date(millisecondsOf(toHybridTime(facts.latest))).toISOString(),
});

/** `████████░░ 0.81  2 values  14 claims  web/feature/grid/chrome  supported_since`. */
function questionText(output: Output, facts: QuestionFacts): string {
  const sheet = sheetOf(output);
  const values = padTo(counted(facts.valueCount, "value"), 9);
  const claims = padTo(counted(facts.claimCount, "claim"), 10);
  const head = `${gauge(sheet, facts.conflictMillionths)}  ${values}  ${claims}`;
  const question = `${visible(facts.conceptPath)}  ${visible(facts.predicate)}`;
  if (!output.isTerminal) return `${head}  ${question}`;
  const taken = 10 + 1 + 4 + 2 + 9 + 2 + 10 + 2;
  return `${head}  ${cutMiddle(question, Math.max(16, sheet.width - taken))}`;
}

export const conflictsCommand: Command = {
  name: "conflicts",
  group: "answers",
  summary: "List the questions on which claims disagree most",
  description: [
    "By the skeptic lens without decay: how far a question's claims disagree, 0 to 1. A PREFIX " +
      "is looked for among the 10,000 most contested questions.",
  ],
  positionals: [prefixPositional],
  flags: [limitFlag("questions", conflictsPreset), freshFlag, ...connectionFlags],
  examples: [
    { doc: "The most contested questions of all", line: "conflicts" },
    { doc: "Below a path", line: "conflicts web/feature --limit 5" },
  ],
  json: "conflicts",
  async run(surroundings, given) {
    const { environment, nowMs, output, stop } = surroundings;
    const target = targetOf(given, environment);
    const limit = limitOf(given, conflictsPreset);
    const prefix = given.optional("PREFIX")?.normalize("NFC") ?? "";
    const which = { kind: "most_contested", prefix } as const;
    const input = { which, ...wanted(freshnessOf(given, nowMs())) };
    return await withClient(target, async (client) => {
      const count = await everyRow(
        surroundings,
        limit,
        (paging) => client.questions({ ...input, ...paging }, { signal: stop }),
        (page) => page.rows,
        (row) => output.result(questionJson(row), () => questionText(output, row)),
      );
      if (count === 0 && !stop.aborted) {
        output.note(
          prefix === "" ? "no claims disagree" : `no claims disagree below ${visible(prefix)}`,
        );
      }
      return EXIT_FINE;
    });
  },
};
