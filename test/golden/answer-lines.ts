/** Answers as lines that people read: who wins, how sure, and who said so with what weight. */
import type { Answer, SupportingClaim } from "../../src/model/answer.js";
import { wordOf } from "../support/story.js";

const decimal = (count: number): string => (count / 1_000_000).toFixed(6);

export function linesOf(answer: Answer): string[] {
  const { candidates, ...fates } = answer.counts;
  const counted = Object.entries(fates).filter(([, count]) => count > 0);
  const counts = counted.map(([fate, count]) => `${count} ${fate}`).join(", ") || "none";
  const claims = `${candidates} claim${candidates === 1 ? "" : "s"}`;
  const lines = [`${outcomeOf(answer)}; ${claims}: ${counts}`, ...supportLines(answer, "  ")];
  if (answer.isWithoutVotes) lines.push("  nobody voted: this is consensus");
  if (answer.tiers === undefined) return lines;
  for (const tier of answer.tiers) {
    lines.push(`  ${tier.sourceClass}: ${outcomeOf(tier)}`, ...supportLines(tier, "    "));
  }
  return [...lines, `  between tiers: conflict ${decimal(answer.tiersConflictMillionths ?? 0)}`];
}

type Outcome = Pick<
  Answer,
  "winner" | "confidenceMillionths" | "conflictMillionths" | "status" | "supports"
>;

const outcomeOf = ({ winner, status, confidenceMillionths, conflictMillionths }: Outcome): string =>
  `${wordOf(winner)} wins, sure ${decimal(confidenceMillionths)}, ` +
  `conflict ${decimal(conflictMillionths)}, ${status}`;

const supportLines = ({ supports }: Outcome, indent: string): string[] =>
  supports.map(({ value, supportMillionths, claims }) => {
    const said = claims.map(sayerOf).join(", ");
    return `${indent}${decimal(supportMillionths)} ${wordOf(value)}: ${said}`;
  });

function sayerOf({ author, onBehalfOf, weightMillionths }: SupportingClaim): string {
  const name = new TextDecoder().decode(author).replaceAll("\0", "");
  const sign = weightMillionths < 0 ? "" : "+";
  return `${onBehalfOf ?? name} ${sign}${decimal(weightMillionths)}`;
}
