/** Lists page by page: all of them, within a bound that says when it was reached. */
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
  let paging: Paging | undefined = {};
  while (paging !== undefined && !stop.aborted) {
    const page: OnePage = await ask({ ...paging, pageSize: Math.min(pageSizeMax, limit - taken) });
    for (const row of rowsOf(page)) {
      if (stop.aborted) return taken;
      if (taken >= limit) break;
      await use(row, page);
      taken += 1;
    }
    const { nextCursor } = page;
    const isOver = nextCursor === undefined || nextCursor.length === 0;
    if (!isOver && taken >= limit) {
      output.note(`there are more than these ${grouped(limit)}: --limit gives more`);
      return taken;
    }
    paging = isOver ? undefined : { cursor: nextCursor };
  }
  return taken;
}
