/**
 * The materialised rulings of a question as bytes.
 *
 *     counts       candidates | considered | revised | ineligible     the same for all lenses
 *     lists        how many | each: how many values | each: latest | support | claims | voices
 *                  | how many claims listed | each: claim | weight | class and on behalf (1)
 *     rulings      one per lens, in the order of `materialisedLenses`:
 *                  decision | value count | extras (1) | tiers? | conflict between tiers?
 *     decision     flags (1) | winner? | confidence? | conflict? | number of its list
 *
 * Most questions have one value and few claims, and most lenses then list the same: a list is
 * written once and named by number. How many claims were erased is not in it: that is added when a
 * ruling is read, since it changes without the question.
 */
import type { RuledClaim, RuledTier, RuledValue, Ruling } from "../lens/ruling.js";
import { type Counts, statuses } from "../model/answer.js";
import { type SourceClass, sourceClasses } from "../model/entry.js";
import { damagedRow, mapKey, RowReader, RowWriter } from "./row-bytes.js";
import { type MaterialisedLens, materialisedLenses } from "./view-types.js";

type Decision = Omit<RuledTier, "sourceClass">;
/** Counts without the erased claims. */
type StoredCounts = Omit<Counts, "redacted">;
/** Maps a claim's place in the history that was weighed to its ordinal. */
type OrdinalOf = (place: number) => number;

const ON_BEHALF = 8;
const STATUS_MASK = 3;
const IS_CERTAIN = 4;
const IS_PEACEFUL = 8;
const WINNER_FIRST = 16;
const WINNER_NONE = 32;
const HAS_TIERS = 1;
const HAS_TIERS_CONFLICT = 2;
/** Two bits each: absent, false, true. */
const WITHOUT_VOTES_AT = 2;
const MANY_VALUED_AT = 4;
const certain = 1_000_000;

const listWriter = new RowWriter();
const rulingWriter = new RowWriter();

class Lists {
  readonly written: Uint8Array[] = [];
  private readonly byValues = new Map<readonly RuledValue[], number>();
  private readonly byBytes = new Map<string, number>();
  private readonly ordinalOf: OrdinalOf;

  constructor(ordinalOf: OrdinalOf) {
    this.ordinalOf = ordinalOf;
  }

  number(values: readonly RuledValue[]): number {
    const known = this.byValues.get(values);
    if (known !== undefined) return known;
    const bytes = this.encode(values);
    const key = mapKey(bytes);
    const number = this.byBytes.get(key) ?? this.written.push(bytes) - 1;
    this.byBytes.set(key, number);
    this.byValues.set(values, number);
    return number;
  }

  private encode(values: readonly RuledValue[]): Uint8Array {
    const writer = listWriter;
    writer.clear();
    writer.varint(values.length);
    for (const value of values) {
      writer.varint(this.ordinalOf(value.latest));
      writer.varint(value.supportMillionths);
      writer.varint(value.claimCount);
      writer.varint(value.voiceCount);
      writer.varint(value.claims.length);
      for (const claim of value.claims) {
        writer.varint(this.ordinalOf(claim.candidate));
        writer.signed(claim.weightMillionths);
        const sourceClass = sourceClasses.indexOf(claim.sourceClass);
        writer.byte(sourceClass + (claim.isOnBehalf ? ON_BEHALF : 0));
      }
    }
    return writer.carved();
  }
}

/** `rulings` in the order of `materialisedLenses`. The bytes live as long as a transaction. */
export function encodeRulings(rulings: readonly Ruling[], ordinalOf: OrdinalOf): Uint8Array {
  const lists = new Lists(ordinalOf);
  const writer = rulingWriter;
  writer.clear();
  for (const ruling of rulings) writeRuling(writer, ruling, lists);
  const tail = writer.carved();
  writer.clear();
  const counts = rulings[0]?.counts;
  writer.varint(counts?.candidates ?? 0);
  writer.varint(counts?.considered ?? 0);
  writer.varint(counts?.revised ?? 0);
  writer.varint(counts?.ineligible ?? 0);
  writer.varint(lists.written.length);
  for (const list of lists.written) writer.bytes(list);
  writer.bytes(tail);
  return writer.carved();
}

function writeRuling(writer: RowWriter, ruling: Ruling, lists: Lists): void {
  writeDecision(writer, ruling, lists);
  writer.varint(ruling.valueCount);
  const { tiers, tiersConflictMillionths } = ruling;
  writer.byte(
    (tiers === undefined ? 0 : HAS_TIERS) |
      (tiersConflictMillionths === undefined ? 0 : HAS_TIERS_CONFLICT) |
      (saidOf(ruling.isWithoutVotes) << WITHOUT_VOTES_AT) |
      (saidOf(ruling.isManyValued) << MANY_VALUED_AT),
  );
  if (tiers !== undefined) {
    writer.varint(tiers.length);
    for (const tier of tiers) {
      writer.byte(sourceClasses.indexOf(tier.sourceClass));
      writeDecision(writer, tier, lists);
    }
  }
  if (tiersConflictMillionths !== undefined) writer.varint(tiersConflictMillionths);
}

