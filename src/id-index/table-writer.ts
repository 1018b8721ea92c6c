/** Writes a segment's table: whole under a temporary name, synced, then renamed. */

import { dirname } from "node:path";
import { crc32 } from "node:zlib";
import type { Disk } from "../host/disk.js";
import { setSize, viewOf } from "../wal/bytes.js";
import { addToFilter } from "./id-filter.js";
import type { SegmentIds, SortedIds } from "./segment-ids.js";
import {
  BUCKET_BYTES,
  bucketOf,
  encodeTableHeader,
  placeCrc,
  REPEAT_BYTES,
  ROW_BYTES,
  TABLE_HEADER_BYTES,
  type TableLayout,
  type TablePlace,
  tableLayout,
} from "./table-format.js";

const temporarySuffix = ".tmp";

/** The bytes of the table of `ids`, whose repeats are all noted. */
export function encodeTable(place: TablePlace, ids: SegmentIds, sorted: SortedIds): Uint8Array {
  const repeats = ids.repeats(place.firstIndex);
  const repeatCount = repeats.indexes.length;
  let rowCount = 0;
  for (const number of sorted.numbers) if (!ids.stoodEarlier(number)) rowCount += 1;
  const layout = tableLayout({ rowCount, repeatCount });
  const bytes = Buffer.alloc(layout.fileBytes);
  const view = viewOf(bytes);
  repeats.indexes.forEach((index, i) => {
    const at = layout.repeatsAt + i * REPEAT_BYTES;
    view.setUint32(at, index - place.firstIndex);
    setSize(view, at + 4, repeats.firsts[i] as number);
  });
  const rowsPerBucket = fillRows(bytes, layout, ids, sorted);
  fillDirectory(bytes, layout, rowsPerBucket, placeCrc(place));
  const header = encodeTableHeader({
    ...place,
    unreadableCount: place.entryCount - ids.entryCount,
    rowCount,
    repeatCount,
    summaryCrc: crc32(bytes.subarray(TABLE_HEADER_BYTES, layout.repeatsAt)),
    repeatsCrc: crc32(bytes.subarray(layout.repeatsAt, layout.rowsAt)),
    rowsCrc: crc32(bytes.subarray(layout.rowsAt)),
  });
  bytes.set(header.bytes, 0);
  return bytes;
}

/** Rows and filter. Returns how many rows each bucket has. */
function fillRows(
  bytes: Buffer,
  layout: TableLayout,
  ids: SegmentIds,
  sorted: SortedIds,
): Uint32Array {
  const view = viewOf(bytes);
  const filter = bytes.subarray(layout.filterAt, layout.repeatsAt);
  const rowsPerBucket = new Uint32Array(layout.bucketCount);
  let at = layout.rowsAt;
  for (let i = 0; i < sorted.numbers.length; i++) {
    const number = sorted.numbers[i] as number;
    if (ids.stoodEarlier(number)) continue;
    const high = sorted.highs[i] as number;
    const low = sorted.lows[i] as number;
    view.setUint32(at, high);
    view.setUint32(at + 4, low);
    view.setUint32(at + 8, ids.indexOf(number) - ids.firstIndex);
    addToFilter(filter, high, low);
    const bucket = bucketOf(high, layout.bucketBits);
    rowsPerBucket[bucket] = (rowsPerBucket[bucket] as number) + 1;
    at += ROW_BYTES;
  }
  return rowsPerBucket;
}

function fillDirectory(
  bytes: Buffer,
  layout: TableLayout,
  rowsPerBucket: Uint32Array,
  seed: number,
): void {
  const view = viewOf(bytes);
  let row = 0;
  rowsPerBucket.forEach((count, bucket) => {
    const at = TABLE_HEADER_BYTES + bucket * BUCKET_BYTES;
    const start = layout.rowsAt + row * ROW_BYTES;
    view.setUint32(at, row);
    view.setUint32(at + 4, crc32(bytes.subarray(start, start + count * ROW_BYTES), seed));
    row += count;
  });
}

/** Returns once the table is durable under its name. */
export async function writeTable(disk: Disk, path: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${path}${temporarySuffix}`;
  await disk.makeDirectory(dirname(path));
  await disk.remove(temporary);
  const file = await disk.open(temporary, "create");
  try {
    await file.write(bytes, 0);
    await file.sync();
  } finally {
    await file.close();
  }
  await disk.rename(temporary, path);
  await disk.syncDirectory(dirname(path));
}
