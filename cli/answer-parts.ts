/**
 * Parts of cards: bars, gauges, supports, tiers, constraints. Pure: text on a sheet.
 *
 * A bar is as long as its value's share of the largest support on the card, and never empty where
 * there is some.
 */
import type { Answer, Constraint, Status, Support, SupportingClaim } from "../src/model/answer.js";
import type { SourceClass } from "../src/model/entry.js";
import { counted, shareText, shortValue, weightText, whoText } from "./answer-words.js";
import { grouped, type Style, visible } from "./output.js";
import type { Sheet } from "./sheet.js";
import { cut, cutMiddle, fold, padFront, padTo, widthOf } from "./text-width.js";

const valuesShownMax = 6;
const claimsShownMax = 3;
const gaugeColumns = 10;
const valueColumnsMax = 30;
const indent = "  ";

export const statusStyles: Readonly<Record<Status, Style>> = {
  none: "dim",
  unanimous: "green",
  agreed: "green",
  contested: "yellow",
};

/** `██████░░░░`. */
function barText(share: number, columns: number): string {
  const least = share > 0 ? 1 : 0;
  const filled = Math.min(columns, Math.max(least, Math.round(share * columns)));
  return "█".repeat(filled) + "░".repeat(columns - filled);
}

/** A small bar and its number: `██░░░░░░░░ 0.21`. */
export function gauge({ paint }: Sheet, millionths: number): string {
  const style = millionths >= 500_000 ? "red" : millionths >= 200_000 ? "yellow" : "green";
  return `${paint(style, barText(millionths / 1_000_000, gaugeColumns))} ${shareText(millionths)}`;
}

/** A label, and text folded behind it. */
export function labelled({ width, paint }: Sheet, label: string, text: string): string[] {
  const columns = 11;
  return fold(text, width - columns - indent.length).map(
    (line, i) => indent + paint("dim", padTo(i === 0 ? label : "", columns)) + line,
  );
}

/** Who says it: the weightiest, as many as fit, and how many more. */
function claimsLine(sheet: Sheet, claims: readonly SupportingClaim[], claimCount: number): string {
  const shown = claims.slice(0, claimsShownMax).map(whoText);
  const room = sheet.width - 2 * indent.length;
  for (let count = shown.length; count > 0; count--) {
    const more = claimCount > count ? `; and ${grouped(claimCount - count)} more` : "";
    const said = shown.slice(0, count).join("; ");
    const isFitting = widthOf(said) + more.length <= room;
    if (!isFitting && count > 1) continue;
    return indent + indent + sheet.paint("cyan", cut(said, room - more.length) + more);
  }
  return "";
}

/** A bar of support per value, with who says it. */
export function supportLines(
  sheet: Sheet,
  supports: readonly Support[],
  valueCount: number,
  winnerPlace: number,
): string[] {
  const shown = supports.slice(0, valuesShownMax);
  const labels = shown.map(({ value }) => shortValue(value, valueColumnsMax));
  const valueColumns = Math.max(0, ...labels.map(widthOf));
  const weights = shown.map(({ supportMillionths }) => weightText(supportMillionths));
  const weightColumns = Math.max(0, ...weights.map((text) => text.length));
  const voices = shown.map(({ voiceCount }) => counted(voiceCount, "voice"));
  const voiceColumns = Math.max(0, ...voices.map((text) => text.length));
  const taken = 4 * indent.length + valueColumns + weightColumns + voiceColumns;
  const largest = Math.max(1, ...shown.map(({ supportMillionths }) => supportMillionths));
  const lines = shown.flatMap(({ supportMillionths, claims, claimCount }, place) => {
    const isWinner = place === winnerPlace;
    const label = padTo(labels[place] ?? "", valueColumns);
    const bar = barText(supportMillionths / largest, sheet.width - taken);
    const said = claims.length === 0 ? [] : [claimsLine(sheet, claims, claimCount)];
    return [
      [
        indent + sheet.paint(isWinner ? "bold" : "dim", label),
        sheet.paint(isWinner ? "green" : "dim", bar),
        padFront(weights[place] ?? "", weightColumns),
        voices[place],
      ].join(indent),
      ...said,
    ];
  });
  const more = valueCount - shown.length;
  return more > 0 ? [...lines, `${indent}and ${counted(more, "more value")}`] : lines;
}

/** `regulatory  57  1.00 unanimous, 2 voices`: the winner of each class of source. */
export function tierLines(sheet: Sheet, answer: Answer): string[] {
  const { tiers = [], tiersConflictMillionths = 0 } = answer;
  if (tiers.length < 2) return [];
  const classColumns = Math.max(...tiers.map(({ sourceClass }) => sourceClass.length));
  const lines = tiers.map((tier) => {
    const claims = tier.supports.reduce((sum, { claimCount }) => sum + claimCount, 0);
    const rest = counted(claims, "claim");
    const won =
      tier.winner === undefined
        ? "nothing wins"
        : `${shortValue(tier.winner)}  ${shareText(tier.confidenceMillionths)} ${tier.status}`;
    return `${padTo(tier.sourceClass, classColumns)}  ${won}, ${rest}`;
  });
  return [
    ...lines.flatMap((line, place) =>
      labelled(sheet, place === 0 ? "by class" : "", cut(line, sheet.width - 13)),
    ),
    ...labelled(sheet, "between", gauge(sheet, tiersConflictMillionths)),
  ];
}

const classText = (sourceClass: SourceClass | undefined): string =>
  sourceClass === undefined ? "no class" : sourceClass;

function constraintLines(sheet: Sheet, constraint: Constraint): string[] {
  const { predicate, value, holds, isContradicted, sourceClass, conceptPath } = constraint;
  const verb = predicate === "must_use" ? "must use " : "forbidden";
  const style: Style = !holds ? "dim" : isContradicted ? "red" : "green";
  const sure = `${shareText(constraint.confidenceMillionths)} ${constraint.status}`;
  const state = !holds ? "does not hold" : isContradicted ? `${sure}, CONTRADICTED` : sure;
  const head = `${verb}  ${shortValue(value, 30)}`;
  const line = `${head}  ${state}, ${classText(sourceClass)}`;
  const at = cutMiddle(visible(conceptPath), sheet.width - 8);
  return [
    indent + sheet.paint(style, cut(line, sheet.width - indent.length)),
    `${indent}${indent}at ${at}`,
    ...(constraint.claims.length === 0
      ? []
      : [claimsLine(sheet, constraint.claims, constraint.claims.length)]),
  ];
}

export const constraintsLines = (sheet: Sheet, constraints: readonly Constraint[]): string[] =>
  constraints.flatMap((constraint) => constraintLines(sheet, constraint));
