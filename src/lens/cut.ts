/**
 * Moments in canonical order: which entries had been said.
 *
 * Canonical order is (recorded time, log id, index). Whole milliseconds are read out of hybrid
 * times through eight bytes of scratch: a shift would allocate a number for every claim.
 */
import type { Cut, Place } from "./history.js";
import { compareBytes, keyOf } from "./keys.js";

/** Compares places in canonical order: negative where `left` comes first. */
export function comparePlaces(left: Place, right: Place): number {
  if (left.recorded !== right.recorded) return left.recorded < right.recorded ? -1 : 1;
  return compareBytes(left.logId, right.logId) || left.index - right.index;
}

/** All that there is. */
export const everything: Cut = { includes: () => true };

/** Everything up to this place, itself included. */
export const cutAtPlace = (place: Place): Cut => ({
  includes: (other) => comparePlaces(other, place) <= 0,
});

/** Everything recorded in this millisecond or before. */
export function cutAtTime(recordedMs: number): Cut {
  const end = BigInt(Math.floor(recordedMs) + 1) << 16n;
  return { includes: (place) => place.recorded < end };
}

/** Of each log (its id in hex) so many entries; nothing of other logs. */
export function cutAtSizes(sizes: ReadonlyMap<string, number>): Cut {
  const sizeOf = new Map<string, number>();
  for (const [hex, size] of sizes) sizeOf.set(keyOf(bytesOfHex(hex)), size);
  let lastLog: Uint8Array | undefined;
  let lastSize = 0;
  return {
    includes(place) {
      if (place.logId !== lastLog) {
        lastLog = place.logId;
        lastSize = sizeOf.get(keyOf(place.logId)) ?? 0;
      }
      return place.index < lastSize;
    },
  };
}

function bytesOfHex(hex: string): Uint8Array {
  const bytes = new Uint8Array(hex.length / 2);
  for (let at = 0; at < bytes.length; at++) {
    bytes[at] = Number.parseInt(hex.slice(at * 2, at * 2 + 2), 16);
  }
  return bytes;
}

const scratch = new DataView(new ArrayBuffer(8));

/** The millisecond that a hybrid time lies in. */
export function recordedMsOf(recorded: bigint): number {
  scratch.setBigUint64(0, recorded);
  return scratch.getUint32(0) * 0x1_0000 + scratch.getUint16(4);
}
