/**
 * Lists of what the views hold: concepts, questions, assertions, sources.
 *
 * Rows come in the order of their keys, and a page begins behind a key. One row more than a page
 * takes is read, so that the last page knows that it is the last; a page ends early where the reply
 * would grow too large. Paths stand as they were written: what an alias means answers say.
 */

import { rule, weigh } from "../lens/index.js";
import type { LensParameters, Question } from "../model/answer.js";
import { Fault } from "../model/fault.js";
import { bytesEqual } from "../model/hex.js";
import { type LogId, toIndex } from "../model/position.js";
import type {
  AssertionsInput,
  Concept,
  ConceptsInput,
  ListedAssertion,
  QuestionFacts,
  QuestionsInput,
  SourceFacts,
  SourcesInput,
} from "../model/query.js";
import type { Keyed, ListedPlace, Page, StoredSource } from "../views/view-types.js";
import type { Block } from "../wal/block.js";
import { idOf } from "../wal/block-id.js";
import { replyBytesMax } from "./answer-size.js";
import { claimsInTurnMax } from "./answering.js";
import { type FoundQuestion, findQuestion, historyOf } from "./histories.js";
import type { PinnedView } from "./pinned-reads.js";
import { type Units, unitsBehind } from "./subjects.js";
import type { FoldedWorld } from "./worlds.js";

/** Rows, and the key that the next page begins behind. */
export interface ListPage<Row> {
  readonly rows: readonly Row[];
  readonly next?: Uint8Array;
}

/** Which page: behind a key (empty: the first), so many rows. */
export interface PageAsked {
  readonly behind: Uint8Array;
  readonly rowsMax: number;
}

const rowFixedBytes = 64;
const textBytes = (text: string): number => Buffer.byteLength(text) + 4;

/** One more than the page takes. */
const pageOf = ({ behind, rowsMax }: PageAsked): Page =>
  behind.length === 0 ? { limit: rowsMax + 1 } : { after: behind, limit: rowsMax + 1 };

/** As many rows as the page takes and the reply holds. */
function paged<Stored extends { readonly key: Uint8Array }, Row>(
  stored: readonly Stored[],
  { rowsMax }: PageAsked,
  rowOf: (one: Stored) => Row,
  bytesOf: (row: Row) => number,
): ListPage<Row> {
  const rows: Row[] = [];
  let bytes = 0;
  let last: Uint8Array | undefined;
  for (const one of stored) {
    const row = rowOf(one);
    bytes += rowFixedBytes + bytesOf(row);
    const isFull = rows.length === rowsMax || (bytes > replyBytesMax && rows.length > 0);
    if (isFull && last !== undefined) return { rows, next: new Uint8Array(last) };
    rows.push(row);
    last = one.key;
  }
  return { rows };
}

export function conceptsPage(
  view: PinnedView,
  { prefix, childrenOnly = false }: ConceptsInput,
  page: PageAsked,
): ListPage<Concept> {
  const stored = view.snapshot.concepts({ prefix, childrenOnly, ...pageOf(page) });
  return paged(
    stored,
    page,
    ({ conceptPath, predicates, claimCount, hasChildren }): Concept => {
      return { conceptPath, predicates, claimCount, hasChildren };
    },
    (row) => row.predicates.reduce((sum, one) => sum + textBytes(one), textBytes(row.conceptPath)),
  );
}

const factsOf = (facts: QuestionFacts): QuestionFacts => {
  const { conceptPath, predicate, claimCount, conflictMillionths, valueCount, latest } = facts;
  return { conceptPath, predicate, claimCount, conflictMillionths, valueCount, latest };
};
const factsBytes = ({ conceptPath, predicate }: Question): number =>
  textBytes(conceptPath) + textBytes(predicate);

export function questionsPage(
  view: PinnedView,
  which: QuestionsInput["which"],
  evaluatedAtMs: number,
  page: PageAsked,
): ListPage<QuestionFacts> {
  const { snapshot } = view;
  switch (which.kind) {
    case "concept": {
      const stored = conceptQuestions(view, which.conceptPath, evaluatedAtMs, page);
      return paged(stored, page, factsOf, factsBytes);
    }
    case "prefix": {
      const stored = snapshot.questions({ prefix: which.prefix, ...pageOf(page) });
      return paged(stored, page, factsOf, factsBytes);
    }
    case "most_contested": {
      const stored = snapshot.contested({ prefix: which.prefix, ...pageOf(page) });
      return paged(stored, page, factsOf, factsBytes);
    }
    case "most_recent":
      return paged(snapshot.recent(pageOf(page)), page, factsOf, factsBytes);
  }
}

