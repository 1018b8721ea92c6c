/**
 * Work that needs all of a history at once: explanations, differences, and the rules below a
 * concept. Small work is done in the turn that read it, large work on a thread of its own.
 */
import { nextTurn } from "../host/clock.js";
import { assert } from "../invariant/assert.js";
import type { Answer, AnswerDifference, Explanation, Question } from "../model/answer.js";
import { Fault } from "../model/fault.js";
import {
  type CopiedQuestion,
  type Copy,
  type CopyParts,
  copyQuestion,
  decodeCopied,
} from "./copied-question.js";
import { cancelled } from "./freshness.js";
import { outcomesInTurns } from "./outcomes.js";
import type { PinnedReads } from "./pinned-reads.js";
import { type Units, unitsBehind } from "./subjects.js";
import { type ReadingAsked, voicesOf, type Work, type WorkResult } from "./weigh-job.js";
import type { WeighPool } from "./weigh-pool.js";
import { weighWork } from "./weighing.js";
import type { FoldedWorld } from "./worlds.js";

/** Claims that rules may rest on below one concept. */
const constraintClaimsMax = 10_000;
/**
 * Claims of a question that is explained in the turn it is read in: an explanation weighs them
 * again without each author and each source.
 */
const claimsExplainedInTurnMax = 50;
const claimsComparedInTurnMax = 1_000;

/** A reading, whose limits and world are those of a read. */
export type ReadingWanted = Pick<ReadingAsked, "lens" | "parameters" | "evaluatedAtMs">;

export interface WorkParts extends Omit<CopyParts, "reads"> {
  readonly pool: WeighPool;
  readonly needsTrust: boolean;
}

/** What is to be done, before it is decided where. */
interface WholeJob {
  readonly work: Work;
  readonly questions: readonly CopiedQuestion[];
  readonly worlds: readonly FoldedWorld[];
  readonly isLarge: boolean;
}

export async function explainQuestion(
  reads: PinnedReads,
  question: Question,
  wanted: ReadingWanted,
  parts: WorkParts,
): Promise<Explanation> {
  const copied = await copyQuestion({ reads, ...parts }, question);
  const work: Work = { kind: "explain", reading: readingOf(wanted, copied) };
  const isLarge = copied.claimCount > claimsExplainedInTurnMax;
  const job = { work, questions: [copied.question], worlds: [copied.world], isLarge };
  return (await done(reads, job, parts)) as Explanation;
}

/** Compares two moments of one question. Both readings are of what the later one may see. */
export async function compareQuestion(
  from: { readonly reads: PinnedReads; readonly wanted: ReadingWanted },
  to: { readonly reads: PinnedReads; readonly wanted: ReadingWanted },
  question: Question,
  parts: WorkParts,
): Promise<AnswerDifference> {
  const later = await copyQuestion({ ...parts, reads: to.reads }, question);
  const earlier = await copyQuestion({ ...parts, reads: from.reads }, question);
  const work: Work = {
    kind: "compare",
    reading: readingOf(from.wanted, earlier),
    to: readingOf(to.wanted, later),
  };
  const claimCount = earlier.claimCount + later.claimCount;
  const isLarge = claimCount > claimsComparedInTurnMax;
  // Where aliases did not change between the moments, one history holds both.
  const isSame = earlier.paths.join("\0") === later.paths.join("\0");
  const questions = isSame ? [later.question] : [earlier.question, later.question];
  const job = { work, questions, worlds: [earlier.world, later.world], isLarge };
  return (await done(to.reads, job, parts)) as AnswerDifference;
}

/** The rules at and below a concept. */
export async function constraintsBelow(
  reads: PinnedReads,
  asked: string,
  wanted: ReadingWanted,
  parts: WorkParts,
): Promise<Answer> {
  const questions: CopiedQuestion[] = [];
  let claimCount = 0;
  for (const predicate of ["must_use", "forbidden"] as const) {
    const subject = { kind: "prefix", prefix: asked, predicate } as const;
    let place: Uint8Array | undefined = new Uint8Array(0);
    while (place !== undefined) {
      const behind: Uint8Array = place;
      const { units, until }: Units = reads.read((view) => unitsBehind(view, subject, behind));
      for (const { question } of units) {
        const copy = await copyQuestion({ reads, ...parts }, question);
        claimCount += copy.claimCount;
        if (claimCount > constraintClaimsMax) throw tooMany(asked);
        questions.push(copy.question);
      }
      place = until;
      await nextTurn();
      if (parts.signal.aborted) throw cancelled(parts.signal.reason);
    }
  }
  const { limits, world, conceptPath } = reads.read((view) => ({
    limits: view.limits,
    world: view.world,
    conceptPath: view.world.world.canonicalPath(asked),
  }));
  const work: Work = {
    kind: "constraints",
    reading: readingOf(wanted, { limits, world }),
    conceptPath,
  };
  const isLarge = claimCount > claimsComparedInTurnMax;
  return (await done(reads, { work, questions, worlds: [world], isLarge }, parts)) as Answer;
}

const readingOf = (
  wanted: ReadingWanted,
  { limits, world }: Pick<Copy, "limits" | "world">,
): ReadingAsked => ({ ...wanted, limits, worldKey: world.source.key });

async function done(reads: PinnedReads, whole: WholeJob, parts: WorkParts): Promise<WorkResult> {
  const { work, questions } = whole;
  const { pool, signal, needsTrust } = parts;
  if (whole.isLarge) {
    const worlds = whole.worlds.map(({ source }) => source);
    const job = { work, questions, worlds, needsTrust };
    return pool.run(job, (voices) => outcomesInTurns(reads, voices), signal);
  }
  const histories = questions.map(decodeCopied);
  const outcomes = needsTrust ? await outcomesInTurns(reads, voicesOf(histories)) : [];
  const worldOf = ({ worldKey }: ReadingAsked) => {
    const folded = whole.worlds.find(({ source }) => source.key === worldKey);
    assert(folded !== undefined, "a job brings its worlds");
    return folded.world;
  };
  return weighWork(work, { histories, outcomes, worldOf });
}

function tooMany(conceptPath: string): Fault {
  const message = `too many claims make rules below ${conceptPath}; ask further down`;
  const limit = `a concept with at most ${constraintClaimsMax} claims of rules below it`;
  return new Fault("ARGUMENT_INVALID", message, {
    field: "concept_path",
    limit,
    value: conceptPath,
  });
}
