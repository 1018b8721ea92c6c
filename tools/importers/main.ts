/**
 * Prints how many claims the sources make, and how often they differ:
 *
 *     node dist/tools/importers/main.js
 */
import { grouped, tableText } from "../../cli/output.js";
import { tallyOf } from "./disagreements.js";
import { readPackages } from "./packages.js";

const { claims, comparisons, example } = tallyOf(readPackages());
const rows = comparisons.map(({ level, left, right, questions, different, contradicting }) => [
  level,
  left,
  right,
  grouped(questions),
  grouped(different),
  grouped(contradicting),
]);
const head = ["level", "one source", "another", "both answer", "differently", "contradicting"];
process.stdout.write(
  `${tableText([head, ...rows])}\n` +
    `${grouped(claims)} claims; for example ${example ?? "none"}\n`,
);
