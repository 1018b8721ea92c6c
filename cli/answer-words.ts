/** Answers in words: the sentences and short texts that all cards share. Pure. */
import { formatDurationMs } from "../src/config/index.js";
import {
  type Answer,
  type Basis,
  type LensParameters,
  lifecyclesPreset,
  type Moment,
  type SupportingClaim,
} from "../src/model/answer.js";
import { formatMoment } from "../src/model/calendar.js";
import type { Polarity, Value } from "../src/model/entry.js";
import { decodeFrontier } from "../src/model/frontier.js";
import { toHex } from "../src/model/hex.js";
import { grouped, visible } from "./output.js";
import { valueText } from "./record.js";
import { cut } from "./text-width.js";

const million = 1_000_000;
/** A value inside of a sentence. */
const valueColumnsMax = 40;
const sourceColumnsMax = 32;

/** `0.93`. Only 0 and 1 are shown as 0.00 and 1.00: what is nearly sure is not sure. */
export function shareText(millionths: number): string {
  if (millionths <= 0 || millionths >= million) return (millionths / million).toFixed(2);
  return Math.min(0.99, Math.max(0.01, millionths / million)).toFixed(2);
}

/** `2.85`, `1,204.50`: a sum of shares, which may be negative. */
export function weightText(millionths: number): string {
  const [whole = "0", decimals = "00"] = (Math.abs(millionths) / million).toFixed(2).split(".");
  const sign = millionths < 0 ? "-" : "";
  return `${sign}${grouped(Number(whole))}.${decimals}`;
}

/** A value on one line, cut where it is long. */
export const shortValue = (value: Value, columns = valueColumnsMax): string =>
  cut(visible(valueText(value)), columns);

/** `3 voices`, `1 claim`. */
export const counted = (count: number, noun: string): string =>
  `${grouped(count)} ${noun}${count === 1 ? "" : "s"}`;

/** A name, or the first digits of a key. */
const voiceText = ({ author, onBehalfOf }: SupportingClaim): string =>
  onBehalfOf === undefined ? toHex(author.subarray(0, 4)) : cut(visible(onBehalfOf), 24);

/** A source that is a key is as long as a key. */
export const sourceText = (sourceId: string): string =>
  cut(visible(sourceId.replaceAll(/([0-9a-f]{8})[0-9a-f]{24,}/g, "$1…")), sourceColumnsMax);

/** `caniuse (community) 3fa9c1d2`. */
export function whoText(claim: SupportingClaim): string {
  const denies = claim.polarity === "denies" ? "denied by " : "";
  return `${denies}${sourceText(claim.sourceId)} (${claim.sourceClass}) ${voiceText(claim)}`;
}

/** RFC 3339; plain milliseconds beyond what dates can say. */
const timeText = (ms: number): string =>
  Math.abs(ms) > 8_640_000_000_000_000 ? `${ms} ms` : formatMoment({ ms, ns: 0 });

const shortLog = (logId: Uint8Array): string => `${toHex(logId.subarray(0, 4))}…`;

function momentWords(moment: Moment): string {
  switch (moment.kind) {
    case "position":
      return `entry ${moment.position.index} of log ${shortLog(moment.position.logId)}`;
    case "recorded":
      return timeText(moment.recordedMs);
    case "frontier": {
      const items = decodeFrontier(moment.frontier) ?? [];
      const places = items.map(({ logId, next }) => `${next} of ${shortLog(logId)}`);
      return `the frontier ${cut(places.join(", "), 48)}`;
    }
  }
}

/** `evaluated 2026-…`, `as of …, settled`. */
export function basisWords({ asOf, settled, evaluatedAtMs }: Basis): string {
  const evaluated = `evaluated ${timeText(evaluatedAtMs)}`;
  if (asOf === undefined) return evaluated;
  const state = settled === undefined ? "" : settled ? " (settled)" : " (not settled yet)";
  return `${momentWords(asOf)}${state}, ${evaluated}`;
}

