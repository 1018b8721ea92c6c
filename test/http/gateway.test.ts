/**
 * Goal: the gateway signs what callers say so that admission takes it, groups what comes together,
 * tells each caller its own place, and under an Idempotency-Key appends one entry, whatever dies.
 * Method: requests go through the real admission; a log in memory takes what it lets through, and
 * can lose what it was given, or its answer. The state store is a real one, closed and opened.
 */
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { KeyPair } from "../../src/client/key-pair.js";
import { sealBatch } from "../../src/client/sealed-batch.js";
import { sha256 } from "../../src/crypto/sha256.js";
import { decodeEntry, encodeEntry } from "../../src/entry/codec.js";
import { systemClock } from "../../src/host/clock.js";
import { nodeDisk } from "../../src/host/node-disk.js";
import { systemRandom } from "../../src/host/random.js";
import { systemWorkers } from "../../src/host/workers.js";
import { type Appends, GatewayWriter } from "../../src/http/gateway.js";
import type { Saying } from "../../src/http/parts.js";
import { AdmissionPool, isRefusal } from "../../src/ingest/admission-pool.js";
import {
  type BatchOutcome,
  type RequestOutcome,
  refusal,
  refused,
} from "../../src/ingest/outcome.js";
import type { Body } from "../../src/model/entry.js";
import type { Fault } from "../../src/model/fault.js";
import { bytesEqual, toHex } from "../../src/model/hex.js";
import { hybridTimeAt } from "../../src/model/hybrid-time.js";
import { toIndex } from "../../src/model/position.js";
import { silentProbe } from "../../src/observability/probe.js";
import { IdempotencyTable, idempotencyTablePreset } from "../../src/state/idempotency.js";
import { StateStore } from "../../src/state/state-store.js";
import { SignedBatch } from "../../src/wire/steme/v1/log_service.js";
import { rejects, within } from "../support/expect.js";
import { temporaryDirectory } from "../support/temporary.js";
import { assertion, logId, nowMs } from "./fake-parts.js";

const test = suite("http: gateway");
const keys = KeyPair.fromSeed(new Uint8Array(32).fill(1));
const other = KeyPair.fromSeed(new Uint8Array(32).fill(2));
const recorded = hybridTimeAt(nowMs);

/** A log in memory behind the real admission. */
class MemoryAppends implements Appends {
  readonly entries: Uint8Array[] = [];
  readonly batchSizes: number[] = [];
  readonly writers = new Set<string>();
  readonly sequences: number[] = [];
  /** What becomes of the next batches, where that is not «appended». */
  next: ((append: () => BatchOutcome) => BatchOutcome | Promise<never>) | undefined;
  readonly #pool = AdmissionPool.open({
    workers: systemWorkers,
    workerCount: 0,
    areaBytes: 12 * 1024 ** 2,
    inlineBytesMax: 1024 ** 2,
  });

  openCall() {
    return { append: (message: Uint8Array) => this.#append(message) };
  }

  async #append(message: Uint8Array): Promise<RequestOutcome> {
    const admitted = await this.#pool.admit(message, true);
    assert.ok(admitted);
    const outcomes: BatchOutcome[] = [];
    for (const batch of admitted.batches) {
      if (isRefusal(batch)) {
        outcomes.push(refused(batch));
        continue;
      }
      this.writers.add(toHex(batch.writer));
      this.sequences.push(batch.sequence);
      this.batchSizes.push(batch.count);
      const append = (): BatchOutcome => {
        const firstIndex = this.entries.length;
        let at = 0;
        for (const length of batch.lengths) {
          this.entries.push(batch.entries.slice(at, at + length));
          at += length;
        }
        return {
          kind: "appended",
          receipt: { firstIndex, count: batch.count, hybridTime: recorded },
        };
      };
      const { next } = this;
      this.next = undefined;
      outcomes.push(next === undefined ? append() : await next(append));
    }
    admitted.release();
    return { number: admitted.number, outcomes };
  }

  async find(id: Uint8Array) {
    const index = this.entries.findIndex((entry) => bytesEqual(idOf(entry), id));
    const entry = this.entries[index];
    if (entry === undefined) return undefined;
    const position = { logId, index: toIndex(index) };
    return { id: new Uint8Array(id), position, recorded, entry };
  }
}

const idOf = (entry: Uint8Array): Uint8Array => sha256(Uint8Array.of(0), entry);

const openStore = (directory: string): Promise<StateStore> =>
  StateStore.open({
    directory,
    mapBytes: 64 * 1024 ** 2,
    disk: nodeDisk,
    workers: systemWorkers,
    probe: silentProbe,
  });

