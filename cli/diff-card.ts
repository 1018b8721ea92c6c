/** The difference between two moments as a person reads it. Pure. */
import type { Answer, Basis, ClaimChange, Fate } from "../src/model/answer.js";
import { toHex } from "../src/model/hex.js";
import type { DiffResult } from "../src/model/query.js";
import { behindWords, headline, questionLine } from "./answer-card.js";
import { labelled } from "./answer-parts.js";
import { basisWords, counted, lensWords, shortValue, weightText, whoText } from "./answer-words.js";
import type { Style } from "./output.js";
import type { Sheet } from "./sheet.js";
import { cut, padTo } from "./text-width.js";

const changesShownMax = 40;
const answersShownMax = 8;
const indent = "  ";

const fateText = (fate: Fate): string => fate.replaceAll("_", " ");

/** What became of the claim between the moments. */
function changeText({ before, after, ...weights }: ClaimChange): string {
  if (before === undefined) return after === "considered" ? "new" : `new, ${fateText(after)}`;
  if (before !== after) return `${fateText(before)} -> ${fateText(after)}`;
  const { weightBeforeMillionths: from, weightAfterMillionths: to } = weights;
  if (from === to) return fateText(after);
  return Math.abs(from) > Math.abs(to) ? "weighs less" : "weighs more";
}

function changeStyle({ weightBeforeMillionths, weightAfterMillionths }: ClaimChange): Style {
  const gain = Math.abs(weightAfterMillionths) - Math.abs(weightBeforeMillionths);
  return gain > 0 ? "green" : gain < 0 ? "red" : "dim";
}

function changeLines(sheet: Sheet, change: ClaimChange): string[] {
  const { claim, value, weightBeforeMillionths, weightAfterMillionths } = change;
  const from = weightText(weightBeforeMillionths);
  const to = weightText(weightAfterMillionths);
  const weight = from === to ? to : `${from} -> ${to}`;
  const head = `${shortValue(value, 24)}  ${changeText(change)}  ${weight}`;
  const id = toHex(claim.id.subarray(0, 6));
  return [
    indent + sheet.paint(changeStyle(change), cut(head, sheet.width - indent.length)),
    `${indent}${indent}${sheet.paint("cyan", cut(`${id}  ${whoText(claim)}`, sheet.width - 4))}`,
  ];
}

function momentLines(
  sheet: Sheet,
  label: string,
  answers: readonly Answer[],
  basis: Basis,
): string[] {
  const shown = answers.slice(0, answersShownMax);
  const columns = 6;
  const heads = shown.length === 0 ? ["no answer"] : shown.map((one) => headline(sheet, one));
  const more = answers.length - shown.length;
  return [
    ...heads.map((head, i) => `${indent}${padTo(i === 0 ? label : "", columns)}${head}`),
    ...(more > 0 ? [`${indent}${" ".repeat(columns)}and ${counted(more, "more value")}`] : []),
    `${indent}${" ".repeat(columns)}${sheet.paint("dim", cut(basisWords(basis), sheet.width - 8))}`,
  ];
}

/** Lines without line breaks. */
export function diffCard(
  sheet: Sheet,
  question: { readonly conceptPath: string; readonly predicate: string },
  difference: DiffResult,
): readonly string[] {
  const { from, to, fromBasis, toBasis, changes, winnerChanged, isBehind } = difference;
  const verdict = winnerChanged
    ? sheet.paint("yellow", "another answer")
    : sheet.paint("green", "the same winner");
  const shown = changes.slice(0, changesShownMax);
  const more = changes.length - shown.length;
  const line = questionLine(sheet, question.conceptPath, question.predicate);
  return [
    line,
    `${verdict}, ${counted(changes.length, "claim")} changed`,
    "",
    ...momentLines(sheet, "from", from, fromBasis),
    ...momentLines(sheet, "to", to, toBasis),
    "",
    ...shown.flatMap((change) => changeLines(sheet, change)),
    ...(more > 0 ? [`${indent}and ${counted(more, "more change")}: --json shows them`] : []),
    ...(shown.length === 0 ? [] : [""]),
    ...labelled(sheet, "lens", lensWords(toBasis)),
    ...(isBehind ? labelled(sheet, "behind", behindWords) : []),
  ];
}
