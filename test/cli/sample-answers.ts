/** Answers made by hand, for cards and their tests: one concept, a few voices, every lens. */
import type {
  Answer,
  Basis,
  ClaimExplanation,
  Constraint,
  Support,
  SupportingClaim,
} from "../../src/model/answer.js";
import type { Value } from "../../src/model/entry.js";
import { encodeFrontier } from "../../src/model/frontier.js";
import { toIndex } from "../../src/model/position.js";

export const version = (text: string): Value => ({
  kind: "version",
  version: text,
  bound: "exact",
});
const bytes = (fill: number): Uint8Array => new Uint8Array(32).fill(fill);
export const logId = bytes(0x0f);
const evaluatedAtMs = Date.UTC(2026, 10, 23, 19, 43, 21);

/** `place` tells claims apart: their ids and authors are made of it. */
export const claim = (place: number, more: Partial<SupportingClaim> = {}): SupportingClaim => ({
  id: bytes(0x10 + place),
  position: { logId, index: toIndex(place) },
  recorded: BigInt(evaluatedAtMs) << 16n,
  author: bytes(0xa0 + place),
  sourceId: "caniuse",
  sourceClass: "community",
  polarity: "affirms",
  confidenceMillionths: 1_000_000,
  weightMillionths: 1_000_000,
  assertedMs: evaluatedAtMs,
  ...more,
});

export const support = (
  value: Value,
  supportMillionths: number,
  claims: readonly SupportingClaim[],
  more: Partial<Support> = {},
): Support => ({
  value,
  supportMillionths,
  claimCount: claims.length,
  voiceCount: claims.length,
  claims,
  ...more,
});

export const basis = (more: Partial<Basis> = {}): Basis => ({
  lens: "consensus",
  lensVersion: 1,
  parameters: { decay: "class", voices: "authors" },
  frontier: encodeFrontier([{ logId, size: 8, rootPrefix: new Uint8Array(8).fill(7), next: 8 }]),
  evaluatedAtMs,
  ...more,
});

export const agreed: Answer = {
  conceptPath: "web/feature/grid/chrome",
  predicate: "supported_since",
  winner: version("57"),
  confidenceMillionths: 931_034,
  conflictMillionths: 362_051,
  status: "agreed",
  supports: [
    support(version("57"), 2_700_000, [
      claim(1),
      claim(2, { sourceId: "mdn", sourceClass: "expert" }),
      claim(3, { sourceId: "web-features", weightMillionths: 700_000 }),
    ]),
    support(version("58"), 200_000, [
      claim(4, { sourceId: "blog", sourceClass: "anecdotal", weightMillionths: 400_000 }),
      claim(5, {
        sourceId: "key/0ffa1c47cbafaba9d3282758b79e48ee512c6f5ed5cdea3b5c4ffc4310a69e5d",
        onBehalfOf: "ann",
        polarity: "denies",
        weightMillionths: -200_000,
      }),
    ]),
  ],
  valueCount: 2,
  counts: { candidates: 7, considered: 5, revised: 1, redacted: 0, ineligible: 1 },
};

export const nothing: Answer = {
  conceptPath: "web/feature/grid/opera",
  predicate: "supported_since",
  confidenceMillionths: 0,
  conflictMillionths: 0,
  status: "none",
  supports: [],
  valueCount: 0,
  counts: { candidates: 0, considered: 0, revised: 0, redacted: 0, ineligible: 0 },
};

/** What moves cursors, what is wide, what is long. */
export const hostileText = `日本語のとても長い値です 👩‍👩‍👧‍👦 e\u0301 \u001b[2J\u202e${"long ".repeat(40)}`;

const [first, second] = agreed.supports as [Support, Support];

export const tied: Answer = {
  ...agreed,
  confidenceMillionths: 500_000,
  conflictMillionths: 1_000_000,
  status: "contested",
  supports: [
    { ...first, supportMillionths: 1_000_000, claims: [claim(1)], claimCount: 1, voiceCount: 1 },
    { ...second, supportMillionths: 1_000_000, claims: [claim(4)], claimCount: 1, voiceCount: 1 },
  ],
  counts: { candidates: 2, considered: 2, revised: 0, redacted: 0, ineligible: 0 },
};

