/**
 * Idempotency keys as rows of LMDB. Runs on the thread that owns the environment.
 *
 *     keyspace «idempotency»  key                                    value
 *       kept entry            "k" ‖ caller 16 ‖ key 32               kept at 8 ‖ digest 32 ‖ entry
 *       expiry                "e" ‖ kept at 8 ‖ caller 16 ‖ key 32   0x01
 *       keys of a caller      "n" ‖ caller 16                        count 8
 *       keys of all           "n"                                    count 8 ‖ entry bytes 8
 *
 * caller = first 16 bytes of SHA-256(caller), key = SHA-256(key): whoever makes up names cannot
 * make rows grow. Times are milliseconds; integers are big-endian.
 *
 * Invariants:
 *
 * - A kept entry has exactly one expiry row, and is counted once for its caller and once for all.
 * - A key that is remembered is never overwritten, and never forgotten before its time: where there
 *   is no room for another, the new one is refused.
 */
import { sha256 } from "../crypto/sha256.js";
import type { LmdbReader, LmdbWriter } from "../lmdb/lmdb-transaction.js";
import { Fault } from "../model/fault.js";
import { bytesEqual } from "../model/hex.js";

// Set in stone for format version 1 of the state directory.
export const IDEMPOTENCY_KEYSPACE = "idempotency";
const KEPT_TAG = 0x6b;
const EXPIRY_TAG = 0x65;
const COUNT_TAG = 0x6e;
const CALLER_BYTES = 16;
const KEY_BYTES = 32;
const TIME_BYTES = 8;
const DIGEST_BYTES = 32;
const KEPT_HEAD_BYTES = TIME_BYTES + DIGEST_BYTES;
const PRESENT = Uint8Array.of(1);
const ALL = Uint8Array.of(COUNT_TAG);

/** Rows that one transaction forgets at most: those that one adds are forgotten faster. */
const expiredMax = 1_024;

/** An entry to be kept under a caller's key. */
export interface KeyedEntry {
  readonly caller: string;
  readonly key: string;
  /** Of the request, 32 bytes: tells a retry from another request. */
  readonly digest: Uint8Array;
  readonly entry: Uint8Array;
}

export interface KeptLimits {
  readonly retentionMs: number;
  readonly callerKeysMax: number;
  readonly keysMax: number;
  readonly entryBytesMax: number;
}

/** What became of a keyed entry. */
export type KeepOutcome =
  /** It is kept now. */
  | { readonly kind: "new" }
  /** The key was kept before for the same request, with this entry. */
  | { readonly kind: "known"; readonly entry: Uint8Array }
  /** The key was kept before for another request. */
  | { readonly kind: "reused" }
  /** There is no room for another key of this caller, or of anybody. */
  | { readonly kind: "full"; readonly of: "caller" | "node"; readonly limit: number };

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function join(...parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

function numbers(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 8);
  for (const [at, value] of values.entries()) viewOf(bytes).setBigUint64(at * 8, BigInt(value));
  return bytes;
}

function damaged(row: string): Fault {
  return new Fault("STATE_DAMAGED", `a ${row} row of the state directory is damaged`, { row });
}

function numberAt(row: Uint8Array | undefined, at: number, what: string): number {
  if (row === undefined) return 0;
  if (row.length < at + 8) throw damaged(what);
  const value = viewOf(row).getBigUint64(at);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw damaged(what);
  return Number(value);
}

interface Kept {
  readonly keptAtMs: number;
  readonly digest: Uint8Array;
  readonly entry: Uint8Array;
}

function readKept(reader: LmdbReader, key: Uint8Array): Kept | undefined {
  const row = reader.get(IDEMPOTENCY_KEYSPACE, key);
  if (row === undefined) return undefined;
  if (row.length <= KEPT_HEAD_BYTES) throw damaged("kept entry");
  return {
    keptAtMs: numberAt(row, 0, "kept entry"),
    digest: row.subarray(TIME_BYTES, KEPT_HEAD_BYTES),
    entry: row.subarray(KEPT_HEAD_BYTES),
  };
}

/** Counts, read once and written once in a transaction. */
class Counts {
  readonly #callers = new Map<string, { readonly key: Uint8Array; count: number }>();
  readonly #writer: LmdbWriter;
  keys: number;
  entryBytes: number;

  constructor(writer: LmdbWriter) {
    const all = writer.get(IDEMPOTENCY_KEYSPACE, ALL);
    this.#writer = writer;
    this.keys = numberAt(all, 0, "key count");
    this.entryBytes = numberAt(all, 8, "key count");
  }

