/**
 * Reads what a uvu file printed. The exit code alone is not to be trusted:
 *
 * - a file that forgot `test.run()` prints nothing and ends with 0;
 * - a `before` hook that throws is swallowed: the tests behind it never run, and it ends with 0;
 * - a test left marked `only` hides its neighbours, which then count as skipped.
 */

export interface Summary {
  readonly total: number;
  readonly passed: number;
  /** Marked so in the file, or hidden behind a test marked `only`. */
  readonly skipped: number;
}

const colours = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, "g");

const withoutColours = (text: string): string => text.replace(colours, "");

/** The last summary in the output; `undefined` where there is none. */
export function readSummary(output: string): Summary | undefined {
  const pattern = /^ {2}Total: {5}(\d+)\n {2}Passed: {4}(\d+)\n {2}Skipped: {3}(\d+)$/gm;
  const found = [...withoutColours(output).matchAll(pattern)].at(-1);
  if (!found) return undefined;
  const [total, passed, skipped] = found.slice(1).map(Number);
  return { total: total ?? 0, passed: passed ?? 0, skipped: skipped ?? 0 };
}

/** What a test had to leave out, as it says itself: `skipped: node 22 not installed`. */
export const readSkips = (output: string): readonly string[] =>
  [...withoutColours(output).matchAll(/\bskipped: (.+ not installed)\s*$/gm)].map(
    (found) => found[1] ?? "",
  );

/** Why a finished file counts as failed; `undefined` where it passed. */
export function whyFailed(code: number | null, summary: Summary | undefined): string | undefined {
  if (!summary) return `no summary (exit code ${code}): does the file end with \`test.run();\`?`;
  if (summary.total === 0) return "no tests: every file must run at least one";
  if (summary.passed < summary.total) return `${summary.total - summary.passed} failed`;
  return code === 0 ? undefined : `all tests passed, and then it ended with exit code ${code}`;
}