const saidOf = (value: boolean | undefined): number => (value === undefined ? 0 : value ? 2 : 1);

function writeDecision(writer: RowWriter, decision: Decision, lists: Lists): void {
  const { winner, confidenceMillionths, conflictMillionths, status, values } = decision;
  let flags = statuses.indexOf(status);
  if (confidenceMillionths === certain) flags |= IS_CERTAIN;
  if (conflictMillionths === 0) flags |= IS_PEACEFUL;
  if (winner === 0) flags |= WINNER_FIRST;
  if (winner === -1) flags |= WINNER_NONE;
  writer.byte(flags);
  if (winner > 0) writer.varint(winner);
  if (confidenceMillionths !== certain) writer.varint(confidenceMillionths);
  if (conflictMillionths !== 0) writer.varint(conflictMillionths);
  writer.varint(lists.number(values));
}

/** One lens's ruling out of the bytes of all. */
export function decodeRuling(bytes: Uint8Array, lens: MaterialisedLens, redacted: number): Ruling {
  const reader = new RowReader(bytes);
  const counts: StoredCounts = {
    candidates: reader.varint(),
    considered: reader.varint(),
    revised: reader.varint(),
    ineligible: reader.varint(),
  };
  const lists: (readonly RuledValue[])[] = [];
  for (let left = reader.varint(); left > 0; left--) lists.push(readList(reader));
  for (const name of materialisedLenses) {
    const ruling = readRuling(reader, name, { ...counts, redacted }, lists);
    if (name === lens) return ruling;
  }
  throw damagedRow();
}

function readList(reader: RowReader): readonly RuledValue[] {
  const values: RuledValue[] = [];
  for (let left = reader.varint(); left > 0; left--) {
    const latest = reader.varint();
    const supportMillionths = reader.varint();
    const claimCount = reader.varint();
    const voiceCount = reader.varint();
    const claims: RuledClaim[] = [];
    for (let more = reader.varint(); more > 0; more--) {
      const candidate = reader.varint();
      const weightMillionths = reader.signed();
      const said = reader.byte();
      const sourceClass = classAt(said & (ON_BEHALF - 1));
      claims.push({ candidate, weightMillionths, sourceClass, isOnBehalf: said >= ON_BEHALF });
    }
    values.push({ latest, supportMillionths, claimCount, voiceCount, claims });
  }
  return values;
}

function readRuling(
  reader: RowReader,
  lens: MaterialisedLens,
  counts: Counts,
  lists: readonly (readonly RuledValue[])[],
): Ruling {
  const decision = readDecision(reader, lists);
  const valueCount = reader.varint();
  const extras = reader.byte();
  const tiers: RuledTier[] = [];
  if ((extras & HAS_TIERS) !== 0) {
    for (let left = reader.varint(); left > 0; left--) {
      tiers.push({ sourceClass: classAt(reader.byte()), ...readDecision(reader, lists) });
    }
  }
  const conflict = (extras & HAS_TIERS_CONFLICT) === 0 ? undefined : reader.varint();
  const withoutVotes = (extras >> WITHOUT_VOTES_AT) & 3;
  const manyValued = (extras >> MANY_VALUED_AT) & 3;
  return {
    lens,
    ...decision,
    valueCount,
    counts,
    ...((extras & HAS_TIERS) === 0 ? {} : { tiers }),
    ...(conflict === undefined ? {} : { tiersConflictMillionths: conflict }),
    ...(withoutVotes === 0 ? {} : { isWithoutVotes: withoutVotes === 2 }),
    ...(manyValued === 0 ? {} : { isManyValued: manyValued === 2 }),
  };
}

function readDecision(reader: RowReader, lists: readonly (readonly RuledValue[])[]): Decision {
  const flags = reader.byte();
  const status = statuses[flags & STATUS_MASK];
  const winner =
    (flags & WINNER_FIRST) !== 0 ? 0 : (flags & WINNER_NONE) !== 0 ? -1 : reader.varint();
  const confidenceMillionths = (flags & IS_CERTAIN) !== 0 ? certain : reader.varint();
  const conflictMillionths = (flags & IS_PEACEFUL) !== 0 ? 0 : reader.varint();
  const values = lists[reader.varint()];
  if (status === undefined || values === undefined) throw damagedRow();
  return { winner, confidenceMillionths, conflictMillionths, status, values };
}

function classAt(place: number): SourceClass {
  const sourceClass = sourceClasses[place];
  if (sourceClass === undefined) throw damagedRow();
  return sourceClass;
}
