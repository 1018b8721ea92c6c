/**
 * How many bytes an answer takes on the wire, near enough to bound a reply, and what is left out of
 * one that alone would not fit.
 *
 * Sizes are upper bounds of the protobuf form: fields of fixed width are counted at their largest,
 * texts exactly. An answer lists up to 64 values of up to 32 KiB, and again in each tier: what is
 * too large lists fewer. That depends on the answer alone, so that it is the same on every node.
 */
import type {
  Answer,
  ClaimChange,
  ClaimExplanation,
  Constraint,
  Counterfactual,
  Support,
  SupportingClaim,
  TierAnswer,
} from "../model/answer.js";
import type { Value } from "../model/entry.js";

/** What one reply may hold: well below the largest message. */
export const replyBytesMax = 1_572_864;

/** Tags, lengths and numbers of an answer, of a claim, of a value. */
const answerFixedBytes = 96;
const claimFixedBytes = 190;
const supportFixedBytes = 40;
const valueFixedBytes = 32;

const textBytes = (text: string | undefined): number =>
  text === undefined ? 0 : Buffer.byteLength(text);

function valueBytes(value: Value | undefined): number {
  switch (value?.kind) {
    case undefined:
      return 0;
    case "text":
      return valueFixedBytes + textBytes(value.text) + textBytes(value.language);
    case "number":
      return valueFixedBytes + textBytes(value.unit);
    case "reference":
      return valueFixedBytes + textBytes(value.reference);
    case "version":
      return valueFixedBytes + textBytes(value.version);
    case "bytes":
      return valueFixedBytes + value.bytes.length;
    default:
      return valueFixedBytes;
  }
}

const claimBytes = (claim: SupportingClaim): number =>
  claimFixedBytes + textBytes(claim.sourceId) + textBytes(claim.onBehalfOf);

function sumOf<Item>(items: readonly Item[] | undefined, bytesOf: (item: Item) => number): number {
  let bytes = 0;
  if (items !== undefined) for (const item of items) bytes += bytesOf(item);
  return bytes;
}

const supportBytes = (support: Support): number =>
  supportFixedBytes + valueBytes(support.value) + sumOf(support.claims, claimBytes);

const tierBytes = (tier: TierAnswer): number =>
  supportFixedBytes + valueBytes(tier.winner) + sumOf(tier.supports, supportBytes);

const constraintBytes = (constraint: Constraint): number =>
  answerFixedBytes +
  textBytes(constraint.conceptPath) +
  valueBytes(constraint.value) +
  sumOf(constraint.claims, claimBytes);

export const answerBytes = (answer: Answer): number =>
  answerFixedBytes +
  textBytes(answer.conceptPath) +
  textBytes(answer.predicate) +
  valueBytes(answer.winner) +
  sumOf(answer.supports, supportBytes) +
  sumOf(answer.tiers, tierBytes) +
  sumOf(answer.constraints, constraintBytes);

export const explanationBytes = (one: ClaimExplanation): number =>
  claimBytes(one.claim) + valueBytes(one.value) + textBytes(one.sentence) + 60;

export const changeBytes = (one: ClaimChange): number =>
  claimBytes(one.claim) + valueBytes(one.value) + 40;

export const counterfactualBytes = (one: Counterfactual): number =>
  valueBytes(one.winner) +
  (one.without.kind === "source" ? textBytes(one.without.sourceId) : 34) +
  supportFixedBytes;

/** As many from the start as fit. */
export function fitting<Item>(
  items: readonly Item[],
  bytesOf: (item: Item) => number,
  bytesMax: number,
): readonly Item[] {
  let bytes = 0;
  for (let count = 0; count < items.length; count++) {
    bytes += bytesOf(items[count] as Item);
    if (bytes > bytesMax) return items.slice(0, count);
  }
  return items;
}

/** The answer, with fewer values listed where it would not fit; undefined where nothing helps. */
export function shortened(answer: Answer, bytesMax: number): Answer | undefined {
  let short = answer;
  for (let listed = 32; answerBytes(short) > bytesMax; listed >>= 1) {
    if (listed === 0) return undefined;
    short = withListed(answer, listed);
  }
  return short;
}

/** At most `listed` values, and of rules at most as many reasons as half of that. */
function withListed(answer: Answer, listed: number): Answer {
  const { supports, tiers, constraints } = answer;
  const claimCount = listed >> 1;
  return {
    ...answer,
    supports: supports.slice(0, listed),
    ...(tiers === undefined
      ? {}
      : { tiers: tiers.map((one) => ({ ...one, supports: one.supports.slice(0, listed) })) }),
    ...(constraints === undefined
      ? {}
      : {
          constraints: constraints.map((one) => ({
            ...one,
            claims: one.claims.slice(0, claimCount),
          })),
        }),
  };
}