/** What was told to the lens, as far as it is not what it does anyway. */
function parameterWords(parameters: LensParameters): string[] {
  const { decay = "class", lifecycles, validAtMs, voices, recencyTime } = parameters;
  const { confidenceMillionthsMin: sure = 0, trustMillionthsMin: trusted = 0 } = parameters;
  const isPreset =
    lifecycles === undefined ||
    (lifecycles.length === lifecyclesPreset.length &&
      lifecyclesPreset.every((stage) => lifecycles.includes(stage)));
  const keys = (list: readonly Uint8Array[]) =>
    list.map((key) => toHex(key.subarray(0, 4))).join(", ");
  const sources = (list: readonly string[]) => list.map(sourceText).join(", ");
  const { epoch, authorsIn = [], authorsOut = [], sourcesIn = [], sourcesOut = [] } = parameters;
  const { classes = [], claimsOut = [] } = parameters;
  const rows: readonly (readonly [isSaid: boolean, words: string])[] = [
    [decay === "none", "no decay"],
    [typeof decay === "object", `half-life ${halfLifeText(parameters)}`],
    [!isPreset, `only ${(lifecycles ?? []).join(", ")}`],
    [epoch !== undefined, `epoch ${cut(visible(epoch ?? ""), 24)}`],
    [validAtMs !== undefined, `valid at ${timeText(validAtMs ?? 0)}`],
    [voices === "sources", "sources are the voices"],
    [authorsIn.length > 0, `only authors ${keys(authorsIn)}`],
    [authorsOut.length > 0, `without authors ${keys(authorsOut)}`],
    [sourcesIn.length > 0, `only sources ${sources(sourcesIn)}`],
    [sourcesOut.length > 0, `without sources ${sources(sourcesOut)}`],
    [classes.length > 0, `only classes ${classes.join(", ")}`],
    [sure > 0, `confidence at least ${shareText(sure)}`],
    [trusted > 0, `trust at least ${shareText(trusted)}`],
    [recencyTime !== undefined && recencyTime !== "asserted", `by time ${recencyTime}`],
    [claimsOut.length > 0, `without claims ${keys(claimsOut)}`],
  ];
  return rows.filter(([isSaid]) => isSaid).map(([, words]) => words);
}

const dayMs = 86_400_000;

/** `90d`, `12h`. */
function halfLifeText({ decay }: LensParameters): string {
  if (typeof decay !== "object") return "";
  const { halfLifeMs } = decay;
  return halfLifeMs % dayMs === 0 ? `${halfLifeMs / dayMs}d` : formatDurationMs(halfLifeMs);
}

/** `consensus; no decay; only classes expert`. */
export const lensWords = ({ lens, parameters }: Basis): string =>
  [lens, ...parameterWords(parameters)].join("; ");

/** `Of 6 claims 4 count; 2 were revised.` */
function countsSentence({ counts }: Answer): string {
  const { candidates, considered, revised, redacted, ineligible } = counts;
  const parts = [
    ...(revised > 0 ? [`${grouped(revised)} ${revised === 1 ? "was" : "were"} revised`] : []),
    ...(ineligible > 0
      ? [`${grouped(ineligible)} ${ineligible === 1 ? "does" : "do"} not count`]
      : []),
    ...(redacted > 0 ? [`${grouped(redacted)} ${redacted === 1 ? "was" : "were"} erased`] : []),
  ];
  if (candidates === 0 || (considered === 0 && revised + redacted === 0)) return "";
  const rest = parts.length === 0 ? "" : `; ${parts.join(", ")}`;
  if (considered === candidates && rest === "") return "";
  return `Of ${counted(candidates, "claim")} ${grouped(considered)} ${
    considered === 1 ? "counts" : "count"
  }${rest}.`;
}

