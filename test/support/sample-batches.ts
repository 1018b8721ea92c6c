/**
 * Batches as admission hands them to the log, made of chance: the log looks at leaf hashes, never
 * into entries, so any bytes will do. Some are dull, so that compression has something to win.
 */
import { createHash } from "node:crypto";
import type { AdmittedBatch } from "../../src/wal/admitted-batch.js";
import type { Seeded } from "./seeded.js";

const sha256 = (...parts: readonly Uint8Array[]): Uint8Array => {
  const hasher = createHash("sha256");
  for (const part of parts) hasher.update(part);
  return hasher.digest();
};

/** The leaf hash of RFC 6962. */
export const leafOf = (entry: Uint8Array): Uint8Array => sha256(Uint8Array.of(0), entry);

/** The tree hash of RFC 6962 section 2.1, as it is written there: an oracle, slow and plain. */
export function plainRoot(leaves: readonly Uint8Array[]): Uint8Array {
  const [only] = leaves;
  if (only === undefined) return sha256();
  if (leaves.length === 1) return only;
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return sha256(
    Uint8Array.of(1),
    plainRoot(leaves.slice(0, split)),
    plainRoot(leaves.slice(split)),
  );
}

export interface SampleBatch {
  readonly batch: AdmittedBatch;
  readonly entries: readonly Uint8Array[];
}

export interface SampleOptions {
  readonly count: number;
  readonly entryBytesMax: number;
  readonly sequence: number;
}

export function sampleBatch(random: Seeded, options: SampleOptions): SampleBatch {
  const { count, entryBytesMax, sequence } = options;
  const entries = Array.from({ length: count }, () => {
    const bytes = 17 + random.below(entryBytesMax - 16);
    const entry = random.chance(30) ? new Uint8Array(bytes).fill(sequence) : random.bytes(bytes);
    entry.set(random.bytes(16)); // no entry twice
    return entry;
  });
  const leaves = entries.map(leafOf);
  return {
    entries,
    batch: {
      author: random.bytes(32),
      writer: random.bytes(16),
      sequence,
      signature: random.bytes(64),
      root: plainRoot(leaves),
      count,
      entries: Buffer.concat(entries),
      lengths: Uint16Array.from(entries, (entry) => entry.length),
      shards: Uint16Array.from(entries, () => random.below(257)),
      leaves: Buffer.concat(leaves),
    },
  };
}
