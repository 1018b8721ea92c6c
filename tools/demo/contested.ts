/**
 * Finds questions that sources disagree on, by asking the node: its list of the most contested, and
 * then their answers.
 */
import type { Answer, Question, StemeClient, Support } from "../../src/client/index.js";
import { featureQuestions } from "../importers/claim.js";
import { isContradiction } from "../importers/disagreements.js";

const predicate = "supported_since";
const prefix = featureQuestions.slice(0, -1);
const pageSize = 200;

/** Each support by the sources that stand behind it. */
const sourcesOf = ({ claims }: Support): readonly string[] => [
  ...new Set(claims.map(({ sourceId }) => sourceId)),
];

/** Whether not all of the values that are supported can be true: `≤ 4` and `1` can. */
function isContradictory({ supports }: Answer): boolean {
  const values = supports
    .filter(({ supportMillionths }) => supportMillionths > 0)
    .map(({ value }) => value);
  return values.some((left, i) =>
    values.slice(i + 1).some((right) => isContradiction(left, right)),
  );
}

/** A page of the most contested questions about features: their answers. */
async function page(
  client: StemeClient,
  cursor: Uint8Array | undefined,
  signal: AbortSignal,
): Promise<{ readonly answers: readonly Answer[]; readonly next: Uint8Array | undefined }> {
  const { rows, nextCursor: next } = await client.questions(
    {
      which: { kind: "most_contested", prefix },
      pageSize,
      freshness: { kind: "level", level: "local" },
      ...(cursor === undefined ? {} : { cursor }),
    },
    { signal },
  );
  const questions: Question[] = rows
    .filter((row) => row.predicate === predicate && row.conflictMillionths > 0)
    .map(({ conceptPath, predicate: name }) => ({ conceptPath, predicate: name }));
  if (questions.length === 0) return { answers: [], next };
  const { answers } = await client.query(
    {
      subject: { kind: "questions", questions },
      lens: "skeptic",
      parameters: { decay: "none" },
      freshness: { kind: "level", level: "local" },
    },
    { signal },
  );
  return { answers: answers.filter(isContradictory), next };
}

const questionOf = ({ conceptPath, predicate: name }: Answer): Question => ({
  conceptPath,
  predicate: name,
});

/** A question that is contested by now; undefined while the views know of none. */
export async function firstContested(
  client: StemeClient,
  signal: AbortSignal,
): Promise<Question | undefined> {
  const { answers } = await page(client, undefined, signal);
  const [first] = answers;
  return first === undefined ? undefined : questionOf(first);
}

/** The source that stands alone against the others, where one does. */
function loneSource({ supports }: Answer): string | undefined {
  const sides = supports.map(sourcesOf);
  const alone = sides.filter((side) => side.length === 1);
  return sides.length === 2 && alone.length === 1 ? alone[0]?.[0] : undefined;
}

const featureOf = ({ conceptPath }: Answer): string => conceptPath.split("/")[2] ?? "";

/** So many are looked through; all that three sources contest are among them. */
const pagesMax = 20;

/**
 * Questions that three sources answer and contradict each other on: of different features, and as
 * far as there are such, each with another source that stands alone.
 */
export async function threeContested(
  client: StemeClient,
  signal: AbortSignal,
): Promise<readonly Question[]> {
  const found: { readonly answer: Answer; readonly lone: string }[] = [];
  let cursor: Uint8Array | undefined;
  for (let pages = 0; pages < pagesMax; pages++) {
    const { answers, next } = await page(client, cursor, signal);
    for (const answer of answers) {
      const lone = loneSource(answer);
      if (lone !== undefined) found.push({ answer, lone });
    }
    cursor = next;
    if (cursor === undefined) break;
  }
  const chosen: Answer[] = [];
  const lonesUsed = new Map<string, number>();
  while (chosen.length < 3) {
    const features = new Set(chosen.map(featureOf));
    const free = found.filter(({ answer }) => !features.has(featureOf(answer)));
    const used = ({ lone }: (typeof found)[number]) => lonesUsed.get(lone) ?? 0;
    const [best] = free.toSorted((left, right) => used(left) - used(right));
    if (best === undefined) break;
    chosen.push(best.answer);
    lonesUsed.set(best.lone, used(best) + 1);
  }
  return chosen.map(questionOf);
}
