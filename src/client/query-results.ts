/** What the query service answers, message by message, as plain values. */
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
import {
  DiffResponse,
  ExplainResponse,
  ListAssertionsResponse,
  ListConceptsResponse,
  ListQuestionsResponse,
  ListSourcesResponse,
  QueryResponse,
  type ClaimChange as WireChange,
  type ClaimExplanation as WireClaim,
  type Counterfactual as WireCounterfactual,
  type Ineffective as WireIneffective,
  type SourceFacts as WireSource,
} from "../wire/steme/v1/query_service.js";
import { answerOf, basisOf, claimOf, missing, nameOf, winnerOf } from "./query-answers.js";
import { exactOf, positionOf } from "./wire-position.js";
import { modelValueOf } from "./wire-value.js";

export function queryResult(bytes: Uint8Array): QueryResult {
  const wire = QueryResponse.decode(bytes);
  const basis = basisOf(wire.basis);
  return {
    basis,
    answers: wire.answers.map((answer) => answerOf(answer, basis.lens)),
    ...cursorOf(wire.nextCursor),
    isBehind: wire.behind,
    queryId: wire.queryId,
  };
}

export function explainResult(bytes: Uint8Array): ExplainResult {
  const wire = ExplainResponse.decode(bytes);
  const basis = basisOf(wire.basis);
  return {
    basis,
    answers: wire.answers.map((answer) => answerOf(answer, basis.lens)),
    claims: wire.claims.map(claimExplanationOf),
    claimCount: wire.claimCount,
    counterfactuals: wire.counterfactuals.map(counterfactualOf),
    turningSet: wire.turningSet,
    isTurningSetSmallest: wire.turningSetSmallest,
    ineffective: wire.ineffective.map(ineffectiveOf),
    summary: wire.summary,
    isBehind: wire.behind,
  };
}

export function diffResult(bytes: Uint8Array): DiffResult {
  const wire = DiffResponse.decode(bytes);
  const fromBasis = basisOf(wire.fromBasis);
  const toBasis = basisOf(wire.toBasis);
  return {
    fromBasis,
    toBasis,
    from: wire.from.map((answer) => answerOf(answer, fromBasis.lens)),
    to: wire.to.map((answer) => answerOf(answer, toBasis.lens)),
    changes: wire.changes.map(changeOf),
    winnerChanged: wire.winnerChanged,
    isBehind: wire.behind,
  };
}

export function conceptsResult(bytes: Uint8Array): Listing<Concept> {
  const wire = ListConceptsResponse.decode(bytes);
  const rows = wire.concepts.map((concept) => ({
    ...concept,
    claimCount: exactOf(concept.claimCount),
  }));
  return listingOf(rows, wire);
}

export function questionsResult(bytes: Uint8Array): Listing<QuestionFacts> {
  const wire = ListQuestionsResponse.decode(bytes);
  const rows = wire.questions.map(({ latestHybridTime: latest, ...facts }) => ({
    ...facts,
    claimCount: exactOf(facts.claimCount),
    latest,
  }));
  return listingOf(rows, wire);
}

export function assertionsResult(bytes: Uint8Array): Listing<ListedAssertion> {
  const wire = ListAssertionsResponse.decode(bytes);
  const rows = wire.assertions.map(({ id, position, hybridTime, entry }) => {
    if (position === undefined) throw missing("position");
    return { id, position: positionOf(position), recorded: hybridTime, entry };
  });
  return listingOf(rows, wire);
}

export function sourcesResult(bytes: Uint8Array): Listing<SourceFacts> {
  const wire = ListSourcesResponse.decode(bytes);
  return listingOf(wire.sources.map(sourceOf), wire);
}

function listingOf<Row>(
  rows: readonly Row[],
  wire: { readonly nextCursor: Buffer; readonly frontier: Buffer; readonly behind: boolean },
): Listing<Row> {
  const { frontier, behind } = wire;
  return { rows, ...cursorOf(wire.nextCursor), frontier, isBehind: behind };
}

const cursorOf = (cursor: Buffer): { readonly nextCursor?: Uint8Array } =>
  cursor.length === 0 ? {} : { nextCursor: cursor };

const claimExplanationOf = (wire: WireClaim): ClaimExplanation => ({
  claim: claimOf(wire.claim),
  value: modelValueOf(wire.value),
  fate: nameOf(fates, wire.fate),
  ...(wire.fateEntry === undefined ? {} : { fateEntry: wire.fateEntry }),
  sentence: wire.sentence,
  decayMillionths: wire.decayMillionths,
  ...(wire.trustMillionths === undefined ? {} : { trustMillionths: wire.trustMillionths }),
});

function counterfactualOf(wire: WireCounterfactual): Counterfactual {
  const { without } = wire;
  if (without === undefined) throw missing("counterfactual");
  return {
    without:
      without.$case === "author"
        ? { kind: "author", author: without.value }
        : { kind: "source", sourceId: without.value },
    ...winnerOf(wire.winner),
    confidenceMillionths: wire.confidenceMillionths,
    status: nameOf(statuses, wire.status),
    turns: wire.turns,
  };
}

function ineffectiveOf({ id, kind, sentence }: WireIneffective): Ineffective {
  switch (kind as number) {
    case bodyKinds.retraction:
      return { id, kind: "retraction", sentence };
    case bodyKinds.supersession:
      return { id, kind: "supersession", sentence };
    case bodyKinds.vote:
      return { id, kind: "vote", sentence };
    default:
      return { id, kind: "endorsement", sentence };
  }
}

const changeOf = (wire: WireChange): ClaimChange => ({
  claim: claimOf(wire.claim),
  value: modelValueOf(wire.value),
  ...(wire.before === undefined ? {} : { before: nameOf(fates, wire.before) }),
  after: nameOf(fates, wire.after),
  weightBeforeMillionths: exactOf(wire.weightBeforeMillionths),
  weightAfterMillionths: exactOf(wire.weightAfterMillionths),
});

const sourceOf = (wire: WireSource): SourceFacts => ({
  sourceId: wire.sourceId,
  claimCount: exactOf(wire.claimCount),
  ...(wire.sourceClass === 0 ? {} : { sourceClass: nameOf(sourceClasses, wire.sourceClass) }),
  ...(wire.record.length === 0 ? {} : { record: wire.record }),
  isRetracted: wire.retracted,
  ...(wire.retractionReason === "" ? {} : { retractionReason: wire.retractionReason }),
});
