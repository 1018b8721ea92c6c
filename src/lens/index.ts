/**
 * `stemedb/lens`: from claims to answers, in any JavaScript engine, a browser's included. Pure: the
 * same input gives the same answer, byte for byte, whoever computes it.
 */
export { compareAnswers } from "./compare.js";
export { resolveConstraints } from "./constraints.js";
export { comparePlaces, cutAtPlace, cutAtSizes, cutAtTime, everything } from "./cut.js";
export { explain } from "./explain.js";
export type { WeighInput } from "./fates.js";
export type {
  Act,
  Candidate,
  Cut,
  OutcomeSaid,
  Place,
  QuestionHistory,
  Said,
  WorldRecord,
  WorldRoot,
} from "./history.js";
export { type Horizon, horizonOf } from "./horizon.js";
export { answerOf, type CandidateOf, type ResolveInput, resolve } from "./resolve.js";
export { lensVersion, type RulingLens, rule } from "./rule.js";
export type { RuledClaim, RuledTier, RuledValue, Ruling } from "./ruling.js";
export { type Weighed, weigh } from "./weigh.js";
export { World } from "./world.js";
