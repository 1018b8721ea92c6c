/**
 * The acts on a question's claims that have no effect, and why. The rules are those of acts.ts,
 * which asks what has one; a vote that was overtaken by a later one of its voice has none either.
 */
import { claimsExplainedMax, type Ineffective } from "../model/answer.js";
import type { WeighedClaim } from "./claim.js";
import type { WeighInput } from "./fates.js";
import type { Act } from "./history.js";
import { keyOf } from "./keys.js";
import { authorVoice } from "./voices.js";

/** In canonical order; at most `claimsExplainedMax`. */
export function ineffectiveActs(
  input: WeighInput,
  claims: readonly WeighedClaim[],
): readonly Ineffective[] {
  const { acts } = input.history;
  if (acts.length === 0) return [];
  const targets = new Map(claims.map((claim) => [keyOf(claim.candidate.id), claim]));
  const votes = new Map<string, Act>();
  const reasons = new Map<Act, string>();
  for (const act of acts) {
    const key = keyOf(act.target);
    const target = targets.get(key);
    if (target === undefined || !input.cut.includes(act)) continue;
    const reason = reasonAgainst(act, target, input);
    if (reason !== undefined) reasons.set(act, reason);
    if (reason !== undefined || !isVote(act)) continue;
    const ballot = key + input.world.voiceOf(act, act.path);
    const earlier = votes.get(ballot);
    votes.set(ballot, act);
    if (earlier === undefined) continue;
    reasons.set(earlier, `has no effect: its voice said something else of the claim later`);
  }
  return acts
    .flatMap(({ id, kind }, at) => {
      const sentence = reasons.get(acts[at] as Act);
      return sentence === undefined ? [] : [{ id, kind, sentence }];
    })
    .slice(0, claimsExplainedMax);
}

const isVote = ({ kind }: Act): boolean => kind === "vote" || kind === "endorsement";

function reasonAgainst(act: Act, target: WeighedClaim, input: WeighInput): string | undefined {
  const { world } = input;
  const { conceptPath } = target.candidate;
  const author = authorVoice(act.author);
  if (act.path !== conceptPath) {
    return `has no effect: it names the path ${act.path}, and its claim is about ${conceptPath}`;
  }
  if (world.rights.revocationOf(author, act.recorded)) {
    return "has no effect: its author's key was revoked before it was recorded";
  }
  if (isVote(act) || world.voiceOf(act, act.path) === target.ownVoice) return undefined;
  if (act.kind === "retraction") {
    return "has no effect: only the voice that made a claim takes it back";
  }
  if (world.rights.isCurator(author, act.recorded, act.path)) return undefined;
  return "has no effect: only the voice that made a claim, or a curator, replaces it";
}
