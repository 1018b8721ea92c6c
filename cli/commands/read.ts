/** `read`: prints a bounded range. */
import type { FilterInput, StemeClient } from "../../src/client/index.js";
import { isFault } from "../../src/model/fault.js";
import { integerMax } from "../../src/model/limits.js";
import { type Command, EXIT_FINE, type Surroundings } from "../command.js";
import { connectionFlags, targetOf, withClient } from "../connection.js";
import { filterFlags, filterFrom } from "../filter.js";
import { parseOffset } from "../offset.js";
import { extentAt, type PlacedExtent } from "../place.js";
import { printRecord } from "../print-record.js";

const countPreset = 100;
/** Most entries of one Read call. */
const callEntriesMax = 1_000_000;

export const readCommand: Command = {
  name: "read",
  group: "claims",
  summary: "Print a range of the log",
  flags: [
    {
      name: "from",
      value: "OFFSET",
      preset: "start",
      doc: "Where to begin, or a range; see `docs/reference/cli.md`.",
    },
    {
      name: "count",
      letter: "n",
      value: "COUNT",
      preset: `${countPreset}, or the whole range`,
      doc: "At most so many entries, counted behind the filter.",
    },
    {
      name: "backwards",
      doc: "Newest first: from the end of the range (or log) down to its start.",
    },
    ...filterFlags,
    ...connectionFlags,
  ],
  examples: [
    { doc: "The first hundred entries", line: "read" },
    { doc: "The last ten", line: "read --from -10" },
    { doc: "A range, newest first", line: "read --from 100:200 --backwards" },
    {
      doc: "Ten assertions since the year began",
      line: "read --from @2026-01-01 -n 10 --kind assertion",
    },
  ],
  json: "record",
  async run(surroundings, given) {
    const { environment, nowMs } = surroundings;
    const target = targetOf(given, environment);
    const offset = parseOffset(given.one("from") ?? "start", nowMs(), "--from");
    const filter = filterFrom(given);
    const preset = offset.end === undefined ? countPreset : integerMax;
    const countMax = given.count("count", preset, 1, integerMax);
    return await withClient(target, async (client) => {
      const extent = await extentAt(client, offset);
      const range = { extent, filter, countMax, backwards: given.has("backwards") };
      await printRange(surroundings, client, range).catch((error: unknown) => {
        const isStopped = surroundings.stop.aborted && isFault(error, "CANCELLED");
        if (!isStopped) throw error;
      });
      return EXIT_FINE;
    });
  },
};

interface Range {
  readonly extent: PlacedExtent;
  readonly filter: FilterInput | undefined;
  readonly countMax: number;
  readonly backwards: boolean;
}

async function printRange(
  { output, stop }: Surroundings,
  client: StemeClient,
  { extent, filter, countMax, backwards }: Range,
): Promise<void> {
  let { start, end } = extent;
  let left = countMax;
  while (left > 0 && start < end) {
    // A filter counts what it lets through, so the other end of the range is watched here.
    const asked = Math.min(left, callEntriesMax, filter === undefined ? end - start : integerMax);
    let got = 0;
    const { logId } = extent;
    const from = backwards ? end : start;
    for await (const record of client.read({
      from,
      count: asked,
      backwards,
      filter,
      logId,
      signal: stop,
    })) {
      if (record.index < start || record.index >= end) return;
      await printRecord(output, record);
      got += 1;
      if (backwards) end = record.index;
      else start = record.index + 1;
    }
    left -= got;
    if (got < asked) return;
  }
}
