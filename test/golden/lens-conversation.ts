/**
 * Conversations about claims, as text: who says what when, questions, and the answers below them.
 *
 *     on 2024-03-01 12:00
 *     root grants fda regulatory below drug
 *     fda claims drug/aspirin children no sure 0.9 class regulatory source label called c1
 *     ann/forum votes -0.5 on c1
 *     ask drug/aspirin children by layered at 2024-06-01
 *     | no wins, sure 1.000000, conflict 0.000000, unanimous; 1 claim: 1 considered
 *     |   0.900000 no: fda +0.900000
 *
 * Whoever speaks comes first; `ann/forum` signs with the key of ann on behalf of forum. Words with
 * blanks stand in quotes. What follows the fixed words of a sentence are pairs of a name and a
 * value. Lines that begin with `|` are answers: `played` writes them anew.
 */
import { cutAtTime, everything, resolve } from "../../src/lens/index.js";
import type { Answer, LensName, LensParameters } from "../../src/model/answer.js";
import { type Grant, type SourceClass, sourceClasses } from "../../src/model/entry.js";
import { type ClaimFields, Story, type Told } from "../support/story.js";
import { linesOf } from "./answer-lines.js";
import { millionths, moment, momentOf, type Pairs, pairsOf, valueIn, wordsOf } from "./sentence.js";

const claimFields = (pairs: Pairs): ClaimFields => ({
  confidenceMillionths: millionths(pairs["sure"]),
  sourceClass: (pairs["class"] ?? "community") as SourceClass,
  ...(pairs["source"] === undefined ? {} : { sourceId: pairs["source"] }),
  ...(pairs["lifecycle"] === undefined ? {} : { lifecycle: pairs["lifecycle"] as "approved" }),
  ...(pairs["epoch"] === undefined ? {} : { epoch: pairs["epoch"] }),
  ...moment("assertedMs", pairs["asserted"]),
  ...moment("validFromMs", pairs["from"]),
  ...moment("validUntilMs", pairs["until"]),
});

const parametersOf = (pairs: Pairs): LensParameters => ({
  ...(pairs["decay"] === "none" ? { decay: "none" } : {}),
  ...(pairs["voices"] === "sources" ? { voices: "sources" } : {}),
  ...(pairs["time"] === undefined ? {} : { recencyTime: pairs["time"] as "recorded" }),
  ...(pairs["epoch"] === undefined ? {} : { epoch: pairs["epoch"] }),
  ...(pairs["class"] === undefined ? {} : { classes: [pairs["class"] as SourceClass] }),
  ...moment("validAtMs", pairs["valid"]),
});

class Conversation {
  readonly #story = new Story();
  readonly #claims = new Map<string, Told>();

  /** Answers where the line is a question. */
  hear(line: string): readonly Answer[] {
    const [first = "", second = "", ...rest] = wordsOf(line);
    if (first === "on") this.#story.at(momentOf([second, ...rest].join(" ")));
    else if (first === "ask") return this.#answer(second, rest);
    else this.#say(first, second, rest);
    return [];
  }

  #say(who: string, verb: string, rest: readonly string[]): void {
    const story = this.#story;
    const [one = "", two = "", three = "", ...more] = rest;
    const claim = (): Told => this.#named(one);
    const sayings: Readonly<Record<string, () => unknown>> = {
      claims: () => this.#claim(who, rest, "affirms"),
      denies: () => this.#claim(who, rest, "denies"),
      retracts: () => story.retract(who, claim()),
      supersedes: () => story.supersede(who, claim(), { replacement: this.#named(three).id }),
      votes: () => story.vote(who, this.#named(three), millionths(one)),
      endorses: () => story.endorse(who, claim()),
      judges: () => story.judge(who, claim(), two === "right" ? "right" : "wrong"),
      grants: () => story.grant(who, one, grantOf(two, pairsOf([three, ...more]))),
      revokes: () => story.revoke(who, one, two === "since" ? momentOf(three) : undefined),
      aliases: () => story.alias(who, one, three),
      reads: () => story.predicate(who, recordOf(one, pairsOf(rest.slice(1)))),
      opens: () => story.epoch(who, one, two === "after" ? three : undefined),
      registers: () => story.register(who, one),
      withdraws: () => story.withdraw(who, one),
    };
    const saying = sayings[verb];
    if (saying === undefined) throw new Error(`nobody knows how to «${verb}»`);
    saying();
  }

  #claim(who: string, rest: readonly string[], polarity: "affirms" | "denies"): void {
    const [conceptPath = "", predicate = "", value = "", ...more] = rest;
    const pairs = pairsOf(more);
    const parent =
      pairs["revising"] === undefined ? {} : { parent: this.#named(pairs["revising"]).id };
    const fields = { ...claimFields(pairs), ...parent, conceptPath, predicate, polarity };
    const told = this.#story.claim(who, valueIn(value), fields);
    if (pairs["called"] !== undefined) this.#claims.set(pairs["called"], told);
  }

  #named(name: string): Told {
    const claim = this.#claims.get(name);
    if (claim === undefined) throw new Error(`no claim is called ${name}`);
    return claim;
  }

  #answer(
    path: string,
    [predicate = "", , lens = "", ...more]: readonly string[],
  ): readonly Answer[] {
    const pairs = pairsOf(more);
    const asOf = pairs["asof"];
    const cut = asOf === undefined ? everything : cutAtTime(momentOf(asOf));
    const at = pairs["at"] ?? asOf;
    const world = this.#story.world(cut);
    const history = this.#story.history(world.canonicalPath(path), predicate, world);
    const evaluatedAtMs = at === undefined ? this.#story.nowMs : momentOf(at);
    const fields = { cut, world, history, evaluatedAtMs };
    const input = this.#story.input(parametersOf(pairs), fields);
    return resolve({ ...input, lens: lens as LensName });
  }
}

function grantOf(right: string, pairs: Pairs): Partial<Grant> {
  const isClass = (sourceClasses as readonly string[]).includes(right);
  const prefix = pairs["below"] === undefined ? {} : { prefix: pairs["below"] };
  if (isClass) return { classCeiling: right as SourceClass, ...prefix };
  return { role: right as "curator", ...prefix };
}

const recordOf = (predicate: string, pairs: Pairs) => ({
  predicate,
  cardinality: (pairs["values"] ?? "one") as "one" | "many",
  comparator: (pairs["comparing"] ?? "exact") as "exact" | "version" | "step",
  ...(pairs["step"] === undefined ? {} : { step: Number(pairs["step"]) }),
  ...(pairs["below"] === undefined ? {} : { prefix: pairs["below"] }),
});

/** The conversation's lines, and what is answered to each. */
function* heard(script: string): Generator<{ line: string; answers: readonly Answer[] }> {
  const conversation = new Conversation();
  for (const line of script.trimEnd().split("\n")) {
    if (line.startsWith("|")) continue;
    const isSaid = line.trim() !== "" && !line.startsWith("#");
    yield { line, answers: isSaid ? conversation.hear(line) : [] };
  }
}

/** The conversation with its answers as they are now. */
export function played(script: string): string {
  const lines = [...heard(script)].flatMap(({ line, answers }) => [
    line,
    ...answers.flatMap(linesOf).map((answer) => `| ${answer}`),
  ]);
  return `${lines.join("\n")}\n`;
}

/** The answers alone. */
export const answersIn = (script: string): readonly Answer[] =>
  [...heard(script)].flatMap(({ answers }) => answers);
