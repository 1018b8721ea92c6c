/**
 * Frames of entries as protobuf bytes, written straight from a block into one buffer.
 *
 * `Entries` carries up to thousands of entries; building an object per entry for the generated
 * encoder would cost more than everything else on the way from disk to socket. The result is what
 * the generated encoder makes (a test compares them), and everything else goes through that one.
 */
import { BinaryWriter } from "@bufbuild/protobuf/wire";
import type { EntryRun } from "../subscription/entry-run.js";
import type { SubscriptionFrame } from "../subscription/subscription.js";
import { idOf } from "../wal/block-id.js";
import { SubscribeResponse } from "../wire/steme/v1/log_service.js";

const LENGTH_DELIMITED = 2;
const tag = (field: number): number => (field << 3) | LENGTH_DELIMITED;
/** `SubscribeResponse.entries` and `ReadResponse.entries`. */
export const SUBSCRIBE_ENTRIES_FIELD = 2;
export const READ_ENTRIES_FIELD = 1;

const varintBytes = (value: number): number =>
  value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x20_0000 ? 3 : value < 0x1000_0000 ? 4 : 5;

function writeVarint(target: Uint8Array, at: number, value: number): number {
  let rest = value;
  let next = at;
  while (rest >= 0x80) {
    target[next++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  target[next++] = rest;
  return next;
}

export interface RunExtras {
  /** Entry in the block -> index where its id stood first. */
  readonly repeats: ReadonlyMap<number, number>;
  readonly token: Uint8Array;
}

/** A response message whose one field `field` is the run as an `Entries`. */
export function encodeRun(field: number, run: EntryRun, extras: RunExtras): Uint8Array {
  const { block } = run;
  const first = run.chosen?.[0] ?? run.start;
  const head = new BinaryWriter().uint32(tag(1)).bytes(block.logId);
  if (block.firstIndex + first !== 0) head.uint32(16).uint64(block.firstIndex + first);
  head.uint32(25).fixed64(block.hybridTime);
  const headBytes = head.finish();
  const tail = encodeTail(run, extras);
  const entriesBytes = measureEntries(run);
  const inner = headBytes.length + entriesBytes + tail.length;
  const bytes = Buffer.allocUnsafe(1 + varintBytes(inner) + inner);
  bytes[0] = tag(field);
  let at = writeVarint(bytes, 1, inner);
  bytes.set(headBytes, at);
  at = writeEntries(bytes, at + headBytes.length, run);
  bytes.set(tail, at);
  return bytes;
}

function measureEntries(run: EntryRun): number {
  let bytes = 0;
  forEachEntry(run, (entry) => {
    const length = run.block.state(entry) === "whole" ? run.block.length(entry) : 0;
    bytes += 1 + varintBytes(length) + length;
  });
  return bytes;
}

function writeEntries(target: Uint8Array, start: number, run: EntryRun): number {
  const { block } = run;
  const tagByte = tag(4);
  let at = start;
  forEachEntry(run, (entry) => {
    target[at++] = tagByte;
    if (block.state(entry) !== "whole") {
      target[at++] = 0;
      return;
    }
    const length = block.length(entry);
    at = writeVarint(target, at, length);
    const start = block.offset(entry);
    target.set(block.bytes.subarray(start, start + length), at);
    at += length;
  });
  return at;
}

function forEachEntry(run: EntryRun, visit: (entry: number) => void): void {
  if (run.chosen !== undefined) {
    for (const entry of run.chosen) visit(entry);
    return;
  }
  for (let entry = run.start; entry < run.end; entry++) visit(entry);
}

/** skips, repeats, holes and the token: rare, or once per frame. */
function encodeTail(run: EntryRun, extras: RunExtras): Uint8Array {
  const writer = new BinaryWriter();
  const { block, chosen } = run;
  if (chosen !== undefined) {
    const skips = chosen.map((entry, at) => (at === 0 ? 0 : entry - (chosen[at - 1] ?? 0) - 1));
    if (skips.some((skip) => skip > 0)) {
      writer.uint32(tag(5)).fork();
      for (const skip of skips) writer.uint32(skip);
      writer.join();
    }
  }
  let at = 0;
  const holes = new BinaryWriter();
  forEachEntry(run, (entry) => {
    const index = at++;
    const repeated = extras.repeats.get(entry);
    if (repeated !== undefined) {
      writer.uint32(tag(6)).fork();
      if (index !== 0) writer.uint32(8).uint32(index);
      writer.uint32(tag(2)).fork().uint32(tag(1)).bytes(block.logId);
      if (repeated !== 0) writer.uint32(16).uint64(repeated);
      writer.join().join();
    }
    const state = block.state(entry);
    if (state === "whole") return;
    holes.uint32(tag(7)).fork();
    if (index !== 0) holes.uint32(8).uint32(index);
    holes.uint32(tag(2)).bytes(idOf(block, entry));
    if (state === "redacted") holes.uint32(24).bool(true);
    holes.join();
  });
  writer.raw(holes.finish());
  if (extras.token.length > 0) writer.uint32(tag(8)).bytes(extras.token);
  return writer.finish();
}

/** A frame of a subscription as a SubscribeResponse. */
export function encodeFrame(logId: Buffer, frame: SubscriptionFrame): Uint8Array {
  if (frame.kind === "entries") return encodeRun(SUBSCRIBE_ENTRIES_FIELD, frame.run, frame);
  return SubscribeResponse.encode({ frame: toWireFrame(logId, frame) }).finish();
}

function toWireFrame(
  logId: Buffer,
  frame: Exclude<SubscriptionFrame, { kind: "entries" }>,
): SubscribeResponse["frame"] {
  const positionOf = (next: number) => ({ logId, index: BigInt(next) });
  switch (frame.kind) {
    case "confirmed": {
      const value = { next: positionOf(frame.next), size: BigInt(frame.size) };
      return { $case: "confirmed", value };
    }
    case "caughtUp": {
      const value = { size: BigInt(frame.size), frontier: Buffer.from(frame.token) };
      return { $case: "caughtUp", value };
    }
    case "fellBehind":
      return { $case: "fellBehind", value: { behind: BigInt(frame.behind) } };
    case "progress": {
      const value = { next: positionOf(frame.next), frontier: Buffer.from(frame.token) };
      return { $case: "progress", value };
    }
    case "heartbeat": {
      const value = { next: positionOf(frame.next), size: BigInt(frame.size) };
      return { $case: "heartbeat", value };
    }
  }
}
