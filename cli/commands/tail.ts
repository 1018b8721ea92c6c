/** `tail`: follows the log live. */

import type { Subscription } from "../../src/client/index.js";
import { isFault } from "../../src/model/fault.js";
import { integerMax } from "../../src/model/limits.js";
import { type Command, EXIT_FINE, type Surroundings } from "../command.js";
import { connectionFlags, targetOf, withClient } from "../connection.js";
import { filterFlags, filterFrom } from "../filter.js";
import { parsePoint } from "../offset.js";
import { extentAt, startAt } from "../place.js";
import { printRecord } from "../print-record.js";

export const tailCommand: Command = {
  name: "tail",
  group: "claims",
  summary: "Follow the log: what was said, as it is said",
  description: [
    "Replays from an offset, then prints entries as they become durable, each position exactly " +
      "once, until Ctrl-C. If the node goes away it goes on by itself where it was, when the " +
      "node is back.",
  ],
  flags: [
    {
      name: "from",
      value: "OFFSET",
      preset: "end",
      doc: "Where to begin; see `docs/reference/cli.md`.",
    },
    { name: "count", letter: "n", value: "COUNT", doc: "End after so many entries." },
    { name: "until-end", doc: "End where the log ends now, instead of following it." },
    ...filterFlags,
    ...connectionFlags,
  ],
  examples: [
    { doc: "Everything from now on", line: "tail" },
    { doc: "The last ten entries, then live", line: "tail --from -10" },
    {
      doc: "What was claimed about a feature in the last hour",
      line: "tail --from @-1h --prefix web/feature/grid --kind assertion",
    },
    { doc: "The whole log as JSON lines", line: "tail --from start --until-end --json" },
  ],
  json: "record",
  async run(surroundings, given) {
    const { environment, nowMs, stop } = surroundings;
    const target = targetOf(given, environment);
    const offset = parsePoint(given.one("from") ?? "end", nowMs(), "--from");
    const filter = filterFrom(given);
    const countMax = given.count("count", integerMax, 1, integerMax);
    return await withClient(target, async (client) => {
      const start = startAt(await extentAt(client, offset));
      const untilEnd = given.has("until-end");
      const subscription = client.subscribe({ start, filter, untilEnd, signal: stop });
      await follow(surroundings, subscription, countMax);
      return EXIT_FINE;
    });
  },
};

async function follow(
  { output, stop }: Surroundings,
  subscription: Subscription,
  countMax: number,
): Promise<void> {
  let count = 0;
  try {
    for await (const event of subscription) {
      if (event.kind === "confirmed" && event.isResumed) output.note("the node is back: going on");
      if (event.kind !== "entries") continue;
      for (let place = 0; place < event.count && count < countMax; place++, count++) {
        if (stop.aborted) return;
        await printRecord(output, event.record(place));
      }
      if (count >= countMax) return;
    }
  } catch (error) {
    if (!stop.aborted || !isFault(error, "CANCELLED")) throw error; // Ctrl-C is how a tail ends
  } finally {
    subscription.close();
  }
}
