/** The epochs that were named, from the views. */
import type { EpochSaid, EpochSource } from "../http/parts.js";
import { everything } from "../lens/cut.js";
import type { WorldRecord } from "../lens/history.js";
import { authorVoice } from "../lens/voices.js";
import { World } from "../lens/world.js";
import { isFault } from "../model/fault.js";
import { bytesEqual } from "../model/hex.js";
import { toIndex } from "../model/position.js";
import type { Views } from "../projection/views.js";

/** Views that are further behind are not waited for: the receipt is of what is durable already. */
const effectMsMax = 1_000;
const never = new AbortController().signal;

export function viewedEpochs(views: Pick<Views, "read" | "reached">): EpochSource {
  const epochs = (): readonly EpochSaid[] =>
    views.read((snapshot) => {
      const records = snapshot.worldRecords();
      const world = World.fold({ root: snapshot.worldRoot, records, cut: everything });
      return records.flatMap((record) => epochOf(record, world));
    });
  return {
    epochs,
    isEffective: async ({ id, position }) => {
      const size = position.index + 1;
      if (!(await views.reached(size, { withinMs: effectMsMax, signal: never }))) return undefined;
      try {
        return epochs().find((epoch) => bytesEqual(epoch.id, id))?.isEffective;
      } catch (error) {
        if (isFault(error)) return undefined;
        throw error;
      }
    },
  };
}

function epochOf(record: WorldRecord, world: World): readonly EpochSaid[] {
  const { body, id, logId, index, recorded, author, onBehalfOf } = record;
  if (body.kind !== "epoch") return [];
  return [
    {
      id,
      position: { logId, index: toIndex(index) },
      recorded,
      author,
      ...(onBehalfOf === undefined ? {} : { onBehalfOf }),
      name: body.name,
      ...(body.supersedes === undefined ? {} : { supersedes: body.supersedes }),
      isEffective: world.rights.isCurator(authorVoice(author), recorded),
    },
  ];
}
