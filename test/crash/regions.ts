/** The named places of a segment file, for damage: every header's fields, and what lies between. */
import { decodeFrameHeader, type FoundFrame, frameBytesOf } from "../../src/wal/frame.js";
import { FRAME_HEADER_BYTES, SEGMENT_HEADER_BYTES } from "../../src/wal/limits.js";
import { decodeSegmentHeader } from "../../src/wal/segment-header.js";

export type FramePart = "block" | "marker" | "seal";

export interface FramePlace {
  readonly kind: FramePart;
  /** Of the segment's frames, from 0. */
  readonly number: number;
  /** How many entries it holds. */
  readonly entryCount: number;
}

export interface Region {
  /** `segment header: salt`, `block 2 of 5: payload`, `zeros ahead: first`. */
  readonly name: string;
  readonly part: "header" | "version" | "frame" | "padding" | "zeros";
  readonly frame: FramePlace | undefined;
  readonly offset: number;
  readonly bytes: number;
}

type Field = readonly [string, number, number];

const segmentFields: readonly Field[] = [
  ["magic", 0, 8],
  ["version", 8, 2],
  ["header bytes", 10, 2],
  ["salt", 12, 4],
  ["log id", 16, 32],
  ["first index", 48, 8],
  ["hybrid time", 56, 8],
  ["previous crc", 64, 4],
  ["hash count", 68, 4],
  ["edge", 72, 32],
  ["zeros", 3000, 32],
  ["crc", SEGMENT_HEADER_BYTES - 4, 4],
];

const frameFields: readonly Field[] = [
  ["magic", 0, 8],
  ["version", 8, 2],
  ["kind", 10, 2],
  ["flags", 12, 4],
  ["file offset", 16, 8],
  ["stored bytes", 24, 4],
  ["payload bytes", 28, 4],
  ["payload crc", 32, 4],
  ["previous crc", 36, 4],
  ["synced through", 40, 8],
  ["log id", 48, 32],
  ["first index", 80, 8],
  ["count", 88, 4],
  ["reserved", 92, 4],
  ["root", 96, 32],
  ["signature", 128, 64],
  ["hybrid time", 192, 8],
  ["more reserved", 200, 4],
  ["header crc", 204, 4],
];

const kinds: Readonly<Record<number, FramePart>> = { 1: "block", 2: "marker", 3: "seal" };

export interface SeenFrame {
  readonly kind: FramePart;
  readonly frame: FoundFrame;
  readonly start: number;
  readonly end: number;
}

/** The frames of an undamaged segment. */
export function framesIn(bytes: Uint8Array): SeenFrame[] {
  const salt = decodeSegmentHeader(bytes)?.salt ?? 0;
  const frames: SeenFrame[] = [];
  for (let offset = SEGMENT_HEADER_BYTES; ; ) {
    const frame = decodeFrameHeader(bytes, { offset, fileOffset: offset, salt });
    if (frame === undefined) return frames;
    const end = offset + frameBytesOf(frame);
    frames.push({ kind: kinds[frame.kind] ?? "block", frame, start: offset, end });
    offset = end;
  }
}

function regionsOfFrame({ kind, frame, start, end }: SeenFrame, number: number): Region[] {
  const place = { kind, number, entryCount: frame.statement.count };
  const name = (what: string) => `frame ${number} (${kind}): ${what}`;
  const payload = start + FRAME_HEADER_BYTES;
  const last = payload + frame.storedBytes - 1;
  const regions: Region[] = frameFields.map(([field, offset, bytes]) => ({
    name: name(field),
    part: "frame",
    frame: place,
    offset: start + offset,
    bytes,
  }));
  for (const [what, offset] of [
    ["payload, first byte", payload],
    ["payload, middle", (payload + last) >>> 1],
    ["payload, last byte", last],
  ] as const) {
    regions.push({ name: name(what), part: "frame", frame: place, offset, bytes: 1 });
  }
  if (last + 1 < end) {
    const padding = { offset: last + 1, bytes: end - last - 1 };
    regions.push({ name: name("padding"), part: "padding", frame: place, ...padding });
  }
  return regions;
}

/** All places of an undamaged segment file. */
export function regionsOf(bytes: Uint8Array): Region[] {
  const regions: Region[] = segmentFields.map(([field, offset, length]) => ({
    name: `segment header: ${field}`,
    part: field === "version" ? "version" : "header",
    frame: undefined,
    offset,
    bytes: length,
  }));
  const frames = framesIn(bytes);
  for (const [number, frame] of frames.entries()) regions.push(...regionsOfFrame(frame, number));
  const end = frames.at(-1)?.end ?? SEGMENT_HEADER_BYTES;
  for (const [what, offset] of [
    ["next byte", end],
    ["middle", (end + bytes.length) >>> 1],
    ["last byte", bytes.length - 1],
  ] as const) {
    if (offset >= bytes.length || offset < end) continue;
    const name = `zeros ahead: ${what}`;
    regions.push({ name, part: "zeros", frame: undefined, offset, bytes: 1 });
  }
  return regions;
}