/** Of a concept under all its names. */
function conceptQuestions(
  view: PinnedView,
  conceptPath: string,
  evaluatedAtMs: number,
  { behind, rowsMax }: PageAsked,
): readonly Keyed<QuestionFacts>[] {
  const rows: Keyed<QuestionFacts>[] = [];
  let place: Uint8Array | undefined = behind;
  while (place !== undefined && rows.length <= rowsMax) {
    const { units, until }: Units = unitsBehind(view, { kind: "concept", conceptPath }, place);
    for (const { question, place: key } of units) {
      const found = findQuestion(view.snapshot, view.world.world, question);
      const [first] = found.stored;
      if (first === undefined) continue;
      const facts = found.stored.length === 1 ? first : mergedFacts(view, found, evaluatedAtMs);
      rows.push({ ...factsOf(facts), ...question, key });
    }
    place = until;
  }
  return rows;
}

const undecayed: LensParameters = { decay: "none" };

/** Of a question that is written under several names: each name's facts tell a part. */
function mergedFacts(view: PinnedView, found: FoundQuestion, evaluatedAtMs: number): QuestionFacts {
  const { stored, claimCount } = found;
  let latest = 0n;
  for (const one of stored) if (one.latest > latest) latest = one.latest;
  const parts = { ...found.subject, claimCount, latest };
  if (claimCount > claimsInTurnMax) {
    const conflictMillionths = Math.max(...stored.map((one) => one.conflictMillionths));
    const valueCount = Math.max(...stored.map((one) => one.valueCount));
    return { ...parts, conflictMillionths, valueCount };
  }
  const history = historyOf(view.snapshot, found);
  const parameters = undecayed;
  const { world } = view.world;
  const input = { history, world, outcomes: [], parameters, cut: view.cut, evaluatedAtMs };
  const rulings = weigh(input).map((weighed) => rule("skeptic", weighed));
  return {
    ...parts,
    conflictMillionths: Math.max(...rulings.map((one) => one.conflictMillionths)),
    valueCount: rulings.reduce((sum, { values }) => {
      return sum + values.filter((one) => one.supportMillionths > 0).length;
    }, 0),
  };
}

export function sourcesPage(
  view: PinnedView,
  { sourceId }: SourcesInput,
  page: PageAsked,
): ListPage<SourceFacts> {
  const { snapshot, world } = view;
  if (sourceId !== undefined) {
    const only = snapshot.source(sourceId);
    return { rows: only === undefined ? [] : [sourceOf(only, world)] };
  }
  return paged(
    snapshot.sources(pageOf(page)),
    page,
    (one) => sourceOf(one, world),
    (row) =>
      textBytes(row.sourceId) + (row.record?.length ?? 0) + textBytes(row.retractionReason ?? ""),
  );
}

function sourceOf(stored: StoredSource, folded: FoldedWorld): SourceFacts {
  const { sourceId, claimCount, sourceClass, record } = stored;
  const retraction = folded.world.sourceRetracted(sourceId);
  const reason = retraction === undefined ? undefined : reasonOf(folded, retraction);
  return {
    sourceId,
    claimCount,
    ...(sourceClass === undefined ? {} : { sourceClass }),
    ...(record === undefined ? {} : { record }),
    isRetracted: retraction !== undefined,
    ...(reason === undefined ? {} : { retractionReason: reason }),
  };
}

function reasonOf({ source }: FoldedWorld, id: Uint8Array): string | undefined {
  const said = source.records.find((record) => bytesEqual(record.id, id));
  return said?.body.kind === "source_retraction" ? said.body.reason : undefined;
}

export const assertionPlaces = (
  { snapshot }: PinnedView,
  { of, isBackward = false }: AssertionsInput,
  page: PageAsked,
): readonly Keyed<ListedPlace>[] => snapshot.assertionsOf(of, { isBackward, ...pageOf(page) });

/** Reads the entries that a page of places names. */
export async function assertionsPage(
  log: { readonly id: LogId; read(index: number): Promise<Block> },
  places: readonly Keyed<ListedPlace>[],
  page: PageAsked,
): Promise<ListPage<ListedAssertion>> {
  const rows: ListedAssertion[] = [];
  let bytes = 0;
  let block: Block | undefined;
  let last: Uint8Array | undefined;
  for (const { recorded, logId, index, key } of places) {
    if (!bytesEqual(logId, log.id)) throw foreignPlace();
    const isInside =
      block !== undefined && index >= block.firstIndex && index < block.firstIndex + block.count;
    if (block === undefined || !isInside) block = await log.read(index);
    const at = index - block.firstIndex;
    const entry = block.state(at) === "whole" ? new Uint8Array(block.entry(at)) : nothing;
    bytes += rowFixedBytes * 2 + entry.length;
    const isFull = rows.length === page.rowsMax || (bytes > replyBytesMax && rows.length > 0);
    if (isFull && last !== undefined) return { rows, next: last };
    const id = new Uint8Array(idOf(block, at));
    rows.push({ id, position: { logId: log.id, index: toIndex(index) }, recorded, entry });
    last = new Uint8Array(key);
  }
  return { rows };
}

const nothing = new Uint8Array(0);

const foreignPlace = (): Fault =>
  new Fault("VIEWS_DAMAGED", "the views name a log that is not kept here; rebuild them");
