/** Shows contested questions: as cards of the command line, under several lenses, explained. */
import { answerCard, headline } from "../../cli/answer-card.js";
import { shortValue } from "../../cli/answer-words.js";
import type { Output } from "../../cli/output.js";
import { visible } from "../../cli/output.js";
import { type Sheet, sheetOf } from "../../cli/sheet.js";
import { fold, padTo } from "../../cli/text-width.js";
import type { Answer, LensName, Question, StemeClient } from "../../src/client/index.js";

const indent = "  ";
const labelColumns = 11;
/** Beside consensus, which the card shows. */
const otherLenses: readonly LensName[] = ["recency", "layered", "skeptic"];

/** The answer of the default lens, as the command line prints it; undefined where there is none. */
export async function answerText(
  client: StemeClient,
  output: Output,
  question: Question,
  signal: AbortSignal,
): Promise<string | undefined> {
  const result = await client.query({ subject: { kind: "question", question } }, { signal });
  const [answer] = result.answers;
  if (answer === undefined) return undefined;
  return answerCard(sheetOf(output), answer, { ...result, isBehind: false }).join("\n");
}

const shortName = (source: string): string => source.replace(/^npm:(@mdn\/)?/, "");

/** `79: browser-compat-data, web-features; 17: caniuse-lite`. */
function sidesText({ supports }: Answer): string {
  const sides = supports.map(({ value, claims }) => {
    const sources = new Set(claims.map(({ sourceId }) => shortName(sourceId)));
    return `${shortValue(value)}: ${[...sources].sort().join(", ")}`;
  });
  return sides.join("; ");
}

/** `recency    155  confidence 0.95, agreed`. */
async function lensLine(
  client: StemeClient,
  sheet: Sheet,
  question: Question,
  lens: LensName,
  signal: AbortSignal,
): Promise<string> {
  const asked = { subject: { kind: "question", question }, lens } as const;
  const { answers } = await client.query(asked, { signal });
  const [answer] = answers;
  const said = answer === undefined ? "no answer" : headline(sheet, answer);
  return `${indent}${sheet.paint("dim", padTo(lens, labelColumns))}${said}`;
}

/** What consensus says and why, and what other lenses say. */
export async function showExplained(
  client: StemeClient,
  output: Output,
  question: Question,
  signal: AbortSignal,
): Promise<void> {
  const sheet = sheetOf(output);
  const explanation = await client.explain({ question, lens: "consensus" }, { signal });
  const [answer] = explanation.answers;
  if (answer === undefined) return;
  const lines = [...answerCard(sheet, answer, { ...explanation, isBehind: false }), ""];
  const label = sheet.paint("dim", padTo("said by", labelColumns));
  lines.push(`${indent}${label}${visible(sidesText(answer))}`);
  for (const lens of otherLenses) {
    lines.push(await lensLine(client, sheet, question, lens, signal));
  }
  const words = visible(explanation.summary.join(" "));
  if (words !== "") {
    lines.push("", ...fold(words, sheet.width - indent.length).map((line) => indent + line));
  }
  await output.write(`${lines.join("\n")}\n`);
}
