/**
 * What the toy benchmark insists on: ratios between numbers of one run, on one machine.
 *
 * Each is far from what a healthy build shows, so that a busy machine does not break it, and near
 * enough that losing what makes the difference does: the batch's one signature, the lanes, the
 * opening that reads only the last segment, the writer that waits for nobody who reads.
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
    ratioMin: 0.6,
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
