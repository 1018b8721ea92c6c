/** Entries by their ids, from the log and its index of ids. */
import type { EntryId } from "../model/position.js";
import { toIndex } from "../model/position.js";
import { idOf } from "../wal/block-id.js";
import type { Log } from "../wal/log.js";
import type { EntrySource } from "./parts.js";

export const logEntries = (
  log: Pick<Log, "id" | "read">,
  ids: { indexOf(id: Uint8Array): Promise<number | undefined> },
): EntrySource => ({
  async find(id: EntryId) {
    const index = await ids.indexOf(id);
    if (index === undefined) return undefined;
    const block = await log.read(index);
    const entry = index - block.firstIndex;
    return {
      id: new Uint8Array(idOf(block, entry)),
      position: { logId: log.id, index: toIndex(index) },
      recorded: block.hybridTime,
      entry: block.state(entry) === "whole" ? new Uint8Array(block.entry(entry)) : undefined,
    };
  },
});
