/**
 * Made the data directory beside it, once, when version 1 of the log's format was new:
 *
 *     node dist/test/formats/v1/log/make.js test/formats/v1/log/data
 *
 * It stays here to say what is in the directory; the files there are never written again. Keys,
 * salts, names and the clock are fixed, so that it makes the same frames today: log.test.ts
 * compares those of the first segment.
 */
import { keyPairFromSeed, sign } from "../../../../src/crypto/ed25519.js";
import { sha256 } from "../../../../src/crypto/sha256.js";
import { openTreeHash } from "../../../../src/crypto/tree-hash.js";
import { batchMessage, shardOf } from "../../../../src/entry/batch.js";
import { encodeEntry } from "../../../../src/entry/codec.js";
import type { Clock } from "../../../../src/host/clock.js";
import type { Disk } from "../../../../src/host/disk.js";
import { nodeDisk } from "../../../../src/host/node-disk.js";
import { rootOf } from "../../../../src/merkle/tree-edge.js";
import type { LogId } from "../../../../src/model/position.js";
import { silentProbe } from "../../../../src/observability/probe.js";
import type { AdmittedBatch } from "../../../../src/wal/admitted-batch.js";
import { formatLog } from "../../../../src/wal/format-log.js";
import { Log, logOptionsPreset } from "../../../../src/wal/log.js";
import { Seeded } from "../../../support/seeded.js";

export const logSeed = new Uint8Array(32).fill(0x11);
const author = keyPairFromSeed(new Uint8Array(32).fill(0x22));
const hash = openTreeHash();
const text = new TextEncoder();

/** A clock that passes a second whenever it is asked, and never rings. */
function fixedClock(): Clock {
  let ms = Date.UTC(2026, 10, 23);
  let monotonic = 0;
  return {
    nowMs: () => (ms += 1000),
    monotonicMs: () => (monotonic += 1000),
    after: () => ({ cancel: () => {} }),
  };
}

function makeBatch(random: Seeded, sequence: number, count: number): AdmittedBatch {
  const paths = Array.from({ length: count }, (_, i) => `web/feature/${sequence}/${i}`);
  const entries = paths.map((conceptPath, i) =>
    encodeEntry({
      author: author.publicKey,
      salt: random.bytes(16),
      body: {
        kind: "assertion",
        conceptPath,
        predicate: "supported_since",
        value: { kind: "version", version: `${sequence}.${i}`, bound: "exact" },
        polarity: "affirms",
        confidenceMillionths: 900_000,
        source: { id: "fixture", class: "expert" },
        assertedMs: Date.UTC(2026, 10, 22) + i,
        lifecycle: "proposed",
      },
    }),
  );
  const leaves = Buffer.concat(entries.map((entry) => hash.leaf(entry)));
  const root = rootOf(hash, leaves);
  const writer = new Uint8Array(16).fill(0x33);
  return {
    author: author.publicKey,
    writer,
    sequence,
    signature: sign(batchMessage(writer, sequence, count, root), author.secretKey),
    root,
    count,
    entries: Buffer.concat(entries),
    lengths: Uint16Array.from(entries, (entry) => entry.length),
    shards: Uint16Array.from(paths, (path) => shardOf(sha256(text.encode(path)))),
    leaves,
  };
}

/** Several sealed segments, an open one with a marker at its end; blocks with and without LZ4. */
export async function makeLog(disk: Disk, walDirectory: string): Promise<LogId> {
  const entrySalts = new Seeded(0x5e9e);
  // Always the same bytes: the history does not depend on how often the log asks for some.
  const random = { bytes: (count: number) => new Uint8Array(count).fill(0x55) };
  const common = {
    ...logOptionsPreset,
    disk,
    clock: fixedClock(),
    random,
    probe: silentProbe,
    walDirectory,
    key: keyPairFromSeed(logSeed),
    hash,
    segmentBytesMax: 16 * 1024,
    reserveBytes: 0,
  };
  let sequence = 1;
  const { logId } = await formatLog({
    ...common,
    clusterId: new Uint8Array(16).fill(0x44),
    firstAdministrator: author.publicKey,
    batches: [makeBatch(entrySalts, sequence++, 2)],
  });
  for (const compression of ["none", "lz4"] as const) {
    const log = await Log.open({ ...common, logId, compression });
    for (const count of [1, 3, 20, 7, 1, 40]) {
      await log.append(makeBatch(entrySalts, sequence++, count));
    }
    await log.close();
  }
  return logId;
}

const target = process.argv[2];
if (target !== undefined && process.argv[1]?.endsWith("make.js")) {
  await makeLog(nodeDisk, `${target}/wal`);
  const { KeyPair } = await import("../../../../src/client/key-pair.js");
  await nodeDisk.makeDirectory(`${target}/keys`);
  await KeyPair.fromSeed(logSeed).save(`${target}/keys/log.key`, "log");
}
