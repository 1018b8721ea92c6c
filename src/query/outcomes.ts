/** What was said about the trust in the voices of claims: asked for once per voice. */
import { nextTurn } from "../host/clock.js";
import { comparePlaces } from "../lens/cut.js";
import type { Candidate, OutcomeSaid, QuestionHistory } from "../lens/history.js";
import { keyOf } from "../lens/keys.js";
import type { ViewSnapshot } from "../views/view-types.js";
import type { PinnedReads } from "./pinned-reads.js";
import { claimsOfVoices } from "./weigh-job.js";

/** Voices that are looked up before others have their turn. */
const voicesInTurnMax = 500;

export const outcomesOf = (
  snapshot: Pick<ViewSnapshot, "outcomesFor">,
  histories: readonly QuestionHistory[],
): readonly OutcomeSaid[] => snapshot.outcomesFor(claimsOfVoices(histories));

/** The same for many voices, a few at a time; in canonical order, each once. */
export async function outcomesInTurns(
  reads: PinnedReads,
  claims: readonly Candidate[],
): Promise<readonly OutcomeSaid[]> {
  const found = new Map<string, OutcomeSaid>();
  for (let start = 0; start < claims.length; start += voicesInTurnMax) {
    if (start > 0) await nextTurn();
    const some = claims.slice(start, start + voicesInTurnMax);
    for (const outcome of reads.read(({ snapshot }) => snapshot.outcomesFor(some))) {
      found.set(keyOf(outcome.id), outcome);
    }
  }
  return [...found.values()].sort(comparePlaces);
}
