/**
 * Goal: cards say what answers hold, in words a person understands, and fit the screen whatever
 * others wrote. Method: golden cards of hand-made answers in test/golden/cards (`GOLDEN=write`
 * writes them anew; the difference is then read in review); properties over widths and texts.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { answerCard } from "../../cli/answer-card.js";
import { diffCard } from "../../cli/diff-card.js";
import { explainCard } from "../../cli/explain-card.js";
import type { Sheet } from "../../cli/sheet.js";
import { widthOf } from "../../cli/text-width.js";
import type { Answer, Basis } from "../../src/model/answer.js";
import { toIndex } from "../../src/model/position.js";
import type { DiffResult, ExplainResult } from "../../src/model/query.js";
import {
  agreed,
  basis,
  claim,
  constrained,
  crowded,
  explained,
  hostileText,
  layered,
  logId,
  nothing,
  support,
  tied,
  version,
} from "./sample-answers.js";

const test = suite("cli: cards");
const directory = join(process.cwd(), "test/golden/cards");
const isWriting = process.env["GOLDEN"] === "write";
const plain: Sheet = { width: 80, paint: (_style, text) => text };

function golden(name: string, lines: readonly string[]): void {
  const path = join(directory, `${name}.txt`);
  const text = `${lines.join("\n")}\n`;
  if (isWriting) {
    mkdirSync(directory, { recursive: true });
    writeFileSync(path, text);
  }
  assert.is(text, readFileSync(path, "utf8"), name);
}

const card = (answer: Answer, more: Partial<Basis> = {}, isBehind = false): readonly string[] =>
  answerCard(plain, answer, { basis: basis(more), isBehind });

const explanation: ExplainResult = {
  answers: [agreed],
  claims: explained,
  claimCount: 5,
  counterfactuals: [
    {
      without: { kind: "source", sourceId: "mdn" },
      winner: version("57"),
      confidenceMillionths: 900_000,
      status: "agreed",
      turns: false,
    },
    {
      without: { kind: "source", sourceId: "caniuse" },
      winner: version("58"),
      confidenceMillionths: 600_000,
      status: "contested",
      turns: true,
    },
    {
      without: { kind: "author", author: new Uint8Array(32).fill(0xa1) },
      confidenceMillionths: 0,
      status: "none",
      turns: true,
    },
  ],
  turningSet: [claim(1).id, claim(9).id],
  isTurningSetSmallest: true,
  ineffective: [
    {
      id: new Uint8Array(32).fill(0x55),
      kind: "retraction",
      sentence: "is without effect: only the claim's own voice can take it back",
    },
  ],
  summary: ["57 wins by consensus with confidence 0.931.", "Of 5 claims: 4 considered."],
  basis: basis(),
  isBehind: false,
};

const difference: DiffResult = {
  from: [{ ...agreed, winner: version("58"), confidenceMillionths: 600_000, status: "contested" }],
  to: [agreed],
  changes: [
    {
      claim: claim(1),
      value: version("57"),
      after: "considered",
      weightBeforeMillionths: 0,
      weightAfterMillionths: 1_000_000,
    },
    {
      claim: claim(4, { sourceId: "blog", sourceClass: "anecdotal" }),
      value: version("58"),
      before: "considered",
      after: "retracted",
      weightBeforeMillionths: 400_000,
      weightAfterMillionths: 0,
    },
  ],
  winnerChanged: true,
  fromBasis: basis({
    asOf: { kind: "recorded", recordedMs: Date.UTC(2026, 0, 1) },
    evaluatedAtMs: Date.UTC(2026, 0, 1),
    settled: true,
  }),
  toBasis: basis(),
  isBehind: false,
};

test("answer: an agreed one, with a denial and a claim on somebody's behalf", () => {
  golden("agreed", card(agreed));
});

test("answer: nobody claimed anything, all was erased, no claim counts", () => {
  const counts = { candidates: 0, considered: 0, revised: 0, redacted: 2, ineligible: 0 };
  golden("nothing", [
    ...card(nothing),
    "",
    ...card({ ...nothing, counts }),
    "",
    ...card({ ...nothing, counts: { ...counts, candidates: 3, redacted: 0, ineligible: 3 } }),
  ]);
});

test("answer: as much speaks for another value", () => {
  golden("tied", card(tied));
});

test("answer: what lenses say of themselves (every lens but constraints)", () => {
  const { winner: _winner, ...unanswered } = agreed;
  golden("lenses", [
    ...card({ ...agreed, confidenceMillionths: 800_000 }, { lens: "recency" }),
    "",
    ...card(agreed, { lens: "confidence" }),
    "",
    ...card(agreed, { lens: "votes" }),
    "",
    ...card({ ...agreed, isWithoutVotes: true }, { lens: "votes" }),
    "",
    ...card(agreed, { lens: "authority" }),
    "",
    ...card(layered, { lens: "layered" }),
    "",
    ...card({ ...unanswered, confidenceMillionths: 0 }, { lens: "skeptic" }),
  ]);
});

test("answer: constraints, those that hold, contradict and do not hold", () => {
  golden("constraints", [
    ...card(constrained, { lens: "constraints" }),
    "",
    ...card({ ...constrained, constraints: [] }, { lens: "constraints" }),
  ]);
});

test("answer: every parameter that is not the preset is said, and the moment, and behind", () => {
  const parameters = {
    decay: { halfLifeMs: 90 * 86_400_000 },
    lifecycles: ["approved"],
    epoch: "2026",
    validAtMs: 0,
    voices: "sources",
    authorsIn: [new Uint8Array(32).fill(0xa1)],
    authorsOut: [new Uint8Array(32).fill(0xa2)],
    sourcesIn: ["mdn", "caniuse"],
    sourcesOut: ["blog"],
    classes: ["expert", "community"],
    confidenceMillionthsMin: 500_000,
    trustMillionthsMin: 250_000,
    recencyTime: "recorded",
    claimsOut: [claim(4).id],
  } as const;
  const { frontier } = basis();
  const position = { logId, index: toIndex(100) };
  golden("parameters", [
    ...card(agreed, { parameters, asOf: { kind: "position", position }, settled: false }, true),
    "",
    ...card(nothing, { parameters: { decay: "none" }, asOf: { kind: "frontier", frontier } }),
  ]);
});

test("answer: many values, long and wide ones, on a screen of 80 columns", () => {
  golden("crowded", card(crowded));
});

test("answer: one of several values", () => {
  golden("many-valued", card({ ...agreed, isManyValued: true }));
});

test("explain: claims with fate and reason, without whom, what turns it, what does nothing", () => {
  golden("explain", explainCard(plain, explanation));
});

test("diff: which claims made the difference", () => {
  golden("diff", [
    ...diffCard(plain, agreed, difference),
    "",
    ...diffCard(plain, nothing, {
      ...difference,
      from: [],
      to: [],
      changes: [],
      winnerChanged: false,
    }),
  ]);
});

// Built from parts: in a pattern a control character is mostly a mistake; here it is meant.
const escapes = new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, "g");
const painted = (width: number): Sheet => ({
  width,
  paint: (_style, text) => `\u001b[1m${text}\u001b[22m`,
});

const texts = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 60 }),
  fc.string({ unit: "binary", maxLength: 60 }),
  fc.constant(hostileText),
);

test("cards: every line fits and moves no cursor, whatever others wrote (property)", () => {
  fc.assert(
    fc.property(texts, texts, fc.integer({ min: 60, max: 100 }), (value, name, width) => {
      const sheet: Sheet = { ...plain, width };
      const said = { sourceId: name, onBehalfOf: value };
      const whole: Answer = {
        ...agreed,
        conceptPath: name,
        predicate: value.slice(0, 16),
        winner: { kind: "text", text: value },
        supports: [support({ kind: "text", text: value }, 1, [claim(1, said), claim(2, said)])],
      };
      const parameters = { epoch: value, sourcesIn: [name] };
      const lines = [
        ...answerCard(sheet, whole, { basis: basis({ parameters }), isBehind: true }),
        ...explainCard(sheet, {
          ...explanation,
          answers: [whole],
          claims: explained.map((one) => ({ ...one, claim: claim(1, said), sentence: value })),
          summary: [name],
        }),
        ...diffCard(sheet, whole, { ...difference, to: [whole] }),
      ];
      for (const line of lines) {
        const isId = /^ +id [0-9a-f]{64}$/.test(line);
        const columnsMax = isId ? Math.max(width, 69) : width;
        assert.ok(
          widthOf(line) <= columnsMax,
          `${widthOf(line)} > ${width}: ${JSON.stringify(line)}`,
        );
        assert.not.match(line, /[\p{Cc}\p{Bidi_Control}]/u);
      }
    }),
    { numRuns: 150, includeErrorInReport: true },
  );
});

test("cards: colours change nothing but colours", () => {
  const strip = (lines: readonly string[]): string => lines.join("\n").replaceAll(escapes, "");
  const given = { basis: basis(), isBehind: true };
  for (const answer of [agreed, tied, layered, constrained, crowded, nothing]) {
    assert.is(
      strip(answerCard(painted(80), answer, given)),
      answerCard(plain, answer, given).join("\n"),
    );
  }
  assert.is(
    strip(explainCard(painted(80), explanation)),
    explainCard(plain, explanation).join("\n"),
  );
  assert.is(
    strip(diffCard(painted(80), agreed, difference)),
    diffCard(plain, agreed, difference).join("\n"),
  );
});

test.run();