const gatewayOn = (appends: MemoryAppends, store: StateStore): GatewayWriter =>
  new GatewayWriter({
    keys,
    logId,
    appends,
    entries: appends,
    idempotency: new IdempotencyTable({ ...idempotencyTablePreset, store, clock: systemClock }),
    random: systemRandom,
  });

async function on(
  work: (parts: {
    readonly gateway: GatewayWriter;
    readonly appends: MemoryAppends;
    /** Another life of the node, on the same state and the same log. */
    readonly restart: () => Promise<GatewayWriter>;
  }) => Promise<void>,
): Promise<void> {
  const directory = join(temporaryDirectory("gateway"), "state");
  const appends = new MemoryAppends();
  let store = await openStore(directory);
  const restart = async () => {
    await store.close();
    store = await openStore(directory);
    return gatewayOn(appends, store);
  };
  try {
    await within(20_000, work({ gateway: gatewayOn(appends, store), appends, restart }));
  } finally {
    await store.close();
  }
}

const claim = (text: string): Body => ({ ...assertion, value: { kind: "text", text } });
const saying = (text: string, key?: string, request = text): Saying => ({
  caller: "anonymous",
  body: claim(text),
  ...(key === undefined
    ? {}
    : { idempotency: { key, digest: new Uint8Array(sha256(Buffer.from(request))) } }),
});

test("say: an entry of the gateway's, on behalf of the caller, with a salt of its own", () =>
  on(async ({ gateway, appends }) => {
    const first = await gateway.say(saying("x"));
    const second = await gateway.say(saying("x"));
    assert.is(first.position.index, 0);
    assert.is(second.position.index, 1);
    assert.is(first.recorded, recorded);
    assert.is(first.existed, false);
    assert.not.equal(toHex(first.id), toHex(second.id));
    const [entry = new Uint8Array(0)] = appends.entries;
    const decoded = decodeEntry(entry);
    assert.equal(decoded.author, keys.publicKey);
    assert.is(decoded.onBehalfOf, "anonymous");
    assert.equal(decoded.body, claim("x"));
    assert.ok(bytesEqual(idOf(entry), first.id));
  }));

test("say: what comes within a turn is one batch, and each is told its own place", () =>
  on(async ({ gateway, appends }) => {
    const texts = Array.from({ length: 100 }, (_none, n) => `claim ${n}`);
    const receipts = await Promise.all(texts.map((text) => gateway.say(saying(text))));
    assert.equal(appends.batchSizes, [100]);
    for (const [at, { id, position }] of receipts.entries()) {
      const entry = appends.entries[position.index] ?? new Uint8Array(0);
      assert.ok(bytesEqual(idOf(entry), id));
      assert.equal(decodeEntry(entry).body, claim(texts[at] ?? ""));
    }
    await gateway.say(saying("later"));
    assert.equal(appends.sequences, [1, 2]);
    assert.is(appends.writers.size, 1);
  }));

test("say: more than a batch may hold goes into several", () =>
  on(async ({ gateway, appends }) => {
    const large = "x".repeat(32_000);
    const said = Array.from({ length: 70 }, (_none, n) => gateway.say(saying(`${n} ${large}`)));
    const indexes = (await Promise.all(said)).map(({ position }) => position.index);
    assert.equal(
      indexes,
      Array.from({ length: 70 }, (_none, at) => at),
    );
    assert.ok(appends.batchSizes.length > 2);
  }));

test("say: what cannot be encoded is refused, and leaves the others alone", () =>
  on(async ({ gateway, appends }) => {
    const good = gateway.say(saying("good"));
    const bad = { ...saying("bad"), body: { ...assertion, conceptPath: "a//b" } };
    await rejects(gateway.say(bad), "ENTRY_INVALID");
    await good;
    assert.is(appends.entries.length, 1);
  }));

test("say: what waits is bounded", () =>
  on(async ({ gateway, appends }) => {
    let release = () => {};
    const held = new Promise<never>((_resolve, reject) => {
      release = () => reject(new Error("released"));
    });
    appends.next = () => held;
    const outcomes = Array.from({ length: 4_096 }, (_none, n) =>
      gateway.say(saying(`${n}`)).then(
        () => "said",
        (error: Error) => error.message,
      ),
    );
    await rejects(gateway.say(saying("one more")), "OVERLOADED");
    await new Promise((resolve) => setImmediate(resolve));
    await rejects(gateway.say(saying("one more")), "OVERLOADED");
    release();
    await Promise.all(outcomes);
    assert.is((await gateway.say(saying("again"))).existed, false);
  }));

