/** `explain` and `diff`: how an answer comes about, and what changed between two moments. */
import { basisJson, differenceJson, explanationJson } from "../../src/http/answer-json.js";
import type { Question } from "../../src/model/answer.js";
import type { Arguments } from "../arguments.js";
import { type Command, EXIT_FINE, type PositionalFacts } from "../command.js";
import { connectionFlags, targetOf, withClient } from "../connection.js";
import { diffCard } from "../diff-card.js";
import { explainCard } from "../explain-card.js";
import { comparedFlags, lensFlags, lensRequestAt, typedRequestOf } from "../lens-flags.js";
import { momentAt, parseMomentFlag } from "../moment.js";
import { sheetOf } from "../sheet.js";
import { Usage } from "../usage.js";

const questionPositionals: readonly PositionalFacts[] = [
  { name: "PATH", doc: "Concept path, such as web/feature/grid/chrome." },
  { name: "PREDICATE", doc: "Which property of it, such as supported_since." },
];

const questionOf = (given: Arguments): Question => ({
  conceptPath: given.positional("PATH").normalize("NFC"),
  predicate: given.positional("PREDICATE").normalize("NFC"),
});

export const explainCommand: Command = {
  name: "explain",
  group: "answers",
  summary: "Say how an answer comes about: each claim, and what would change it",
  description: [
    "Prints the answer, then every claim with its weight, what became of it and why, then what " +
      "the answer would be without each author and each source, the smallest set of claims that " +
      "turns it, and what was said about these claims without effect.",
  ],
  positionals: questionPositionals,
  flags: [...lensFlags, ...connectionFlags],
  examples: [
    {
      doc: "Why the answer is what it is",
      line: "explain web/feature/grid/chrome supported_since",
    },
    {
      doc: "Under another rule, before the year began",
      line: "explain web/feature/grid/chrome supported_since --lens layered --as-of @2026-01-01",
    },
  ],
  json: "explain",
  async run({ output, environment, nowMs, stop }, given) {
    const target = targetOf(given, environment);
    const typed = typedRequestOf(given, nowMs());
    const question = questionOf(given);
    return await withClient(target, async (client) => {
      const request = await lensRequestAt(client, typed);
      const explanation = await client.explain({ ...request, question }, { signal: stop });
      const json = {
        ...explanationJson(explanation),
        basis: basisJson(explanation.basis),
        behind: explanation.isBehind,
      };
      await output.result(json, () => explainCard(sheetOf(output), explanation).join("\n"));
      return EXIT_FINE;
    });
  },
};

export const diffCommand: Command = {
  name: "diff",
  group: "answers",
  summary: "Compare the answers to a question at two moments",
  description: [
    "Each answer is evaluated at its own moment. Claims that came, went or weigh differently are " +
      "listed; a claim that only grew older weighs less, unless --decay none says otherwise.",
  ],
  positionals: questionPositionals,
  flags: [
    { name: "from", value: "OFFSET", doc: "The earlier moment: see --as-of of `query`. Required." },
    { name: "to", value: "OFFSET", preset: "now", doc: "The later moment." },
    ...comparedFlags,
    ...connectionFlags,
  ],
  examples: [
    {
      doc: "What the last day changed",
      line: "diff web/feature/grid/chrome supported_since --from @-1d --decay none",
    },
    { doc: "Between two entries", line: "diff paper/42 conclusion --from 100 --to 200" },
  ],
  json: "diff",
  async run({ output, environment, nowMs, stop }, given) {
    const target = targetOf(given, environment);
    const typed = typedRequestOf(given, nowMs());
    const question = questionOf(given);
    const [from, to] = [given.one("from"), given.one("to")];
    if (from === undefined) {
      throw new Usage("--from is missing: since when? For example --from @-1h", { flag: "--from" });
    }
    const start = parseMomentFlag("from", from, nowMs());
    const end = to === undefined ? undefined : parseMomentFlag("to", to, nowMs());
    return await withClient(target, async (client) => {
      const { lens, parameters, freshness } = typed;
      const asked = {
        question,
        parameters,
        ...(lens === undefined ? {} : { lens }),
        ...(freshness === undefined ? {} : { freshness }),
        from: await momentAt(client, start),
        ...(end === undefined ? {} : { to: await momentAt(client, end) }),
      };
      const difference = await client.diff(asked, { signal: stop });
      const json = {
        ...differenceJson(difference),
        from_basis: basisJson(difference.fromBasis),
        to_basis: basisJson(difference.toBasis),
        behind: difference.isBehind,
      };
      await output.result(json, () => diffCard(sheetOf(output), question, difference).join("\n"));
      return EXIT_FINE;
    });
  },
};