/** What the confidence of recency says of what came before it. */
function recencySentence(answer: Answer): string {
  const gaps: readonly (readonly [confidence: number, words: string])[] = [
    [1_000_000, "nobody says otherwise"],
    [950_000, "what says otherwise is more than a day older"],
    [800_000, "what says otherwise is more than an hour older"],
    [600_000, "what says otherwise is more than a minute older"],
  ];
  const gap = gaps.find(([confidence]) => answer.confidenceMillionths >= confidence)?.[1];
  return `It was said last; ${gap ?? "what says otherwise is hardly older"}.`;
}

/** `2 voices say so`, `2 voices say so and 1 denies it`. */
function voicesWords(answer: Answer, { parameters }: Basis): string {
  const [best] = answer.supports;
  if (best === undefined) return "nobody says so";
  const { claims, claimCount, voiceCount } = best;
  if (claims.length < claimCount) return `${counted(voiceCount, "voice")} speak of it`;
  const voiceOf = (claim: SupportingClaim): string =>
    parameters.voices === "sources" ? claim.sourceId : (claim.onBehalfOf ?? toHex(claim.author));
  const countOf = (polarity: Polarity): number =>
    new Set(claims.filter((claim) => claim.polarity === polarity).map(voiceOf)).size;
  const [says, denies] = [countOf("affirms"), countOf("denies")];
  const said = `${counted(says, "voice")} ${says === 1 ? "says" : "say"} so`;
  if (denies === 0) return said;
  return `${said} and ${grouped(denies)} ${denies === 1 ? "denies" : "deny"} it`;
}

function shareSentence(answer: Answer, basis: Basis, of: string): string {
  const voices = voicesWords(answer, basis);
  if (answer.valueCount <= 1) return `${voices}, and nothing else is claimed.`;
  return `${voices}, with ${shareText(answer.confidenceMillionths)} of ${of}.`;
}

/** Where as much speaks for another value. */
function tieSentence({ supports }: Answer): string {
  const [best, next] = supports;
  if (best === undefined || next?.supportMillionths !== best.supportMillionths) return "";
  return ` As much speaks for ${shortValue(next.value)}: what was said later wins.`;
}

function winnerSentence(answer: Answer, basis: Basis): string {
  switch (basis.lens) {
    case "recency":
      return recencySentence(answer);
    case "confidence":
      return `The surest of ${counted(answer.counts.considered, "claim")} says so.`;
    case "votes":
      if (answer.isWithoutVotes) {
        return `Nobody voted, so consensus decided: ${shareSentence(answer, basis, "all support")}`;
      }
      return answer.valueCount <= 1
        ? "The votes speak for it, and nothing else is claimed."
        : `It has ${shareText(answer.confidenceMillionths)} of all votes.`;
    case "authority":
      return shareSentence(answer, basis, "all support, weighed by how often voices were right");
    case "layered": {
      const best = answer.tiers?.[0]?.sourceClass;
      const among = best === undefined ? "" : `The best class that speaks is ${best}: `;
      return `${among}${shareSentence(answer, basis, "its support")}`;
    }
    default:
      return shareSentence(answer, basis, "all support");
  }
}

function noWinnerSentence(answer: Answer, { lens }: Basis): string {
  const { candidates, considered, redacted } = answer.counts;
  if (candidates === 0 && redacted === 0) return "Nobody has claimed anything about it.";
  if (candidates === 0)
    return `All that was claimed about it was erased: ${counted(redacted, "claim")}.`;
  if (considered === 0) return `None of ${counted(candidates, "claim")} counts.`;
  if (lens === "skeptic" && answer.status !== "none") {
    return "The skeptic lens lets nothing win: it shows how far claims disagree.";
  }
  return "What speaks against each value weighs as much as what speaks for it.";
}

/** Why the answer is what it is, in a sentence or two. */
export function whyWords(answer: Answer, basis: Basis): string {
  const why =
    answer.winner === undefined
      ? noWinnerSentence(answer, basis)
      : winnerSentence(answer, basis) +
        (basis.lens === "recency" || basis.lens === "skeptic" ? "" : tieSentence(answer));
  const counts = countsSentence(answer);
  return counts === "" ? why : `${why} ${counts}`;
}
