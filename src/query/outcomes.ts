/** What was said about the trust in voices: asked for once per voice. */
import { nextTurn } from "../host/clock.js";
import { comparePlaces } from "../lens/cut.js";
import type { OutcomeSaid } from "../lens/history.js";
import { keyOf } from "../lens/keys.js";
import { publicKeyBytes } from "../model/position.js";
import type { ClaimVoices } from "../views/view-types.js";
import type { PinnedReads } from "./pinned-reads.js";
import type { Voices } from "./weigh-job.js";

/** Voices that are looked up before others have their turn. */
const voicesInTurnMax = 250;

/** In canonical order, each once. */
export async function outcomesInTurns(
  reads: PinnedReads,
  voices: Voices,
): Promise<readonly OutcomeSaid[]> {
  const found = new Map<string, OutcomeSaid>();
  let some: ClaimVoices[] = [];
  const look = () => {
    for (const outcome of reads.read(({ snapshot }) => snapshot.outcomesFor(some))) {
      found.set(keyOf(outcome.id), outcome);
    }
    some = [];
  };
  for (const voice of each(voices)) {
    some.push(voice);
    if (some.length < voicesInTurnMax) continue;
    look();
    await nextTurn();
  }
  if (some.length > 0) look();
  return [...found.values()].sort(comparePlaces);
}

function* each({ authors, onBehalfOf, sourceIds }: Voices): Generator<ClaimVoices> {
  for (let at = 0; at < authors.length; at += publicKeyBytes) {
    yield { author: authors.subarray(at, at + publicKeyBytes) };
  }
  for (const one of onBehalfOf) yield { onBehalfOf: one };
  for (const sourceId of sourceIds) yield { sourceId };
}
