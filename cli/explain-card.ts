/**
 * An explanation as a person reads it: the answer, a table of claims with fate and reason, what the
 * answer would be without somebody, and what turns it. Pure.
 */
import type { Answer, ClaimExplanation, Counterfactual, Fate } from "../src/model/answer.js";
import { toHex } from "../src/model/hex.js";
import type { ExplainResult } from "../src/model/query.js";
import { answerCard } from "./answer-card.js";
import { counted, shareText, shortValue, sourceText, weightText, whoText } from "./answer-words.js";
import { grouped, type Style, visible } from "./output.js";
import type { Sheet } from "./sheet.js";
import { cut, fold, padFront, padTo, widthOf } from "./text-width.js";

const claimsShownMax = 40;
const counterfactualsShownMax = 12;
const ineffectiveShownMax = 12;
const idsShownMax = 8;
const indent = "  ";

const fateWords: Readonly<Record<Fate, string>> = {
  considered: "considered",
  revoked: "revoked",
  retracted: "retracted",
  superseded: "superseded",
  source_retracted: "source gone",
  not_valid: "not valid",
  lifecycle: "lifecycle",
  epoch: "epoch",
  revised: "revised",
  filtered: "filtered",
};

const fateStyle = (fate: Fate): Style => (fate === "considered" ? "green" : "dim");
const shortId = (id: Uint8Array): string => toHex(id.subarray(0, 6));

function heading({ paint }: Sheet, text: string): string[] {
  return ["", paint("bold", text)];
}

/** What else is there than what is shown. */
const more = (total: number, shown: number, noun: string): string[] =>
  total > shown
    ? [`${indent}and ${counted(total - shown, `more ${noun}`)}: --json shows them`]
    : [];

interface Columns {
  readonly weight: number;
  readonly fate: number;
  readonly value: number;
}

function columnsOf(sheet: Sheet, claims: readonly ClaimExplanation[]): Columns {
  const valueMax = Math.floor(sheet.width / 4);
  const widest = (texts: readonly string[]): number => Math.max(0, ...texts.map(widthOf));
  return {
    weight: widest(claims.map(({ claim }) => weightText(claim.weightMillionths))),
    fate: widest(claims.map(({ fate }) => fateWords[fate])),
    value: widest(claims.map(({ value }) => shortValue(value, valueMax))),
  };
}

const idColumns = "id ".length + 64;

/** Ids are there to be copied, so that they are whole, on a narrow screen too. */
const idLine = (id: Uint8Array, columns: number): string =>
  `${" ".repeat(Math.max(indent.length, columns))}id ${toHex(id)}`;

/** `2.85  considered  57  mdn (expert) 0ffa1c47`, why, and its id. */
function claimLines(sheet: Sheet, columns: Columns, explained: ClaimExplanation): string[] {
  const { claim, fate, fateEntry, value, sentence } = explained;
  const { width, paint } = sheet;
  const reasonIndent = " ".repeat(indent.length + columns.weight + 2);
  const left = width - reasonIndent.length - columns.fate - columns.value - 4;
  const by = fateEntry === undefined ? "" : ` [${shortId(fateEntry)}]`;
  const reason = visible(`${sentence}${by}`);
  return [
    [
      indent + padFront(weightText(claim.weightMillionths), columns.weight),
      paint(fateStyle(fate), padTo(fateWords[fate], columns.fate)),
      padTo(shortValue(value, columns.value), columns.value),
      paint("cyan", cut(whoText(claim), left)),
    ].join("  "),
    ...fold(reason, width - reasonIndent.length).map((line) => paint("dim", reasonIndent + line)),
    paint("dim", idLine(claim.id, Math.min(reasonIndent.length, width - idColumns))),
  ];
}

/** Without whom; and a bare answer in words. */
function counterfactualText(one: Counterfactual, isOneAnswer: boolean): string {
  const who =
    one.without.kind === "source"
      ? `the source ${sourceText(one.without.sourceId)}`
      : `the author ${toHex(one.without.author.subarray(0, 4))}`;
  const sure = `confidence ${shareText(one.confidenceMillionths)}, ${one.status}`;
  if (!isOneAnswer) {
    return one.turns
      ? `Without ${who} the answers would be others.`
      : `Without ${who} the same values win.`;
  }
  if (!one.turns) {
    return one.winner === undefined
      ? `Without ${who} nothing would win either.`
      : `Without ${who} the answer stays ${shortValue(one.winner)} (${sure}).`;
  }
  return one.winner === undefined
    ? `Without ${who} nothing would win.`
    : `Without ${who} the answer would be ${shortValue(one.winner)} (${sure}).`;
}

