/** `get`: prints one entry, and the batch that it was signed in. */
import type { StoredEntry } from "../../src/client/index.js";
import { fromHex, toHex } from "../../src/model/hex.js";
import { toIndex } from "../../src/model/position.js";
import { type Command, EXIT_FINE } from "../command.js";
import { connectionFlags, targetOf, withClient } from "../connection.js";
import { parsePoint } from "../offset.js";
import type { Output } from "../output.js";
import { extentAt } from "../place.js";
import { bodyText } from "../record.js";
import { batchJson, recordJson } from "../record-json.js";

export const getCommand: Command = {
  name: "get",
  group: "claims",
  summary: "Print one entry, and the batch that it was signed in",
  positionals: [
    {
      name: "ENTRY",
      doc: "Its id (64 hexadecimal digits), or an offset: an index, -1 for the newest, LOG:INDEX.",
    },
  ],
  flags: connectionFlags,
  examples: [
    { doc: "By its place", line: "get 100" },
    { doc: "The newest", line: "get -1 --json" },
    {
      doc: "By its id",
      line: "get 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    },
  ],
  json: "get",
  async run({ output, environment, nowMs }, given) {
    const target = targetOf(given, environment);
    const text = given.positional("ENTRY");
    const id = fromHex(text, 32);
    const offset = id === undefined ? parsePoint(text, nowMs(), "ENTRY") : undefined;
    return await withClient(target, async (client) => {
      if (id !== undefined) {
        await print(output, await client.get({ id }));
      } else if (offset !== undefined) {
        const { logId, start } = await extentAt(client, offset);
        await print(output, await client.get({ position: { logId, index: toIndex(start) } }));
      }
      return EXIT_FINE;
    });
  },
};

async function print(output: Output, { entry, batch }: StoredEntry): Promise<void> {
  const json = { ...recordJson(entry), batch: batch === undefined ? null : batchJson(batch) };
  await output.result(json, () => {
    const decoded = entry.decode();
    const what =
      decoded === undefined
        ? entry.hole?.isRedacted === true
          ? "(redacted)"
          : "(pruned here)"
        : bodyText(decoded.body);
    return [
      what,
      `id        ${toHex(entry.id)}`,
      `position  ${toHex(entry.logId)}:${entry.index}`,
      `recorded  ${new Date(entry.recordedMs).toISOString()}`,
      ...(decoded === undefined ? [] : [`author    ${toHex(decoded.author)}`]),
      ...(decoded?.onBehalfOf === undefined ? [] : [`for       ${decoded.onBehalfOf}`]),
      ...(batch === undefined
        ? ["batch     none: written by the log's own key"]
        : [`batch     ${batch.count} from index ${batch.firstIndex}, sequence ${batch.sequence}`]),
    ].join("\n");
  });
}
