/**
 * An answer as a person reads it. Pure.
 *
 *     web/feature/grid/chrome  supported_since
 *     57  confidence 0.93, agreed
 *
 *       57  ████████████████████████████████████████████  2.85  3 voices
 *         caniuse (community) 3fa9c1d2; mdn (expert) 0ffa1c47; and 1 more
 *       58  ███░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░  0.20  1 voice
 *         blog (anecdotal) 99aabbcc
 *
 *       conflict   ███░░░░░░░ 0.35
 *       why        3 voices say so, with 0.93 of all support.
 *       lens       consensus; no decay
 *       basis      evaluated 2026-11-23T19:43:21Z
 */
import type { Answer, Basis } from "../src/model/answer.js";
import {
  constraintsLines,
  gauge,
  labelled,
  statusStyles,
  supportLines,
  tierLines,
} from "./answer-parts.js";
import { basisWords, counted, lensWords, shareText, shortValue, whyWords } from "./answer-words.js";
import { visible } from "./output.js";
import type { Sheet } from "./sheet.js";
import { cutMiddle, widthOf } from "./text-width.js";

/** What stands around an answer. */
export interface Given {
  readonly basis: Basis;
  readonly isBehind: boolean;
}

export const behindWords =
  "the views had not seen all that was asked for: ask again, or see `steme views status`";

/** `web/feature/grid/chrome  supported_since`. */
export function questionLine({ width, paint }: Sheet, conceptPath: string, name: string): string {
  const predicate = visible(name);
  const path = cutMiddle(visible(conceptPath), Math.max(16, width - widthOf(predicate) - 2));
  return predicate === "" ? paint("bold", path) : `${paint("bold", path)}  ${predicate}`;
}

/** Of all that can stand behind the winner. */
const headColumns = "  confidence 0.93, unanimous, one of several values".length;

/** `57  confidence 0.93, agreed`. */
export function headline(sheet: Sheet, answer: Answer): string {
  const { paint, width } = sheet;
  const status = paint(statusStyles[answer.status], answer.status);
  const many = answer.isManyValued === true ? ", one of several values" : "";
  if (answer.winner !== undefined) {
    const value = paint("bold", shortValue(answer.winner, width - headColumns));
    return `${value}  confidence ${shareText(answer.confidenceMillionths)}, ${status}${many}`;
  }
  if (answer.counts.candidates === 0) return paint("dim", "no answer");
  return `${paint("bold", "nothing wins")}${answer.status === "none" ? "" : `  ${status}`}${many}`;
}

/** Where the winner stands among the supports; -1: nothing wins. */
const winnerPlace = (answer: Answer): number => (answer.winner === undefined ? -1 : 0);

function restLines(sheet: Sheet, answer: Answer, { basis, isBehind }: Given): string[] {
  const isWeighed = answer.supports.length > 0;
  return [
    ...(isWeighed ? labelled(sheet, "conflict", gauge(sheet, answer.conflictMillionths)) : []),
    ...tierLines(sheet, answer),
    ...labelled(sheet, "why", whyWords(answer, basis)),
    ...labelled(sheet, "lens", lensWords(basis)),
    ...labelled(sheet, basis.asOf === undefined ? "basis" : "as of", basisWords(basis)),
    ...(isBehind
      ? labelled(sheet, "behind", behindWords).map((line) => sheet.paint("yellow", line))
      : []),
  ];
}

function constraintsCard(sheet: Sheet, answer: Answer, given: Given): string[] {
  const { constraints = [] } = answer;
  const held = constraints.filter(({ holds }) => holds).length;
  const { basis } = given;
  return [
    questionLine(sheet, answer.conceptPath, ""),
    constraints.length === 0
      ? sheet.paint("dim", "no constraints")
      : `${counted(constraints.length, "constraint")}, of which ${held} hold`,
    "",
    ...constraintsLines(sheet, constraints),
    ...(constraints.length === 0 ? [] : [""]),
    ...labelled(sheet, "lens", lensWords(basis)),
    ...labelled(sheet, basis.asOf === undefined ? "basis" : "as of", basisWords(basis)),
    ...(given.isBehind ? labelled(sheet, "behind", behindWords) : []),
  ];
}

/** Lines without line breaks, each within the sheet. */
export function answerCard(sheet: Sheet, answer: Answer, given: Given): readonly string[] {
  if (answer.constraints !== undefined) return constraintsCard(sheet, answer, given);
  const { supports, valueCount } = answer;
  const bars = supportLines(sheet, supports, valueCount, winnerPlace(answer));
  return [
    questionLine(sheet, answer.conceptPath, answer.predicate),
    headline(sheet, answer),
    "",
    ...bars,
    ...(bars.length === 0 ? [] : [""]),
    ...restLines(sheet, answer, given),
  ];
}
