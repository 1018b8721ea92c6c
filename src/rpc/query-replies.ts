/** What the query service answers, as bytes. */

import { MessageWriter } from "../entry/message-writer.js";
import { numbersOf, writePosition } from "../entry/query-writer.js";
import {
  type ClaimChange,
  type ClaimExplanation,
  type Counterfactual,
  fates,
  type Ineffective,
  statuses,
} from "../model/answer.js";
import { bodyKinds, sourceClasses } from "../model/entry.js";
import type {
  Concept,
  DiffResult,
  ExplainResult,
  ListedAssertion,
  Listing,
  QueryResult,
  QuestionFacts,
  SourceFacts,
} from "../model/query.js";
import { writeAnswers, writeBasis, writeClaim, writeValue } from "./answer-bytes.js";

const fateNumbers = numbersOf(fates);
const statusNumbers = numbersOf(statuses);
const classNumbers = numbersOf(sourceClasses);

/** One for all: a reply is written in one turn. */
const writer = new MessageWriter();

export function encodeQueryReply(result: QueryResult): Buffer {
  writer.clear();
  writer.bytes(5, result.queryId);
  writer.boolean(4, result.isBehind);
  if (result.nextCursor !== undefined) writer.bytes(3, result.nextCursor);
  writeAnswers(writer, 2, result.answers);
  writeBasis(writer, 1, result.basis);
  return writer.finish();
}

export function encodeExplainReply(result: ExplainResult): Buffer {
  writer.clear();
  each(result.summary, (sentence) => writer.textAlways(10, sentence));
  writer.boolean(9, result.isBehind);
  each(result.ineffective, (one) => writeIneffective(8, one));
  writer.boolean(7, result.isTurningSetSmallest);
  each(result.turningSet, (id) => writer.bytesAlways(6, id));
  each(result.counterfactuals, (one) => writeCounterfactual(5, one));
  writer.uint(4, result.claimCount);
  each(result.claims, (one) => writeClaimExplanation(3, one));
  writeAnswers(writer, 2, result.answers);
  writeBasis(writer, 1, result.basis);
  return writer.finish();
}

export function encodeDiffReply(result: DiffResult): Buffer {
  writer.clear();
  writer.boolean(7, result.isBehind);
  writer.boolean(6, result.winnerChanged);
  each(result.changes, (one) => writeChange(5, one));
  writeAnswers(writer, 4, result.to);
  writeAnswers(writer, 3, result.from);
  writeBasis(writer, 2, result.toBasis);
  writeBasis(writer, 1, result.fromBasis);
  return writer.finish();
}

export const encodeConceptsReply = (listing: Listing<Concept>): Buffer =>
  listingReply(listing, (row) => {
    writer.boolean(4, row.hasChildren);
    writer.uint(3, row.claimCount);
    each(row.predicates, (predicate) => writer.textAlways(2, predicate));
    writer.text(1, row.conceptPath);
  });

export const encodeQuestionsReply = (listing: Listing<QuestionFacts>): Buffer =>
  listingReply(listing, (row) => {
    writer.fixed64(6, row.latest);
    writer.uint(5, row.valueCount);
    writer.uint(4, row.conflictMillionths);
    writer.uint(3, row.claimCount);
    writer.text(2, row.predicate);
    writer.text(1, row.conceptPath);
  });

export const encodeAssertionsReply = (listing: Listing<ListedAssertion>): Buffer =>
  listingReply(listing, (row) => {
    writer.bytes(4, row.entry);
    writer.fixed64(3, row.recorded);
    writePosition(writer, 2, row.position);
    writer.bytes(1, row.id);
  });

export const encodeSourcesReply = (listing: Listing<SourceFacts>): Buffer =>
  listingReply(listing, (row) => {
    writer.text(6, row.retractionReason ?? "");
    writer.boolean(5, row.isRetracted);
    if (row.record !== undefined) writer.bytes(4, row.record);
    writer.uint(3, row.sourceClass === undefined ? 0 : classNumbers[row.sourceClass]);
    writer.uint(2, row.claimCount);
    writer.text(1, row.sourceId);
  });

/** All lists: rows 1, next cursor 2, frontier 3, behind 4. */
function listingReply<Row>(listing: Listing<Row>, writeRow: (row: Row) => void): Buffer {
  writer.clear();
  writer.boolean(4, listing.isBehind);
  writer.bytes(3, listing.frontier);
  if (listing.nextCursor !== undefined) writer.bytes(2, listing.nextCursor);
  each(listing.rows, (row) => {
    const before = writer.written;
    writeRow(row);
    writer.message(1, before);
  });
  return writer.finish();
}

function writeClaimExplanation(field: number, one: ClaimExplanation): void {
  const before = writer.written;
  if (one.trustMillionths !== undefined) writer.uintAlways(7, one.trustMillionths);
  writer.uint(6, one.decayMillionths);
  writer.text(5, one.sentence);
  if (one.fateEntry !== undefined) writer.bytesAlways(4, one.fateEntry);
  writer.uint(3, fateNumbers[one.fate]);
  writeValue(writer, 2, one.value);
  writeClaim(writer, 1, one.claim);
  writer.message(field, before);
}

function writeCounterfactual(field: number, one: Counterfactual): void {
  const before = writer.written;
  writer.boolean(6, one.turns);
  writer.uint(5, statusNumbers[one.status]);
  writer.uint(4, one.confidenceMillionths);
  if (one.winner !== undefined) writeValue(writer, 3, one.winner);
  if (one.without.kind === "source") writer.textAlways(2, one.without.sourceId);
  else writer.bytesAlways(1, one.without.author);
  writer.message(field, before);
}

function writeIneffective(field: number, one: Ineffective): void {
  const before = writer.written;
  writer.text(3, one.sentence);
  writer.uint(2, bodyKinds[one.kind]);
  writer.bytes(1, one.id);
  writer.message(field, before);
}

function writeChange(field: number, one: ClaimChange): void {
  const before = writer.written;
  writer.sint(6, one.weightAfterMillionths);
  writer.sint(5, one.weightBeforeMillionths);
  writer.uint(4, fateNumbers[one.after]);
  if (one.before !== undefined) writer.uintAlways(3, fateNumbers[one.before]);
  writeValue(writer, 2, one.value);
  writeClaim(writer, 1, one.claim);
  writer.message(field, before);
}

/** From the last to the first. */
function each<Item>(items: readonly Item[], write: (item: Item) => void): void {
  for (let at = items.length - 1; at >= 0; at--) write(items[at] as Item);
}
