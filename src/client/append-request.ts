/**
 * Writes `SignedBatch` and `AppendRequest` messages: straight into one buffer, since a batch is
 * hundreds of small fields whose sizes are known, and is resent byte by byte as it was.
 *
 *     SignedBatch     0A 20 author   12 10 writer   18 sequence   22 length entry ...   2A 40 sig
 *     AppendRequest   08 number   12 length batch ...   18 level
 *
 * Fields ascend and defaults are left out, as any protobuf library writes them.
 */
import { assert } from "../invariant/assert.js";
import { integerMax } from "../model/limits.js";
import { publicKeyBytes, signatureBytes, writerBytes } from "../model/position.js";

export interface SignedBatchParts {
  readonly author: Uint8Array;
  readonly writer: Uint8Array;
  readonly sequence: number;
  readonly entries: readonly Uint8Array[];
  readonly signature: Uint8Array;
}

/** How safe an entry is when its receipt comes; "default" leaves it to the node. */
export type Level = "default" | "durable" | "replicated" | "checkpointed" | "witnessed";
export const levels = ["default", "durable", "replicated", "checkpointed", "witnessed"] as const;

export function encodeSignedBatch(batch: SignedBatchParts): Buffer {
  const { author, writer, sequence, entries, signature } = batch;
  assert(author.length === publicKeyBytes, "an author has 32 bytes");
  assert(writer.length === writerBytes, "a writer has 16 bytes");
  assert(signature.length === signatureBytes, "a signature has 64 bytes");
  assert(sequence >= 1 && sequence <= integerMax, "a sequence starts at 1");
  let size = 2 + publicKeyBytes + 2 + writerBytes + 1 + varintBytes(sequence) + 2 + signatureBytes;
  for (const entry of entries) size += 1 + varintBytes(entry.length) + entry.length;

  const bytes = Buffer.allocUnsafe(size);
  let place = writeBytes(bytes, 0, 0x0a, author);
  place = writeBytes(bytes, place, 0x12, writer);
  bytes[place] = 0x18;
  place = writeVarint(bytes, place + 1, sequence);
  for (const entry of entries) place = writeBytes(bytes, place, 0x22, entry);
  place = writeBytes(bytes, place, 0x2a, signature);
  assert(place === size, "the batch has the size computed");
  return bytes;
}

/** `batches` are encoded `SignedBatch` messages. */
export function encodeAppendRequest(
  number: number,
  batches: readonly Uint8Array[],
  level: Level = "default",
): Buffer {
  const levelNumber = levels.indexOf(level);
  let size = number === 0 ? 0 : 1 + varintBytes(number);
  for (const batch of batches) size += 1 + varintBytes(batch.length) + batch.length;
  if (levelNumber > 0) size += 2;

  const bytes = Buffer.allocUnsafe(size);
  let place = 0;
  if (number !== 0) {
    bytes[0] = 0x08;
    place = writeVarint(bytes, 1, number);
  }
  for (const batch of batches) place = writeBytes(bytes, place, 0x12, batch);
  if (levelNumber > 0) {
    bytes[place] = 0x18;
    place = writeVarint(bytes, place + 1, levelNumber);
  }
  assert(place === size, "the request has the size computed");
  return bytes;
}

function writeBytes(target: Buffer, start: number, tag: number, field: Uint8Array): number {
  target[start] = tag;
  const place = writeVarint(target, start + 1, field.length);
  target.set(field, place);
  return place + field.length;
}

/** A whole number below 2^53 as a minimal varint; returns where it ends. */
function writeVarint(target: Buffer, start: number, value: number): number {
  let place = start;
  let rest = value;
  while (rest >= 0x80) {
    target[place++] = (rest % 0x80) | 0x80;
    rest = Math.floor(rest / 0x80);
  }
  target[place] = rest;
  return place + 1;
}

function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes += 1;
  return bytes;
}
