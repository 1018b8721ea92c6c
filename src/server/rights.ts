/** Who may grant and revoke now: from the views, once they have applied what the log holds. */
import type { RightsSource } from "../ingest/rights-check.js";
import type { WorldRecord } from "../lens/history.js";
import { Rights } from "../lens/rights.js";
import { authorVoice } from "../lens/voices.js";
import { Fault } from "../model/fault.js";
import type { ViewsInUse } from "./no-views.js";

const waitMsMax = 1_000;
/** No signal: the wait is short. */
const { signal } = new AbortController();

export interface RightsParts {
  readonly views: Pick<ViewsInUse, "reached" | "read">;
  readonly log: { readonly size: number; readonly lastTime: bigint };
}

export function viewedRights({ views, log }: RightsParts): RightsSource {
  /** Folded anew when what rights rest on has changed. */
  let folded: { readonly records: readonly WorldRecord[]; readonly rights: Rights } | undefined;
  return async () => {
    const { size } = log;
    const isKnown = await views.reached(size, { withinMs: waitMsMax, signal });
    return views.read((snapshot) => {
      if (!isKnown) throw behind(size);
      const { worldRoot: root } = snapshot;
      const records = snapshot.worldRecords();
      if (folded?.records !== records) folded = { records, rights: Rights.fold(root, records) };
      const { rights } = folded;
      const recorded = log.lastTime;
      return {
        clusterId: root.clusterId,
        isAdministrator: (key, path) =>
          rights.isAdministrator(authorVoice(key), recorded, ...(path === undefined ? [] : [path])),
      };
    });
  };
}

const behind = (size: number): Fault =>
  new Fault(
    "VIEWS_UNAVAILABLE",
    "the views have yet to read who may grant and revoke: send it again when they follow",
    { size },
  );
