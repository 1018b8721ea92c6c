/**
 * Answers from the wire to plain values: the opposite of the node's rpc/answer-bytes.ts.
 *
 * What a newer node may say and this client has no word for is MESSAGE_MALFORMED: an answer half
 * understood is none.
 */
import {
  type Answer,
  type Basis,
  type Constraint,
  type Decay,
  type LensName,
  type LensParameters,
  lensNames,
  type Moment,
  recencyTimes,
  type Support,
  type SupportingClaim,
  statuses,
  type TierAnswer,
  voicesKinds,
} from "../model/answer.js";
import { lifecycles, polarities, sourceClasses, type Value } from "../model/entry.js";
import { Fault } from "../model/fault.js";
import {
  type Answer as WireAnswer,
  type Basis as WireBasis,
  type SupportingClaim as WireClaim,
  type Constraint as WireConstraint,
  Decay as WireDecay,
  type Moment as WireMoment,
  type LensParameters as WireParameters,
  type Support as WireSupport,
  type TierAnswer as WireTier,
} from "../wire/steme/v1/query_service.js";
import { exactOf, positionOf } from "./wire-position.js";
import { modelValueOf } from "./wire-value.js";

export const missing = (what: string): Fault =>
  new Fault("MESSAGE_MALFORMED", `the node's answer lacks its ${what}`);

/** The name of an enum's number. */
export function nameOf<Name extends string>(names: readonly Name[], number: number): Name {
  const name = names[number - 1];
  if (name !== undefined) return name;
  const message = "the node's answer has a word that this client does not know; use a newer one";
  throw new Fault("MESSAGE_MALFORMED", message, { number, known: names.join(", ") });
}

export function basisOf(basis: WireBasis | undefined): Basis {
  if (basis === undefined) throw missing("basis");
  const { asOf, settled } = basis;
  return {
    lens: nameOf(lensNames, basis.lens),
    lensVersion: basis.lensVersion,
    parameters: parametersOf(basis.parameters),
    frontier: basis.frontier,
    evaluatedAtMs: exactOf(basis.evaluatedAtMs),
    ...(asOf === undefined ? {} : { asOf: momentOf(asOf) }),
    ...(settled === undefined ? {} : { settled }),
  };
}

function parametersOf(wire: WireParameters | undefined): LensParameters {
  if (wire === undefined) throw missing("parameters");
  return {
    decay: decayOf(wire),
    lifecycles: wire.lifecycles.map((number) => nameOf(lifecycles, number)),
    ...(wire.voices === 0 ? {} : { voices: nameOf(voicesKinds, wire.voices) }),
    ...(wire.recencyTime === 0 ? {} : { recencyTime: nameOf(recencyTimes, wire.recencyTime) }),
    confidenceMillionthsMin: wire.confidenceMillionthsMin,
    trustMillionthsMin: wire.trustMillionthsMin,
    ...(wire.epoch === undefined ? {} : { epoch: wire.epoch }),
    ...(wire.validAtMs === undefined ? {} : { validAtMs: exactOf(wire.validAtMs) }),
    ...(wire.authorsIn.length === 0 ? {} : { authorsIn: wire.authorsIn }),
    ...(wire.authorsOut.length === 0 ? {} : { authorsOut: wire.authorsOut }),
    ...(wire.sourcesIn.length === 0 ? {} : { sourcesIn: wire.sourcesIn }),
    ...(wire.sourcesOut.length === 0 ? {} : { sourcesOut: wire.sourcesOut }),
    ...(wire.claimsOut.length === 0 ? {} : { claimsOut: wire.claimsOut }),
    ...(wire.classes.length === 0
      ? {}
      : { classes: wire.classes.map((number) => nameOf(sourceClasses, number)) }),
  };
}

function decayOf({ decay, halfLifeMs }: WireParameters): Decay {
  if (decay === WireDecay.NONE) return "none";
  return decay === WireDecay.HALF_LIFE ? { halfLifeMs: exactOf(halfLifeMs) } : "class";
}

function momentOf({ at }: WireMoment): Moment {
  switch (at?.$case) {
    case undefined:
      throw missing("moment");
    case "position":
      return { kind: "position", position: positionOf(at.value) };
    case "frontier":
      return { kind: "frontier", frontier: at.value };
    case "recordedMs":
      return { kind: "recorded", recordedMs: exactOf(at.value) };
  }
}

/** `lens` says which parts an answer has even where they are empty. */
export function answerOf(wire: WireAnswer, lens: LensName): Answer {
  if (wire.counts === undefined) throw missing("counts");
  const isLayered = lens === "layered";
  const { tiersConflictMillionths } = wire;
  return {
    conceptPath: wire.conceptPath,
    predicate: wire.predicate,
    ...winnerOf(wire.winner),
    confidenceMillionths: wire.confidenceMillionths,
    conflictMillionths: wire.conflictMillionths,
    status: nameOf(statuses, wire.status),
    supports: wire.supports.map(supportOf),
    valueCount: wire.valueCount,
    counts: { ...wire.counts },
    ...(isLayered ? { tiers: wire.tiers.map(tierOf), tiersConflictMillionths } : {}),
    ...(wire.withoutVotes ? { isWithoutVotes: true } : {}),
    ...(lens === "constraints" ? { constraints: wire.constraints.map(constraintOf) } : {}),
    ...(wire.manyValued ? { isManyValued: true } : {}),
  };
}

export const winnerOf = (
  winner: Parameters<typeof modelValueOf>[0],
): { readonly winner?: Value } => (winner === undefined ? {} : { winner: modelValueOf(winner) });

const supportOf = (wire: WireSupport): Support => ({
  value: modelValueOf(wire.value),
  supportMillionths: exactOf(wire.supportMillionths),
  claimCount: wire.claimCount,
  voiceCount: wire.voiceCount,
  claims: wire.claims.map(claimOf),
});

const tierOf = (wire: WireTier): TierAnswer => ({
  sourceClass: nameOf(sourceClasses, wire.sourceClass),
  ...winnerOf(wire.winner),
  confidenceMillionths: wire.confidenceMillionths,
  conflictMillionths: wire.conflictMillionths,
  status: nameOf(statuses, wire.status),
  supports: wire.supports.map(supportOf),
});

function constraintOf(wire: WireConstraint): Constraint {
  const { sourceClass } = wire;
  return {
    predicate: wire.predicate === "must_use" ? "must_use" : "forbidden",
    conceptPath: wire.conceptPath,
    value: modelValueOf(wire.value),
    holds: wire.holds,
    isContradicted: wire.contradicted,
    ...(sourceClass === 0 ? {} : { sourceClass: nameOf(sourceClasses, sourceClass) }),
    confidenceMillionths: wire.confidenceMillionths,
    conflictMillionths: wire.conflictMillionths,
    status: nameOf(statuses, wire.status),
    claims: wire.claims.map(claimOf),
  };
}

export function claimOf(wire: WireClaim | undefined): SupportingClaim {
  if (wire?.position === undefined) throw missing("claim");
  return {
    id: wire.id,
    position: positionOf(wire.position),
    recorded: wire.hybridTime,
    author: wire.author,
    ...(wire.onBehalfOf === undefined ? {} : { onBehalfOf: wire.onBehalfOf }),
    sourceId: wire.sourceId,
    sourceClass: nameOf(sourceClasses, wire.sourceClass),
    polarity: nameOf(polarities, wire.polarity),
    confidenceMillionths: wire.confidenceMillionths,
    weightMillionths: exactOf(wire.weightMillionths),
    assertedMs: exactOf(wire.assertedMs),
  };
}