test("refusals: come as faults with their code and their reason", () =>
  on(async ({ gateway, appends }) => {
    const reason = { field: "sequence", limit: "one use each", value: "5" };
    appends.next = () => refused(refusal("DISK_FULL", "the disk is full", reason));
    const fault = (await rejects(gateway.say(saying("x")), "DISK_FULL")) as Fault;
    assert.equal(fault.detail, reason);
    appends.next = () => ({ kind: "unknown", refusal: refusal("OUTCOME_UNKNOWN", "poisoned") });
    const unknown = (await rejects(gateway.say(saying("x")), "OUTCOME_UNKNOWN")) as Fault;
    assert.match(unknown.message, /Idempotency-Key/);
  }));

test("append: an author's batch as it was signed, and what is wrong with it", () =>
  on(async ({ gateway, appends }) => {
    const salt = new Uint8Array(16);
    const entry = encodeEntry({ author: other.publicKey, salt, body: claim("signed") });
    const writer = new Uint8Array(16).fill(5);
    const sealed = sealBatch({ keys: other, writer, sequence: 9, entries: [entry] });
    const { signature } = SignedBatch.decode(sealed.bytes);
    const batch = { author: other.publicKey, writer, sequence: 9, entries: [entry], signature };
    const receipt = await gateway.append(batch);
    assert.equal(receipt.ids.map(toHex), [toHex(idOf(entry))]);
    assert.equal(appends.entries.map(toHex), [toHex(entry)]);
    const forged = { ...batch, signature: new Uint8Array(64).fill(1) };
    await rejects(gateway.append(forged), "SIGNATURE_INVALID");
    const foreign = { ...batch, entries: [Uint8Array.of(1, 2, 3)] };
    const fault = (await rejects(gateway.append(foreign))) as Fault;
    assert.is(fault.detail["entry"], 0);
  }));

test("idempotency: a retry answers the first receipt, and appends nothing", () =>
  on(async ({ gateway, appends }) => {
    const first = await gateway.say(saying("x", "key"));
    const again = await gateway.say(saying("x", "key"));
    assert.equal(again, { ...first, existed: true });
    assert.is(appends.entries.length, 1);
    await rejects(gateway.say(saying("y", "key")), "IDEMPOTENCY_KEY_REUSED");
    assert.is((await gateway.say({ ...saying("y", "key"), caller: "ann" })).existed, false);
    assert.is(appends.entries.length, 2);
  }));

test("idempotency: attempts that run side by side are one", () =>
  on(async ({ gateway, appends }) => {
    const attempts = await Promise.all(
      Array.from({ length: 20 }, () => gateway.say(saying("x", "key"))),
    );
    assert.is(new Set(attempts.map(({ id }) => toHex(id))).size, 1);
    assert.is(attempts.filter(({ existed }) => !existed).length, 1);
    assert.is(appends.entries.length, 1);
    const [reused, kept] = await Promise.allSettled([
      gateway.say(saying("z", "other")),
      gateway.say(saying("w", "other")),
    ]);
    assert.is(reused.status, "fulfilled");
    assert.is(kept.status, "rejected");
  }));

test("idempotency: a crash between keeping and appending, the retry appends the same entry", () =>
  on(async ({ gateway, appends, restart }) => {
    appends.next = () => Promise.reject(new Error("the process died here"));
    await gateway.say(saying("x", "key")).catch(() => {});
    assert.is(appends.entries.length, 0);
    const next = await restart();
    const receipt = await next.say(saying("x", "key"));
    assert.is(receipt.existed, false);
    const again = await next.say(saying("x", "key"));
    assert.equal(again, { ...receipt, existed: true });
    assert.is(appends.entries.length, 1);
    assert.is(appends.writers.size, 2);
  }));

test("idempotency: a crash behind the append, the retry answers where it stands", () =>
  on(async ({ gateway, appends, restart }) => {
    appends.next = (append) => {
      append();
      return Promise.reject(new Error("the process died here"));
    };
    await gateway.say(saying("x", "key")).catch(() => {});
    assert.is(appends.entries.length, 1);
    const next = await restart();
    await rejects(next.say(saying("y", "key")), "IDEMPOTENCY_KEY_REUSED");
    const receipt = await next.say(saying("x", "key"));
    assert.is(receipt.existed, true);
    assert.is(receipt.position.index, 0);
    assert.is(appends.entries.length, 1);
  }));

test("idempotency: what was refused is appended by a retry, with the same id", () =>
  on(async ({ gateway, appends }) => {
    appends.next = () => refused(refusal("DISK_FULL", "the disk is full"));
    await rejects(gateway.say(saying("x", "key")), "DISK_FULL");
    const receipt = await gateway.say(saying("x", "key"));
    assert.is(receipt.existed, false);
    const [entry = new Uint8Array(0)] = appends.entries;
    assert.ok(bytesEqual(idOf(entry), receipt.id));
  }));

test.run();
