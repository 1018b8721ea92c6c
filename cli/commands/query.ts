/** `query`: asks one question, a concept's, those below a prefix, or a file of them. */
import type { StemeClient } from "../../src/client/index.js";
import { answerJson, basisJson } from "../../src/http/answer-json.js";
import type { Answer } from "../../src/model/answer.js";
import { toHex } from "../../src/model/hex.js";
import type { LensRequest, QueryResult, QuerySubject } from "../../src/model/query.js";
import { answerCard } from "../answer-card.js";
import type { Arguments } from "../arguments.js";
import { type Command, EXIT_FINE, type Surroundings } from "../command.js";
import { connectionFlags, targetOf, withClient } from "../connection.js";
import { openInput } from "../input-file.js";
import { lensFlags, lensRequestAt, typedRequestOf } from "../lens-flags.js";
import { visible } from "../output.js";
import { everyRow, limitFlag, limitOf } from "../paging.js";
import { readQuestions } from "../questions.js";
import { sheetOf } from "../sheet.js";
import { Usage } from "../usage.js";

export const queryCommand: Command = {
  name: "query",
  group: "answers",
  summary: "Ask what the claims say, through a lens, as of any moment",
  description: [
    "A question is a PATH and a PREDICATE; without the predicate all those of the concept are " +
      "asked. --prefix asks everything below a path, --file what stands in a file. What nobody " +
      "has claimed anything about is no error.",
    "On a terminal each answer is a card: the winner, a bar of support per value with who says " +
      "it, how far the claims disagree, and why the winner wins. `steme explain` says more.",
  ],
  positionals: [
    { name: "PATH", optional: true, doc: "Concept path, such as web/feature/grid/chrome." },
    {
      name: "PREDICATE",
      optional: true,
      doc: "Which property of it, such as supported_since; absent: all.",
    },
  ],
  flags: [
    {
      name: "prefix",
      value: "PATH",
      doc: "Ask everything at this concept path and below it, by whole segments.",
    },
    { name: "predicate", value: "NAME", doc: "With --prefix: only this predicate." },
    {
      name: "file",
      value: "FILE",
      doc: "Ask the questions of a file of JSON lines (`concept_path`, `predicate`); - for stdin.",
    },
    limitFlag("answers"),
    ...lensFlags,
    ...connectionFlags,
  ],
  examples: [
    { doc: "One question", line: "query web/feature/grid/chrome supported_since" },
    { doc: "All that is known of a concept, as of an hour ago", line: "query web/x --as-of @-1h" },
    {
      doc: "Where tiers of sources count, and old claims as much as new ones",
      line: "query web/feature/grid/chrome supported_since --lens layered --decay none",
    },
    {
      doc: "One predicate below a path",
      line: "query --prefix web/feature --predicate supported_since --json",
    },
    { doc: "Many questions", line: "query --file questions.jsonl --json" },
  ],
  json: "query",
  async run(surroundings, given) {
    const target = targetOf(given, surroundings.environment);
    const typed = typedRequestOf(given, surroundings.nowMs());
    const limit = limitOf(given);
    const asked = askedOf(given);
    return await withClient(target, async (client) => {
      const request = await lensRequestAt(client, typed);
      const asking = new Asking(surroundings, client, request, limit);
      if (asked.kind !== "file") await asking.ask(asked.subject);
      else await asking.askAll(asked.file);
      return EXIT_FINE;
    });
  },
};

type Asked =
  | { readonly kind: "subject"; readonly subject: QuerySubject }
  | { readonly kind: "file"; readonly file: string };

/** Exactly one of PATH, --prefix and --file. */
function askedOf(given: Arguments): Asked {
  const path = given.optional("PATH")?.normalize("NFC");
  const predicate = given.optional("PREDICATE")?.normalize("NFC");
  const prefix = given.one("prefix")?.normalize("NFC");
  const below = given.one("predicate")?.normalize("NFC");
  const file = given.one("file");
  const ways = [path, prefix, file].filter((way) => way !== undefined);
  if (ways.length !== 1) {
    const which = ways.length === 0 ? "nothing is asked" : "too much is asked at once";
    throw new Usage(`${which}: give a PATH, or --prefix PATH, or --file FILE`);
  }
  if (below !== undefined && prefix === undefined) {
    throw new Usage("--predicate belongs to --prefix; behind a PATH the predicate stands alone", {
      flag: "--predicate",
    });
  }
  if (file !== undefined) return { kind: "file", file };
  if (path !== undefined && predicate !== undefined) {
    const question = { conceptPath: path, predicate };
    return { kind: "subject", subject: { kind: "question", question } };
  }
  if (path !== undefined)
    return { kind: "subject", subject: { kind: "concept", conceptPath: path } };
  const narrowed = below === undefined ? {} : { predicate: below };
  return { kind: "subject", subject: { kind: "prefix", prefix: prefix ?? "", ...narrowed } };
}

/** What is said where there are no answers. */
function nothingText(subject: QuerySubject): string {
  switch (subject.kind) {
    case "question": {
      const { conceptPath, predicate } = subject.question;
      return `nobody has claimed anything about ${visible(`${conceptPath}  ${predicate}`)}`;
    }
    case "concept":
      return `nobody has claimed anything about ${visible(subject.conceptPath)}`;
    case "prefix":
      return `nobody has claimed anything about ${visible(subject.prefix)} or below it`;
    case "questions":
      return "nobody has claimed anything about these questions";
  }
}

class Asking {
  readonly #surroundings: Surroundings;
  readonly #client: StemeClient;
  readonly #request: LensRequest;
  #left: number;
  #count = 0;

  constructor(
    surroundings: Surroundings,
    client: StemeClient,
    request: LensRequest,
    limit: number,
  ) {
    this.#surroundings = surroundings;
    this.#client = client;
    this.#request = request;
    this.#left = limit;
  }

  async ask(subject: QuerySubject): Promise<void> {
    const { stop, output } = this.#surroundings;
    const taken = await everyRow(
      this.#surroundings,
      this.#left,
      (paging) => this.#client.query({ ...this.#request, ...paging, subject }, { signal: stop }),
      (page) => page.answers,
      (answer, page) => this.#print(answer, page),
    );
    this.#left -= taken;
    if (taken === 0 && !stop.aborted && !output.isJson) {
      await output.write(`${nothingText(subject)}\n`);
    }
  }

  async askAll(file: string): Promise<void> {
    const input = await openInput(file, this.#surroundings);
    try {
      for await (const questions of readQuestions(input)) {
        if (this.#left === 0 || this.#surroundings.stop.aborted) break;
        await this.ask({ kind: "questions", questions });
      }
    } finally {
      input.close();
    }
  }

  async #print(answer: Answer, page: QueryResult): Promise<void> {
    const { output } = this.#surroundings;
    if (output.isJson) {
      await output.result(answerLineJson(answer, page), () => "");
      return;
    }
    const gap = this.#count === 0 ? "" : "\n";
    this.#count += 1;
    await output.write(`${gap}${answerCard(sheetOf(output), answer, page).join("\n")}\n`);
  }
}

/** An answer with all that it rests on, so that a line can be read alone. */
const answerLineJson = (answer: Answer, page: QueryResult): Record<string, unknown> => ({
  ...answerJson(answer),
  basis: basisJson(page.basis),
  behind: page.isBehind,
  query_id: toHex(page.queryId),
});
