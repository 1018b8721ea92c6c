/**
 * Answers as bytes of query_service.proto, without an object in between.
 *
 * This is the hot path of a query: an answer of three claims is written in a few microseconds. Each
 * function writes the fields of one message from the last to the first, as `MessageWriter` wants
 * it; the numbers are those of the proto. Enums are numbered in the order of the model's lists,
 * from 1.
 */

import { MessageWriter } from "../entry/message-writer.js";
import { numbersOf, writeMoment, writeParameters, writePosition } from "../entry/query-writer.js";
import {
  type Answer,
  type Basis,
  type Constraint,
  type Counts,
  lensNames,
  type Support,
  type SupportingClaim,
  statuses,
  type TierAnswer,
} from "../model/answer.js";
import { bounds, datePrecisions, polarities, sourceClasses, type Value } from "../model/entry.js";

const lensNumbers = numbersOf(lensNames);
const statusNumbers = numbersOf(statuses);
const classNumbers = numbersOf(sourceClasses);
const polarityNumbers = numbersOf(polarities);
const boundNumbers = numbersOf(bounds);

export function writeValue(writer: MessageWriter, field: number, value: Value): void {
  const before = writer.written;
  if ("bound" in value) writer.uintAlways(15, boundNumbers[value.bound]);
  switch (value.kind) {
    case "text": {
      const inside = writer.written;
      if (value.language !== undefined) writer.textAlways(2, value.language);
      writer.text(1, value.text);
      writer.message(1, inside);
      break;
    }
    case "integer":
      writer.sint64Always(2, value.integer);
      break;
    case "number": {
      const inside = writer.written;
      if (value.unit !== undefined) writer.textAlways(2, value.unit);
      writer.double(1, value.number);
      writer.message(3, inside);
      break;
    }
    case "boolean":
      writer.booleanAlways(4, value.boolean);
      break;
    case "reference":
      writer.textAlways(5, value.reference);
      break;
    case "instant":
      writer.sint64Always(6, value.instantNs);
      break;
    case "date":
      writeDate(writer, value);
      break;
    case "version":
      writer.textAlways(8, value.version);
      break;
    case "bytes":
      writer.bytesAlways(9, value.bytes);
      break;
    case "unknown":
      writer.message(10, writer.written);
  }
  writer.message(field, before);
}

function writeDate(writer: MessageWriter, date: Extract<Value, { readonly kind: "date" }>): void {
  const before = writer.written;
  const { year, month, day } = date;
  const precision = month === undefined ? "year" : day === undefined ? "month" : "day";
  writer.uintAlways(4, datePrecisions.indexOf(precision) + 1);
  writer.uint(3, day ?? 0);
  writer.uint(2, month ?? 0);
  writer.sint(1, year);
  writer.message(7, before);
}

export function writeClaim(writer: MessageWriter, field: number, claim: SupportingClaim): void {
  const before = writer.written;
  writer.sint(11, claim.assertedMs);
  writer.sint(10, claim.weightMillionths);
  writer.uint(9, claim.confidenceMillionths);
  writer.uint(8, polarityNumbers[claim.polarity]);
  writer.uint(7, classNumbers[claim.sourceClass]);
  writer.text(6, claim.sourceId);
  if (claim.onBehalfOf !== undefined) writer.textAlways(5, claim.onBehalfOf);
  writer.bytes(4, claim.author);
  writer.fixed64(3, claim.recorded);
  writePosition(writer, 2, claim.position);
  writer.bytes(1, claim.id);
  writer.message(field, before);
}

function writeClaims(
  writer: MessageWriter,
  field: number,
  claims: readonly SupportingClaim[],
): void {
  for (let at = claims.length - 1; at >= 0; at--) {
    writeClaim(writer, field, claims[at] as SupportingClaim);
  }
}

function writeSupports(writer: MessageWriter, field: number, supports: readonly Support[]): void {
  for (let at = supports.length - 1; at >= 0; at--) {
    const support = supports[at] as Support;
    const before = writer.written;
    writeClaims(writer, 5, support.claims);
    writer.uint(4, support.voiceCount);
    writer.uint(3, support.claimCount);
    writer.uint(2, support.supportMillionths);
    writeValue(writer, 1, support.value);
    writer.message(field, before);
  }
}