export const layered: Answer = {
  ...agreed,
  winner: version("58"),
  confidenceMillionths: 1_000_000,
  conflictMillionths: 0,
  status: "unanimous",
  supports: [support(version("58"), 900_000, [claim(2, { sourceClass: "expert" })])],
  valueCount: 1,
  tiers: [
    {
      sourceClass: "expert",
      winner: version("58"),
      confidenceMillionths: 1_000_000,
      conflictMillionths: 0,
      status: "unanimous",
      supports: [support(version("58"), 900_000, [claim(2)])],
    },
    {
      sourceClass: "community",
      winner: version("57"),
      confidenceMillionths: 990_099,
      conflictMillionths: 80_000,
      status: "agreed",
      supports: [support(version("57"), 100_000_000, [claim(1)], { claimCount: 1_204 })],
    },
    {
      sourceClass: "anecdotal",
      confidenceMillionths: 0,
      conflictMillionths: 0,
      status: "none",
      supports: [],
    },
  ],
  tiersConflictMillionths: 1_000_000,
  counts: { candidates: 1_205, considered: 1_205, revised: 0, redacted: 0, ineligible: 0 },
};

const constraint = (more: Partial<Constraint>): Constraint => ({
  predicate: "must_use",
  conceptPath: "team/payments",
  value: { kind: "text", text: "PostgreSQL" },
  holds: true,
  isContradicted: false,
  sourceClass: "expert",
  confidenceMillionths: 1_000_000,
  conflictMillionths: 0,
  status: "unanimous",
  claims: [claim(1, { sourceId: "handbook", sourceClass: "expert" })],
  ...more,
});

export const constrained: Answer = {
  ...nothing,
  conceptPath: "team/payments",
  predicate: "",
  status: "contested",
  constraints: [
    constraint({}),
    constraint({ predicate: "forbidden", value: { kind: "text", text: "Redis" } }),
    constraint({ value: { kind: "text", text: "Redis" }, isContradicted: true }),
    constraint({
      conceptPath: "team/payments/reporting",
      value: { kind: "text", text: "Excel" },
      holds: false,
      confidenceMillionths: 0,
      status: "none",
      claims: [],
    }),
  ],
};

/** Ten values, long and wide ones among them, under a path as long as they get. */
export const crowded: Answer = {
  ...agreed,
  conceptPath: `web/${"very-long-segment/".repeat(20)}chrome`,
  winner: { kind: "text", text: hostileText },
  confidenceMillionths: 999_999,
  conflictMillionths: 812_345,
  supports: Array.from({ length: 8 }, (_unused, i) =>
    support(
      i === 0 ? { kind: "text", text: hostileText } : { kind: "text", text: `値${i}` },
      i === 0 ? 1_204_500_000 : 1_000_000 - i,
      [
        claim(i, { sourceId: hostileText, onBehalfOf: hostileText }),
        claim(i + 20, { sourceId: "mdn" }),
        claim(i + 40),
      ],
      { claimCount: 1_300, voiceCount: 1_250 },
    ),
  ),
  valueCount: 70,
};

export const explained: readonly ClaimExplanation[] = [
  {
    claim: claim(1),
    value: version("57"),
    fate: "considered",
    sentence: "counts 1: confidence 1, not aged, from community sources",
    decayMillionths: 1_000_000,
  },
  {
    claim: claim(4, { sourceId: "blog", sourceClass: "anecdotal", weightMillionths: 400_000 }),
    value: version("58"),
    fate: "considered",
    sentence:
      "counts 0.4: confidence 0.8, aged 30 days with a half-life of 30 days (x 0.5), from " +
      "anecdotal sources",
    decayMillionths: 500_000,
  },
  {
    claim: claim(6, { weightMillionths: 0 }),
    value: version("56"),
    fate: "source_retracted",
    fateEntry: bytes(0x77),
    sentence: "does not count: its source caniuse was withdrawn",
    decayMillionths: 1_000_000,
  },
];
