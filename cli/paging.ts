/** Lists page by page: all of them, within a bound that says when it was reached. */
import { isFault } from "../src/model/fault.js";
import { type Paging, pageSizeMax } from "../src/model/query.js";
import type { Arguments } from "./arguments.js";
import type { FlagFacts, Surroundings } from "./command.js";
import { grouped } from "./output.js";

const limitPreset = 10_000;
const limitMax = 10_000_000;

export const limitFlag = (rows: string, preset = limitPreset): FlagFacts => ({
  name: "limit",
  value: "COUNT",
  preset: grouped(preset),
  doc: `At most so many ${rows}; page by page, as many as there are.`,
});

export const limitOf = (given: Arguments, preset = limitPreset): number =>
  given.count("limit", preset, 1, limitMax);

interface Page {
  readonly nextCursor?: Uint8Array;
}

/**
 * Asks for page after page and hands on each row, until there are no more, the limit is reached
 * (which is said on standard error) or the command is stopped. Resolves with how many there were.
 */
export async function everyRow<OnePage extends Page, Row>(
  { output, stop }: Surroundings,
  limit: number,
  ask: (paging: Paging) => Promise<OnePage>,
  rowsOf: (page: OnePage) => readonly Row[],
  use: (row: Row, page: OnePage) => Promise<void>,
): Promise<number> {
  let taken = 0;
  let cursor: Uint8Array | undefined;
  while (!stop.aborted) {
    const place = cursor === undefined ? {} : { cursor };
    const asked = ask({ ...place, pageSize: Math.min(pageSizeMax, limit - taken) });
    const page = await unlessStopped(asked, stop);
    if (page === undefined) return taken;
    for (const row of rowsOf(page)) {
      if (stop.aborted || taken >= limit) break;
      await use(row, page);
      taken += 1;
    }
    cursor = page.nextCursor;
    if (cursor === undefined || cursor.length === 0) return taken;
    if (taken < limit) continue;
    output.note(`there are more than these ${grouped(limit)}: --limit gives more`);
    return taken;
  }
  return taken;
}

/** A call that the command's own end cut off is no error. */
function unlessStopped<Result>(
  asked: Promise<Result>,
  stop: AbortSignal,
): Promise<Result | undefined> {
  return asked.catch((error: unknown) => {
    if (stop.aborted && isFault(error, "CANCELLED")) return undefined;
    throw error;
  });
}
