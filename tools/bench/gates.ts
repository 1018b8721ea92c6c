/**
 * What the toy benchmark insists on: ratios between numbers of one run, on one machine.
 *
 * Each is far from what a healthy build shows, so that a busy machine does not break it, and near
 * enough that losing what makes the difference does: the batch's one signature, the lanes, the
 * opening that reads only the last segment, the writer that waits for nobody who reads, the answers
 * that are kept.
 */
export interface ToyFacts {
  /** Entries per second. */
  readonly batches: number;
  readonly singles: number;
  readonly batchesWithStuckSubscriber: number;
  readonly catchUp: number;
  /** Asked for, and delivered, in open loop. */
  readonly openLoopAsked: number;
  readonly openLoopReached: number;
  /** Milliseconds: a log, and one that is eight times as long. */
  readonly openShortMs: number;
  readonly openLongMs: number;
  /** Microseconds per hash of a leaf. */
  readonly lanesUs: number;
  readonly portableUs: number;
  /** Entries that views follow, and that are appended beside them; over `batches`. */
  readonly following: number;
  readonly besideViews: number;
  /** Milliseconds: an answer kept ready, weighed over 1,000 versions, as of a moment; by HTTP. */
  readonly keptMs: number;
  readonly weighedMs: number;
  readonly asOfMs: number;
  readonly httpMs: number;
}

export interface Gate {
  readonly what: string;
  readonly ratioMin: number;
  readonly ratio: (facts: ToyFacts) => number;
}

export const gates: readonly Gate[] = [
  {
    what: "entries/s in batches of 256, over batches of one",
    ratioMin: 4,
    ratio: ({ batches, singles }) => batches / singles,
  },
  {
    what: "appending beside a subscriber that reads nothing, over appending alone",
    ratioMin: 0.5,
    ratio: ({ batches, batchesWithStuckSubscriber }) => batchesWithStuckSubscriber / batches,
  },
  {
    what: "catching up from disk, over appending",
    ratioMin: 0.8,
    ratio: ({ catchUp, batches }) => catchUp / batches,
  },
  {
    what: "open loop at half the rate: receipts in time, over what was asked for",
    ratioMin: 0.9,
    ratio: ({ openLoopAsked, openLoopReached }) => openLoopReached / openLoopAsked,
  },
  {
    what: "opening a log, over opening one eight times as long",
    ratioMin: 0.2,
    ratio: ({ openShortMs, openLongMs }) => openShortMs / openLongMs,
  },
  {
    what: "hashing leaves with node:crypto, over hashing them in lanes",
    ratioMin: 1.2,
    ratio: ({ portableUs, lanesUs }) => portableUs / lanesUs,
  },
  {
    what: "entries that views follow live, over entries appended without views",
    ratioMin: 0.02,
    ratio: ({ following }) => following,
  },
  {
    what: "appending with views that follow, over appending without",
    ratioMin: 0.3,
    ratio: ({ besideViews }) => besideViews,
  },
  {
    what: "an answer that is weighed over 1,000 versions, over one that is kept",
    ratioMin: 1.2,
    ratio: ({ weighedMs, keptMs }) => weighedMs / keptMs,
  },
  {
    what: "an answer now, over one as of a moment",
    ratioMin: 0.4,
    ratio: ({ weighedMs, asOfMs }) => weighedMs / asOfMs,
  },
  {
    what: "an answer by gRPC, over the same by HTTP",
    ratioMin: 0.4,
    ratio: ({ keptMs, httpMs }) => keptMs / httpMs,
  },
];

export interface GateResult {
  readonly gate: Gate;
  readonly ratio: number;
  readonly isPassed: boolean;
}

export const judgeGates = (facts: ToyFacts): readonly GateResult[] =>
  gates.map((gate) => {
    const ratio = gate.ratio(facts);
    return { gate, ratio, isPassed: ratio >= gate.ratioMin };
  });

/** Per gate the measurement that passed, where one of two did. */
export const betterOf = (
  first: readonly GateResult[],
  second: readonly GateResult[],
): readonly GateResult[] =>
  first.map((result, place) => {
    const other = second[place];
    return other?.isPassed === true && !result.isPassed ? other : result;
  });
