/** The epochs that were named, from the views. */
import type { EpochSaid, EpochSource } from "../http/parts.js";
import { everything } from "../lens/cut.js";
import type { WorldRecord } from "../lens/history.js";
import { authorVoice } from "../lens/voices.js";
import { World } from "../lens/world.js";
import { toIndex } from "../model/position.js";
import type { Views } from "../projection/views.js";

export const viewedEpochs = (views: Pick<Views, "read">): EpochSource => ({
  epochs: () =>
    views.read((snapshot) => {
      const records = snapshot.worldRecords();
      const world = World.fold({ root: snapshot.worldRoot, records, cut: everything });
      return records.flatMap((record) => epochOf(record, world));
    }),
});

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