function counterfactualLines(sheet: Sheet, explanation: ExplainResult): string[] {
  const { counterfactuals, answers } = explanation;
  if (counterfactuals.length === 0) return [];
  // What would change the answer comes first; within both the order is the node's.
  const sorted = [
    ...counterfactuals.filter(({ turns }) => turns),
    ...counterfactuals.filter(({ turns }) => !turns),
  ];
  const shown = sorted.slice(0, counterfactualsShownMax);
  return [
    ...heading(sheet, "Without somebody"),
    ...shown.flatMap((one) =>
      fold(counterfactualText(one, answers.length === 1), sheet.width - 2 * indent.length).map(
        (line, i) => {
          const text = `${indent}${i === 0 ? "" : indent}${line}`;
          return one.turns ? sheet.paint("yellow", text) : text;
        },
      ),
    ),
    ...more(sorted.length, shown.length, "counterfactual"),
  ];
}

function turningLines(sheet: Sheet, explanation: ExplainResult): string[] {
  const { turningSet, isTurningSetSmallest, claims, claimCount } = explanation;
  if (turningSet.length === 0) return [];
  const whose = new Map(claims.map(({ claim }) => [toHex(claim.id), claim]));
  const shown = turningSet.slice(0, idsShownMax);
  const share = `${grouped(turningSet.length)} of ${counted(claimCount, "claim")}`;
  const least = isTurningSetSmallest ? "no fewer do" : "fewer might do";
  return [
    ...heading(sheet, "What turns the answer"),
    `${indent}Taking back ${share} would (${least}):`,
    ...shown.map((id) => {
      const claim = whose.get(toHex(id));
      const who =
        claim === undefined
          ? ""
          : `  ${sheet.paint("cyan", cut(whoText(claim), sheet.width - 18))}`;
      return `${indent}${indent}${shortId(id)}${who}`;
    }),
    ...more(turningSet.length, shown.length, "claim"),
  ];
}

function ineffectiveLines(sheet: Sheet, explanation: ExplainResult): string[] {
  const { ineffective } = explanation;
  if (ineffective.length === 0) return [];
  const shown = ineffective.slice(0, ineffectiveShownMax);
  return [
    ...heading(sheet, "Without effect"),
    ...shown.flatMap(({ id, kind, sentence }) =>
      fold(visible(`${kind} ${shortId(id)}: ${sentence}`), sheet.width - 2 * indent.length).map(
        (line, i) => `${indent}${i === 0 ? "" : indent}${line}`,
      ),
    ),
    ...more(ineffective.length, shown.length, "act"),
  ];
}

/** The answers of a many-valued predicate are told by their values alone. */
function answersLines(sheet: Sheet, explanation: ExplainResult): string[] {
  const { answers } = explanation;
  return answers.flatMap((answer: Answer, i) => [
    ...(i === 0 ? [] : [""]),
    ...answerCard(sheet, answer, explanation),
  ]);
}

/** Lines without line breaks. */
export function explainCard(sheet: Sheet, explanation: ExplainResult): readonly string[] {
  const { claims, claimCount, summary } = explanation;
  const shown = claims.slice(0, claimsShownMax);
  const columns = columnsOf(sheet, shown);
  return [
    ...answersLines(sheet, explanation),
    ...(summary.length === 0 ? [] : heading(sheet, "In words")),
    ...fold(visible(summary.join(" ")), sheet.width - indent.length).map((line) => indent + line),
    ...(shown.length === 0 ? [] : heading(sheet, `Claims, the weightiest first`)),
    ...shown.flatMap((claim) => claimLines(sheet, columns, claim)),
    ...more(claimCount, shown.length, "claim"),
    ...counterfactualLines(sheet, explanation),
    ...turningLines(sheet, explanation),
    ...ineffectiveLines(sheet, explanation),
  ].filter((line) => line !== indent);
}