function writeTier(writer: MessageWriter, field: number, tier: TierAnswer): void {
  const before = writer.written;
  writeSupports(writer, 6, tier.supports);
  writer.uint(5, statusNumbers[tier.status]);
  writer.uint(4, tier.conflictMillionths);
  writer.uint(3, tier.confidenceMillionths);
  if (tier.winner !== undefined) writeValue(writer, 2, tier.winner);
  writer.uint(1, classNumbers[tier.sourceClass]);
  writer.message(field, before);
}

function writeConstraint(writer: MessageWriter, field: number, rule: Constraint): void {
  const before = writer.written;
  writeClaims(writer, 10, rule.claims);
  writer.uint(9, statusNumbers[rule.status]);
  writer.uint(8, rule.conflictMillionths);
  writer.uint(7, rule.confidenceMillionths);
  writer.uint(6, rule.sourceClass === undefined ? 0 : classNumbers[rule.sourceClass]);
  writer.boolean(5, rule.isContradicted);
  writer.boolean(4, rule.holds);
  writeValue(writer, 3, rule.value);
  writer.text(2, rule.conceptPath);
  writer.text(1, rule.predicate);
  writer.message(field, before);
}

function writeCounts(writer: MessageWriter, field: number, counts: Counts): void {
  const before = writer.written;
  writer.uint(5, counts.ineligible);
  writer.uint(4, counts.redacted);
  writer.uint(3, counts.revised);
  writer.uint(2, counts.considered);
  writer.uint(1, counts.candidates);
  writer.message(field, before);
}

function writeAnswer(writer: MessageWriter, field: number, answer: Answer): void {
  const before = writer.written;
  writer.boolean(14, answer.isManyValued === true);
  const { constraints = [], tiers = [] } = answer;
  for (let at = constraints.length - 1; at >= 0; at--) {
    writeConstraint(writer, 13, constraints[at] as Constraint);
  }
  writer.boolean(12, answer.isWithoutVotes === true);
  writer.uint(11, answer.tiersConflictMillionths ?? 0);
  for (let at = tiers.length - 1; at >= 0; at--) writeTier(writer, 10, tiers[at] as TierAnswer);
  writeCounts(writer, 9, answer.counts);
  writer.uint(8, answer.valueCount);
  writeSupports(writer, 7, answer.supports);
  writer.uint(6, statusNumbers[answer.status]);
  writer.uint(5, answer.conflictMillionths);
  writer.uint(4, answer.confidenceMillionths);
  if (answer.winner !== undefined) writeValue(writer, 3, answer.winner);
  writer.text(2, answer.predicate);
  writer.text(1, answer.conceptPath);
  writer.message(field, before);
}

export function writeAnswers(
  writer: MessageWriter,
  field: number,
  answers: readonly Answer[],
): void {
  for (let at = answers.length - 1; at >= 0; at--) {
    writeAnswer(writer, field, answers[at] as Answer);
  }
}

/** The bytes of bases that answers share. */
const basisBytes = new WeakMap<Basis, Uint8Array>();
const basisWriter = new MessageWriter();

export function writeBasis(writer: MessageWriter, field: number, basis: Basis): void {
  const before = writer.written;
  let bytes = basisBytes.get(basis);
  if (bytes === undefined) {
    writeBasisFields(basisWriter, basis);
    bytes = basisWriter.finish();
    basisBytes.set(basis, bytes);
  }
  writer.raw(bytes);
  writer.message(field, before);
}

function writeBasisFields(writer: MessageWriter, basis: Basis): void {
  if (basis.settled !== undefined) writer.booleanAlways(7, basis.settled);
  if (basis.asOf !== undefined) writeMoment(writer, 6, basis.asOf);
  writer.sint(5, basis.evaluatedAtMs);
  writer.bytes(4, basis.frontier);
  writeParameters(writer, 3, basis.parameters);
  writer.uint(2, basis.lensVersion);
  writer.uint(1, lensNumbers[basis.lens]);
}
