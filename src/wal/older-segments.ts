/**
 * Checks how the segments of a log hang together, without reading what is in them: each one's seal
 * is what the next one's header goes on from.
 *
 *     … | header(k)  …  seal(k) |  | header(k+1)  …
 *                       edge ------> edge at the first index
 *                       time ------> hybrid time of the last block before
 *
 * Nothing here depends on how a segment is stored, so one that was written anew still fits.
 */
import type { Disk } from "../host/disk.js";
import { bytesEqual } from "../model/hex.js";
import type { LogId } from "../model/position.js";
import type { DamagedRange } from "./damage.js";
import { segmentsCheckedMax } from "./limits.js";
import type { RecoveryLabel } from "./recovery-table.js";
import type { FoundSegmentHeader } from "./segment-header.js";
import { readSeal, readSegmentHeader, type Seal, segmentName } from "./segments.js";

/** Looked into at once. */
const concurrencyMax = 16;

interface Look {
  readonly firstIndex: number;
  readonly path: string;
  readonly header: FoundSegmentHeader | undefined;
  readonly seal: Seal | undefined;
}

type LabelledRange = Omit<DamagedRange, "label"> & { readonly label: RecoveryLabel };

export async function checkOlderSegments(
  place: { readonly disk: Disk; readonly directory: string; readonly logId: LogId },
  firstIndexes: readonly number[],
): Promise<{
  readonly damage: readonly LabelledRange[];
  /** The root at the newest segment's first index, where its predecessor says it. */
  readonly lastRoot: Uint8Array | undefined;
}> {
  const looks: Look[] = [];
  const checked = firstIndexes.slice(-segmentsCheckedMax);
  for (let i = 0; i < checked.length; i += concurrencyMax) {
    const part = checked.slice(i, i + concurrencyMax);
    looks.push(...(await Promise.all(part.map((firstIndex) => look(place, firstIndex)))));
  }
  const damage: LabelledRange[] = [];
  looks.forEach((one, i) => {
    const next = looks[i + 1];
    if (next !== undefined) damage.push(...judge(one, next, place.logId));
  });
  return { damage, lastRoot: looks.at(-2)?.seal?.frame.statement.root };
}

async function look(
  place: { readonly disk: Disk; readonly directory: string },
  firstIndex: number,
): Promise<Look> {
  const path = `${place.directory}/${segmentName(firstIndex)}`;
  const file = await place.disk.open(path, "read");
  try {
    const header = await readSegmentHeader(file);
    const seal = header && (await readSeal(file, header.salt));
    return { firstIndex, path, header, seal };
  } finally {
    await file.close();
  }
}

function judge(one: Look, next: Look, logId: LogId): LabelledRange[] {
  const { header, seal, path, firstIndex } = one;
  const whole = { start: firstIndex, end: next.firstIndex, path };
  const isItsOwn = header?.firstIndex === firstIndex && bytesEqual(header.logId, logId);
  if (!isItsOwn) return [{ label: "M", ...whole, reason: "its header does not fit" }];
  // What its frames hold is found by walking over them: the range is empty, the log is damaged.
  const known = { start: next.firstIndex, end: next.firstIndex, path };
  if (seal === undefined) return [{ label: "M", ...known, reason: "its seal does not fit" }];
  if (seal.edge.size !== next.firstIndex) {
    const reason = `it ends at ${seal.edge.size}, and the next one begins at ${next.firstIndex}`;
    return [{ label: "L", start: seal.edge.size, end: next.firstIndex, path, reason }];
  }
  if (next.header !== undefined && !goesOn(seal, next.header)) {
    return [{ label: "M", ...known, reason: "the next one's header goes on from another seal" }];
  }
  return [];
}

/** Whether a header names the tree and the time that the segment before ends with. */
function goesOn(seal: Seal, header: FoundSegmentHeader): boolean {
  const before = seal.edge.hashes();
  const now = header.edge.hashes();
  return (
    seal.frame.hybridTime === header.lastTime &&
    before.length === now.length &&
    before.every((hash, i) => bytesEqual(hash, now[i] as Uint8Array))
  );
}
