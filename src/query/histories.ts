/** All that was said about a question: under its own path and under its aliases. */
import { comparePlaces } from "../lens/cut.js";
import type { Act, Candidate, QuestionHistory } from "../lens/history.js";
import type { World } from "../lens/world.js";
import type { Question } from "../model/answer.js";
import type { StoredQuestion, ViewSnapshot } from "../views/view-types.js";

/** Where a question's records lie in a snapshot. Used only while the snapshot is. */
export interface FoundQuestion {
  /** By its canonical path. */
  readonly subject: Question;
  readonly stored: readonly StoredQuestion[];
  readonly claimCount: number;
  /** Nobody calls it by another name. */
  readonly isAlone: boolean;
  /** Names that it was searched under. */
  readonly paths: readonly string[];
}

type QuestionSnapshot = Pick<ViewSnapshot, "question" | "redactedCount">;

export function findQuestion(
  snapshot: QuestionSnapshot,
  world: World,
  question: Question,
): FoundQuestion {
  const { predicate } = question;
  const conceptPath = world.canonicalPath(question.conceptPath);
  const paths = world.pathsOf(conceptPath);
  const stored: StoredQuestion[] = [];
  let claimCount = 0;
  for (const path of paths) {
    const one = snapshot.question(path, predicate);
    if (one === undefined) continue;
    stored.push(one);
    claimCount += one.claimCount;
  }
  const subject = conceptPath === question.conceptPath ? question : { conceptPath, predicate };
  return { subject, stored, claimCount, isAlone: paths.length === 1, paths };
}

export function historyOf(snapshot: QuestionSnapshot, found: FoundQuestion): QuestionHistory {
  const records = mergeRecords(found.stored.map((one) => one.records()));
  return { ...found.subject, ...records, redactedCount: redactedCountOf(snapshot, found) };
}

export function redactedCountOf(snapshot: QuestionSnapshot, found: FoundQuestion): number {
  const { predicate } = found.subject;
  return found.paths.reduce((sum, path) => sum + snapshot.redactedCount(path, predicate), 0);
}

interface Records {
  readonly candidates: readonly Candidate[];
  readonly acts: readonly Act[];
}

/** In canonical order. */
export function mergeRecords(parts: readonly Records[]): Records {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  return {
    candidates: parts.flatMap(({ candidates }) => candidates).sort(comparePlaces),
    acts: parts.flatMap(({ acts }) => acts).sort(comparePlaces),
  };
}
