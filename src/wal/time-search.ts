/** The first block recorded at or after a time: segment, then sparse index, then frames. */
import { frameFrom, type ReadableLog, windowOf } from "./block-reader.js";
import { FRAME_KIND_BLOCK, frameBytesOf } from "./frame.js";
import { pointReadBytes, SEGMENT_HEADER_BYTES } from "./limits.js";
import type { Segment } from "./segments.js";

/** Its first index; the log's durable size where no block is. */
export async function firstIndexAt(log: ReadableLog, time: bigint): Promise<number> {
  const segments = log.segments.all;
  let low = 0;
  let high = segments.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (await beginsBefore(log, segments[middle] as Segment, time)) low = middle + 1;
    else high = middle;
  }
  // Every block before `segments[low]` that is late enough is in the one before it.
  const inside =
    low > 0 ? await firstInSegment(log, segments[low - 1] as Segment, time) : undefined;
  return inside ?? segments[low]?.firstIndex ?? log.durableSize();
}

/** Whether the last block before a segment was recorded before a time. */
async function beginsBefore(log: ReadableLog, segment: Segment, time: bigint): Promise<boolean> {
  const opened = await log.segments.acquire(segment);
  try {
    return opened.header.lastTime < time;
  } finally {
    segment.release();
  }
}

async function firstInSegment(
  log: ReadableLog,
  segment: Segment,
  time: bigint,
): Promise<number | undefined> {
  const opened = await log.segments.acquire(segment);
  try {
    const window = windowOf(opened, pointReadBytes);
    let offset = opened.index.beforeTime(time)?.fileOffset ?? SEGMENT_HEADER_BYTES;
    while (offset < opened.framesEnd) {
      const frame = await frameFrom(window, offset);
      if (frame === undefined) return undefined;
      if (frame.kind === FRAME_KIND_BLOCK && frame.hybridTime >= time) {
        return frame.statement.firstIndex;
      }
      offset = frame.fileOffset + frameBytesOf(frame);
    }
    return undefined;
  } finally {
    segment.release();
  }
}
