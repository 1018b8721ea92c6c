/** Formats a data directory: makes the cluster id, the keys, and a log that begins with them. */
import { openTreeHash } from "../crypto/tree-hash.js";
import { batchMessage, GLOBAL_SHARD } from "../entry/batch.js";
import { encodeEntry } from "../entry/codec.js";
import type { Random } from "../host/random.js";
import { rootOf } from "../merkle/tree-edge.js";
import { saltBytes, writerBytes } from "../model/position.js";
import type { AdmittedBatch } from "../wal/admitted-batch.js";
import type { FoundingKeys } from "./node-keys.js";

/** The first administrator's Grants, for the gateway and this machine's importer, as one batch. */
export function foundingGrants(
  keys: FoundingKeys,
  clusterId: Uint8Array,
  random: Random,
): AdmittedBatch {
  const author = keys.administrator.publicKey;
  const grant = (key: Uint8Array, role: "gateway" | "writer", note: string) =>
    encodeEntry({
      author,
      salt: random.bytes(saltBytes),
      body: { kind: "grant", clusterId, key, role, note },
    });
  const entries = [
    grant(keys.gateway.publicKey, "gateway", "the gateway of the founding node"),
    grant(keys.importer.publicKey, "writer", "the importer of the founding node"),
  ];
  const hash = openTreeHash();
  const leaves = Buffer.concat(entries.map((entry) => hash.leaf(entry)));
  const root = rootOf(hash, leaves);
  const writer = random.bytes(writerBytes);
  const sequence = 1;
  return {
    author,
    writer,
    sequence,
    signature: keys.administrator.sign(batchMessage(writer, sequence, entries.length, root)),
    root,
    count: entries.length,
    entries: Buffer.concat(entries),
    lengths: Uint16Array.from(entries, (entry) => entry.length),
    shards: new Uint16Array(entries.length).fill(GLOBAL_SHARD),
    leaves,
  };
}
