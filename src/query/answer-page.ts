/**
 * The answers of one question that a page has room for.
 *
 * A question of a many-valued predicate has an answer per distinct value, in the order of their
 * keys, and may have more than a page takes. The next page then begins *behind a value's key*, not
 * after so many answers: values that are claimed meanwhile move nothing. A key is as long as its
 * value, so that a long one is cut and told apart by its hash.
 */
import { sha256 } from "../crypto/sha256.js";
import { assert } from "../invariant/assert.js";
import type { Candidate } from "../lens/history.js";
import {
  answerOf,
  type RulingLens,
  rule,
  type Weighed,
  type WeighInput,
  weigh,
} from "../lens/index.js";
import type { Answer } from "../model/answer.js";
import { answerBytes, replyBytesMax, shortened } from "./answer-size.js";

/** Of a value's key, where it is longer: the beginning, in bytes. */
const keyBytesMax = 240;
const KEY_HASH_BYTES = 8;

/** What is left of a page. */
export interface Room {
  readonly answers: number;
  readonly bytes: number;
}

export interface PagePart {
  readonly answers: readonly Answer[];
  readonly bytes: number;
  /** Set where there are more: behind which value they begin; empty: with the first. */
  readonly next?: Uint8Array;
}

const beginning = new Uint8Array(0);

/** Of an answer, in bytes of which none is left out. */
export function fitted(answer: Answer): Answer {
  const short = shortened(answer, replyBytesMax);
  assert(short !== undefined, "one value with its claims fits a reply");
  return short;
}

/** The answers behind `after` (empty: all) that there is room for: none, if the first has none. */
export function answersWithin(
  input: WeighInput,
  lens: RulingLens,
  after: Uint8Array,
  room: Room,
): PagePart {
  const { candidates } = input.history;
  const candidateOf = (place: number): Candidate => candidates[place] as Candidate;
  const all = weigh(input);
  const answers: Answer[] = [];
  let bytes = 0;
  let last = after;
  for (const weighed of all.slice(startOf(all, after))) {
    const answer = fitted(answerOf(rule(lens, weighed), input.history, candidateOf));
    const size = answerBytes(answer);
    if (answers.length >= room.answers || bytes + size > room.bytes) {
      return { answers, bytes, next: last };
    }
    answers.push(answer);
    bytes += size;
    if (all.length > 1) last = placeOf(weighed);
  }
  return { answers, bytes };
}

/** How many of the questions were answered by the page that ended behind `after`. */
function startOf(all: readonly Weighed[], after: Uint8Array): number {
  if (after.length === 0) return 0;
  const isCut = after.length > keyBytesMax;
  const behind = Buffer.from(after.subarray(0, keyBytesMax)).toString("hex");
  let start = 0;
  for (let at = 0; at < all.length; at++) {
    const key = leastKey(all[at] as Weighed);
    const beginning = key.slice(0, behind.length);
    if (beginning > behind) break;
    if (beginning < behind) start = at + 1;
    else if (!isCut ? key.length === behind.length : isSamePlace(all[at] as Weighed, after)) {
      start = at + 1;
    }
  }
  return start;
}

const isSamePlace = (weighed: Weighed, place: Uint8Array): boolean =>
  Buffer.compare(placeOf(weighed), place) === 0;

function placeOf(weighed: Weighed): Uint8Array {
  const key = new Uint8Array(Buffer.from(leastKey(weighed), "hex"));
  if (key.length <= keyBytesMax) return key.length === 0 ? beginning : key;
  const place = new Uint8Array(keyBytesMax + KEY_HASH_BYTES);
  place.set(key.subarray(0, keyBytesMax));
  place.set(sha256(key).subarray(0, KEY_HASH_BYTES), keyBytesMax);
  return place;
}

/** What the questions of one predicate stand in order of. */
function leastKey(weighed: Weighed): string {
  let [least] = weighed.claims;
  for (const claim of weighed.claims) {
    if (least === undefined || claim.candidate.valueKey < least.candidate.valueKey) least = claim;
  }
  return least?.candidate.valueKey ?? "";
}