  ofCaller(caller: Uint8Array): { count: number } {
    const name = Buffer.from(caller).toString("latin1");
    const known = this.#callers.get(name);
    if (known !== undefined) return known;
    const key = join(ALL, caller);
    const row = this.#writer.get(IDEMPOTENCY_KEYSPACE, key);
    const counted = { key, count: numberAt(row, 0, "key count") };
    this.#callers.set(name, counted);
    return counted;
  }

  add(caller: Uint8Array, entryBytes: number): void {
    this.ofCaller(caller).count += 1;
    this.keys += 1;
    this.entryBytes += entryBytes;
  }

  remove(caller: Uint8Array, entryBytes: number): void {
    const counted = this.ofCaller(caller);
    counted.count = Math.max(0, counted.count - 1);
    this.keys = Math.max(0, this.keys - 1);
    this.entryBytes = Math.max(0, this.entryBytes - entryBytes);
  }

  write(): void {
    for (const { key, count } of this.#callers.values()) {
      if (count > 0) this.#writer.put(IDEMPOTENCY_KEYSPACE, key, numbers(count));
      else this.#writer.delete(IDEMPOTENCY_KEYSPACE, key);
    }
    this.#writer.put(IDEMPOTENCY_KEYSPACE, ALL, numbers(this.keys, this.entryBytes));
  }
}

/** Keeps entries, and forgets some whose time is over; one outcome each, in order. */
export function keepEntries(
  writer: LmdbWriter,
  entries: readonly KeyedEntry[],
  nowMs: number,
  limits: KeptLimits,
): readonly KeepOutcome[] {
  const counts = new Counts(writer);
  forgetExpired(writer, counts, nowMs - limits.retentionMs);
  const outcomes = entries.map((entry) => keepOne(writer, counts, entry, nowMs, limits));
  counts.write();
  return outcomes;
}

function keepOne(
  writer: LmdbWriter,
  counts: Counts,
  keyed: KeyedEntry,
  nowMs: number,
  limits: KeptLimits,
): KeepOutcome {
  const caller = sha256(Buffer.from(keyed.caller)).subarray(0, CALLER_BYTES);
  const name = join(caller, sha256(Buffer.from(keyed.key)));
  const key = join(Uint8Array.of(KEPT_TAG), name);
  const kept = readKept(writer, key);
  if (kept !== undefined && nowMs - kept.keptAtMs < limits.retentionMs) {
    if (!bytesEqual(kept.digest, keyed.digest)) return { kind: "reused" };
    return { kind: "known", entry: new Uint8Array(kept.entry) };
  }
  if (kept !== undefined) forget(writer, counts, name, kept);
  const { callerKeysMax, keysMax, entryBytesMax } = limits;
  if (counts.ofCaller(caller).count >= callerKeysMax) {
    return { kind: "full", of: "caller", limit: callerKeysMax };
  }
  const isFull = counts.entryBytes + keyed.entry.length > entryBytesMax;
  if (counts.keys >= keysMax || isFull) return { kind: "full", of: "node", limit: keysMax };
  writer.put(IDEMPOTENCY_KEYSPACE, key, join(numbers(nowMs), keyed.digest, keyed.entry));
  writer.put(IDEMPOTENCY_KEYSPACE, expiryKey(nowMs, name), PRESENT);
  counts.add(caller, keyed.entry.length);
  return { kind: "new" };
}

const expiryKey = (keptAtMs: number, name: Uint8Array): Uint8Array =>
  join(Uint8Array.of(EXPIRY_TAG), numbers(keptAtMs), name);

function forget(writer: LmdbWriter, counts: Counts, name: Uint8Array, kept: Kept): void {
  writer.delete(IDEMPOTENCY_KEYSPACE, join(Uint8Array.of(KEPT_TAG), name));
  writer.delete(IDEMPOTENCY_KEYSPACE, expiryKey(kept.keptAtMs, name));
  counts.remove(name.subarray(0, CALLER_BYTES), kept.entry.length);
}

/** Forgets the oldest entries that were kept at or before a moment. */
function forgetExpired(writer: LmdbWriter, counts: Counts, beforeMs: number): void {
  const expired: Uint8Array[] = [];
  const prefix = Uint8Array.of(EXPIRY_TAG);
  for (const key of writer.keys(IDEMPOTENCY_KEYSPACE, { prefix })) {
    if (key.length !== 1 + TIME_BYTES + CALLER_BYTES + KEY_BYTES) throw damaged("expiry");
    if (numberAt(key, 1, "expiry") > beforeMs || expired.length === expiredMax) break;
    expired.push(key);
  }
  for (const key of expired) {
    const name = key.subarray(1 + TIME_BYTES);
    const kept = readKept(writer, join(Uint8Array.of(KEPT_TAG), name));
    if (kept === undefined) writer.delete(IDEMPOTENCY_KEYSPACE, key);
    else forget(writer, counts, name, kept);
  }
}
