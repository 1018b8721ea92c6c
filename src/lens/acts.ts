/**
 * What was done to the claims of a question: which of its acts have an effect.
 *
 * An act counts if it names its target's path as the target wrote it and its author was not revoked
 * when it was recorded. A retraction takes the target's own voice; a supersession that, or a
 * curator; a vote takes nobody in particular, and of each voice its latest on a claim counts. Acts
 * may stand before their targets.
 */
import { assert } from "../invariant/assert.js";
import type { EntryId } from "../model/position.js";
import { comparePlaces } from "./cut.js";
import type { Act, Candidate, Cut } from "./history.js";
import { keyOf } from "./keys.js";
import { authorVoice } from "./voices.js";
import type { World } from "./world.js";

/** A claim, and who may take it back. */
export interface Target {
  readonly candidate: Candidate;
  readonly ownVoice: string;
}

/** By targets' keys (keys.ts): the first entry that did it. */
export interface Effects {
  readonly retracted: ReadonlyMap<string, EntryId>;
  readonly superseded: ReadonlyMap<string, EntryId>;
  /** Of each claim what each voice said last, in millionths. */
  readonly votes: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

interface Acting {
  /** In canonical order. */
  readonly acts: readonly Act[];
  readonly targets: ReadonlyMap<string, Target>;
  readonly world: World;
  readonly cut: Cut;
}

export function effectsOf({ acts, targets, world, cut }: Acting): Effects {
  const retracted = new Map<string, EntryId>();
  const superseded = new Map<string, EntryId>();
  const votes = new Map<string, Map<string, number>>();
  let last: Act | undefined;
  for (const act of acts) {
    assert(last === undefined || comparePlaces(last, act) < 0, "acts stand in canonical order");
    last = act;
    if (!cut.includes(act)) continue;
    const key = keyOf(act.target);
    const target = targets.get(key);
    if (target === undefined || target.candidate.conceptPath !== act.path) continue;
    const author = authorVoice(act.author);
    if (world.rights.revocationOf(author, act.recorded)) continue;
    const voice = world.voiceOf(act, act.path);
    switch (act.kind) {
      case "retraction":
        if (voice === target.ownVoice && !retracted.has(key)) retracted.set(key, act.id);
        break;
      case "supersession":
        if (superseded.has(key)) break;
        if (voice === target.ownVoice || world.rights.isCurator(author, act.recorded, act.path)) {
          superseded.set(key, act.id);
        }
        break;
      default: {
        const said = votes.get(key) ?? new Map<string, number>();
        votes.set(key, said.set(voice, act.weightMillionths));
      }
    }
  }
  return { retracted, superseded, votes };
}
