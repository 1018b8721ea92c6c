/**
 * Digests of answers: of the conversations that people can read, and of histories of chance, asked
 * through every lens with parameters, cuts and moments of chance, explained and compared.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { sha256 } from "../../src/crypto/sha256.js";
import {
  compareAnswers,
  explain,
  lensVersion,
  resolve,
  resolveConstraints,
  type WeighInput,
  World,
} from "../../src/lens/index.js";
import { type Basis, type LensName, lensNames } from "../../src/model/answer.js";
import { toHex } from "../../src/model/hex.js";
import { encodeDiffReply, encodeExplainReply } from "../../src/rpc/query-replies.js";
import { answersIn } from "../golden/lens-conversation.js";
import { bytesOfAnswers, digestOfAnswers } from "../support/answer-digests.js";
import { type Asked, inputsOf } from "../support/naive-entries.js";
import { randomAsked, randomCut } from "../support/random-asked.js";
import { historyPaths, type RandomHistory, randomHistory } from "../support/random-histories.js";
import { Seeded } from "../support/seeded.js";

const historyCount = 120;
const askedCount = 2;
/** Explanations search, and take longer. */
const explainedCount = 25;
const lenses = lensNames.filter((lens) => lens !== "constraints");

function inputOf(history: RandomHistory, asked: Asked): WeighInput {
  const { root, records, ...input } = inputsOf(history.entries, asked);
  return { ...input, world: World.fold({ root, records, cut: input.cut }) };
}

/** What must and must not be used at any of the paths. */
const rulesBelow = (history: RandomHistory, asked: Asked): readonly WeighInput[] =>
  historyPaths.flatMap((conceptPath) =>
    ["must_use", "forbidden"].map((predicate) =>
      inputOf(history, { ...asked, question: { conceptPath, predicate } }),
    ),
  );

const basisOf = (lens: LensName, { parameters, evaluatedAtMs }: Asked): Basis => ({
  lens,
  lensVersion,
  parameters,
  frontier: new Uint8Array(8),
  evaluatedAtMs,
});

function conversations(directory: string): readonly string[] {
  const names = readdirSync(directory).filter((name) => name.endsWith(".txt"));
  return names.sort().map((name) => {
    const answers = answersIn(readFileSync(join(directory, name), "utf8"));
    return `conversation ${name} ${digestOfAnswers(answers)}`;
  });
}

/** Digests by name, each over all that was added to it. */
class Sums {
  readonly #sums = new Map<string, Uint8Array>();

  add(name: string, bytes: Uint8Array): void {
    this.#sums.set(name, sha256(this.#sums.get(name) ?? new Uint8Array(32), bytes));
  }

  lines(): readonly string[] {
    return [...this.#sums].map(([name, sum]) => `${name} ${toHex(sum)}`);
  }
}

function addExplanation(sums: Sums, history: RandomHistory, asked: Asked, random: Seeded): void {
  const input = inputOf(history, asked);
  const before = { ...asked, cut: randomCut(random, history) };
  for (const lens of lenses) {
    const basis = basisOf(lens, asked);
    const explained = { ...explain({ ...input, lens }), basis, isBehind: false };
    sums.add(`explained ${lens}`, encodeExplainReply(explained));
    const difference = compareAnswers({ ...inputOf(history, before), lens }, { ...input, lens });
    const reply = { ...difference, fromBasis: basisOf(lens, before), toBasis: basis };
    sums.add(`compared ${lens}`, encodeDiffReply({ ...reply, isBehind: false }));
  }
}

function histories(): readonly string[] {
  const sums = new Sums();
  for (let seed = 1; seed <= historyCount; seed++) {
    const history = randomHistory(seed, {
      isCrowded: seed % 40 === 0,
      redactionPercent: seed % 2 === 0 ? 6 : 0,
    });
    const random = new Seeded(seed ^ 0x5eed);
    for (let turn = 0; turn < askedCount; turn++) {
      const asked = randomAsked(random, history);
      const input = inputOf(history, asked);
      for (const lens of lenses) {
        sums.add(`answers ${lens}`, bytesOfAnswers(resolve({ ...input, lens })));
      }
      if (turn > 0) continue;
      const rules = resolveConstraints(rulesBelow(history, asked), "a");
      sums.add("answers constraints", bytesOfAnswers([rules]));
      if (seed <= explainedCount) addExplanation(sums, history, asked, random);
    }
  }
  return sums.lines();
}

/** `directory`: the conversations. */
export const answerDigests = (directory: string): readonly string[] => [
  ...conversations(directory),
  ...histories(),
];
