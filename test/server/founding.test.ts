/**
 * Goal: the batch that founds a log is the first administrator's own: signed by its key, canonical,
 * and it grants what the founding node needs. Method: read back by the parts that read any batch.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { KeyPair } from "../../src/client/key-pair.js";
import { clusterIdOf } from "../../src/crypto/cluster-id.js";
import { verify } from "../../src/crypto/ed25519.js";
import { batchMessage, GLOBAL_SHARD } from "../../src/entry/batch.js";
import { decodeEntry } from "../../src/entry/codec.js";
import { foundingGrants } from "../../src/server/founding.js";
import { batchRoot, leavesOf } from "../support/batches.js";
import { Seeded } from "../support/seeded.js";

const test = suite("server: founding");
const random = new Seeded(1);
const keyOf = (value: number) => KeyPair.fromSeed(new Uint8Array(32).fill(value));
const keys = { log: keyOf(1), gateway: keyOf(2), importer: keyOf(3), administrator: keyOf(4) };
const nonce = random.bytes(32);
const clusterId = clusterIdOf(keys.administrator.publicKey, nonce);
const batch = foundingGrants(keys, clusterId, random);

const entries: Uint8Array[] = [];
for (let at = 0, entry = 0; entry < batch.count; entry++) {
  const end = at + (batch.lengths[entry] ?? 0);
  entries.push(batch.entries.slice(at, end));
  at = end;
}

test("grants: the gateway may be one, the importer may write", () => {
  const roles = entries.map((bytes) => {
    const { author, body } = decodeEntry(bytes);
    assert.equal(Buffer.from(author), Buffer.from(keys.administrator.publicKey));
    if (body.kind !== "grant") throw new Error("a grant is a grant");
    assert.equal(Buffer.from(body.clusterId), Buffer.from(clusterId));
    return [Buffer.from(body.key).toString("hex"), body.role];
  });
  assert.equal(roles, [
    [keys.gateway.publicKeyHex, "gateway"],
    [keys.importer.publicKeyHex, "writer"],
  ]);
});

test("batch: leaves, root and shards are those of its entries", () => {
  assert.is(
    entries.reduce((sum, entry) => sum + entry.length, 0),
    batch.entries.length,
  );
  assert.equal(Buffer.from(batch.leaves), Buffer.from(leavesOf(entries)));
  assert.equal(Buffer.from(batch.root), Buffer.from(batchRoot(entries)));
  assert.equal([...batch.shards], [GLOBAL_SHARD, GLOBAL_SHARD]);
});

test("batch: the administrator signed it, as any author signs", () => {
  const message = batchMessage(batch.writer, batch.sequence, batch.count, batch.root);
  assert.ok(verify(batch.signature, message, keys.administrator.publicKey));
  assert.equal(Buffer.from(batch.author), Buffer.from(keys.administrator.publicKey));
});

test("cluster id: names the first administrator, and is another one each time", () => {
  assert.is(clusterId.length, 16);
  const { publicKey } = keys.administrator;
  const idOf = (key: Uint8Array, own: Uint8Array) => Buffer.from(clusterIdOf(key, own));
  assert.ok(idOf(publicKey, nonce).equals(clusterId));
  assert.not.ok(idOf(publicKey, random.bytes(32)).equals(clusterId));
  assert.not.ok(idOf(keys.gateway.publicKey, nonce).equals(clusterId));
});

test.run();
