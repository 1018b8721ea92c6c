/**
 * Entries that change how claims are read, and records of sources.
 *
 *     active   0x01 ‖ place            id (32) | entry      what the world is folded from
 *     dormant  0x00 ‖ author ‖ place   the same             by a key that nobody has given a right
 *     source   source id ‖ 0x00 ‖ place   the same          in a keyspace of its own
 *
 * Anyone may append such entries, and most keys have no rights: were every one of them in the
 * world, strangers could make each fold dear and each ruling old. So an entry sleeps until its
 * author is *named*: the first administrator, or a key that an active grant names. This only ever
 * grows, in whatever order entries come, and takes in all that can have an effect; what has one,
 * the lens says.
 * A source is withdrawn by a named key or by the author of a record of it; of its records the first
 * few are looked at, since only the first one decides.
 */
import { readEntry } from "../entry/decoder.js";
import type { Place, WorldRecord, WorldRoot } from "../lens/history.js";
import type { LmdbReader, LmdbWriter } from "../lmdb/lmdb-transaction.js";
import { bytesEqual } from "../model/hex.js";
import type { IdRows } from "./id-rows.js";
import { PLACE_BYTES, placeAt, placeKey } from "./places.js";
import { mapKey, plain, textOf } from "./row-bytes.js";

const ID_BYTES = 32;
const AUTHOR_BYTES = 32;
const ACTIVE = Uint8Array.of(1);
const DORMANT = 0;
const recordsPerSourceMax = 64;

/** A world entry as a row holds it. */
interface WorldRow {
  readonly place: Place;
  readonly id: Uint8Array;
  readonly entry: Uint8Array;
}

function encodeRow(id: Uint8Array, entry: Uint8Array): Uint8Array {
  const row = new Uint8Array(ID_BYTES + entry.length);
  row.set(id);
  row.set(entry, ID_BYTES);
  return row;
}

function decodeRow(key: Uint8Array, value: Uint8Array): WorldRow {
  const place = placeAt(key, key.length - PLACE_BYTES);
  return { place, id: value.slice(0, ID_BYTES), entry: plain(value.subarray(ID_BYTES)) };
}

function recordOf({ place, id, entry }: WorldRow): WorldRecord {
  const { author, onBehalfOf, body } = readEntry(entry);
  const said = onBehalfOf === undefined ? {} : { onBehalfOf };
  const at = { recorded: place.recorded, logId: place.logId, index: place.index };
  return { ...at, id: new Uint8Array(id), author, ...said, body } as WorldRecord;
}

const dormantKey = (author: Uint8Array): Uint8Array => {
  const key = new Uint8Array(1 + AUTHOR_BYTES);
  key[0] = DORMANT;
  key.set(author, 1);
  return key;
};

const sourceRowKey = (sourceId: string): Uint8Array => new Uint8Array(Buffer.from(sourceId));
/** No claim names it yet: see lists-projection.ts. */
const noSourceRow = Uint8Array.of(0, 0xff);
const sourceKey = (sourceId: string): Uint8Array => new Uint8Array(Buffer.from(`${sourceId}\0`));

/** All that can have an effect, in canonical order. */
export function readWorldRecords(transaction: LmdbReader): readonly WorldRecord[] {
  const records: WorldRecord[] = [];
  const retracted = new Set<string>();
  for (const { key, value } of transaction.rows("world", { prefix: ACTIVE })) {
    const record = recordOf(decodeRow(key, value));
    records.push(record);
    if (record.body.kind === "source_retraction") retracted.add(record.body.sourceId);
  }
  if (retracted.size === 0) return records;
  for (const sourceId of retracted) records.push(...sourceRecords(transaction, sourceId));
  const keyed = records.map((record) => ({ record, key: placeKey(record) }));
  keyed.sort((left, right) => Buffer.compare(left.key, right.key));
  return keyed.map(({ record }) => record);
}

function sourceRecords(transaction: LmdbReader, sourceId: string): WorldRecord[] {
  const records: WorldRecord[] = [];
  for (const { key, value } of transaction.rows("source_records", {
    prefix: sourceKey(sourceId),
  })) {
    records.push(recordOf(decodeRow(key, value)));
    if (records.length >= recordsPerSourceMax) break;
  }
  return records;
}

/** The latest record of a source, as an entry. */
export function latestSourceRecord(
  transaction: LmdbReader,
  sourceId: string,
): Uint8Array | undefined {
  const range = { prefix: sourceKey(sourceId), isBackward: true };
  for (const { key, value } of transaction.rows("source_records", range)) {
    return new Uint8Array(decodeRow(key, value).entry);
  }
  return undefined;
}

/** What the active rows say of rights, read once in a transaction that asks. */
interface KnownWorld {
  readonly names: Set<string>;
  readonly retracted: Set<string>;
}

/** What a write transaction does with world entries. */
export class WorldRows {
  private readonly transaction: LmdbWriter;
  private readonly ids: IdRows;
  private readonly rootOf: () => WorldRoot | undefined;
  private readonly changed: () => void;
  private known: KnownWorld | undefined = undefined;

  /** `changed` is called whenever what `readWorldRecords` gives changes. */
  constructor(parts: {
    readonly transaction: LmdbWriter;
    readonly ids: IdRows;
    readonly rootOf: () => WorldRoot | undefined;
    readonly changed: () => void;
  }) {
    this.transaction = parts.transaction;
    this.ids = parts.ids;
    this.rootOf = parts.rootOf;
    this.changed = parts.changed;
  }

  /** Takes in an entry at a place; one that stands already moves if this one is earlier. */
  add(entry: Uint8Array, id: Uint8Array, place: Place): void {
    const known = this.ids.find(id);
    if (known !== undefined && known.kind !== "hole") {
      if (known.kind === "world") this.move(id, known.key, place);
      return;
    }
    this.put({ place, id, entry }, known !== undefined);
  }

  addSourceRecord(entry: Uint8Array, id: Uint8Array, place: Place): void {
    const known = this.ids.find(id);
    const record = recordOf({ place, id, entry });
    if (record.body.kind !== "source_record") return;
    if (known !== undefined && known.kind !== "hole") {
      if (known.kind !== "source") return;
      const before = placeAt(known.key, known.key.length - PLACE_BYTES);
      if (Buffer.compare(placeKey(before), placeKey(place)) <= 0) return;
      this.transaction.delete("source_records", known.key);
    }
    const sourceId = record.body.id;
    const key = placeKey(place, sourceKey(sourceId));
    this.transaction.put("source_records", key, encodeRow(id, entry));
    this.transaction.putNew("sources", sourceRowKey(sourceId), noSourceRow);
    if (known === undefined) this.ids.add(id, { kind: "source", key });
    else this.ids.replace(id, { kind: "source", key });
    if (this.isRetracted(sourceId)) this.changed();
    this.wake(record.author, (body) => {
      return body.kind === "source_retraction" && body.sourceId === sourceId;
    });
  }

  /** Takes a record of a source out; returns its author, or `undefined` where there is none. */
  sourceRecordAuthor(key: Uint8Array): Uint8Array | undefined {
    const value = this.transaction.get("source_records", key);
    return value === undefined ? undefined : recordOf(decodeRow(key, value)).author;
  }

  removeSourceRecord(id: Uint8Array, key: Uint8Array, author: number): void {
    this.transaction.delete("source_records", key);
    this.ids.replace(id, { kind: "erased", author });
    const sourceId = textOf(key, 0, key.length - PLACE_BYTES - 1);
    if (this.isRetracted(sourceId)) this.changed();
  }

  /** The cluster's root became known. */
  rootChanged(): void {
    this.known = undefined;
    this.changed();
    const root = this.rootOf();
    if (root !== undefined) this.wake(root.firstAdministrator, () => true);
  }

  private put(row: WorldRow, wasHole: boolean): void {
    const record = recordOf(row);
    const isActive = this.isNamed(record.author) || this.isRegistrar(record);
    const key = placeKey(row.place, isActive ? ACTIVE : dormantKey(record.author));
    this.transaction.put("world", key, encodeRow(row.id, row.entry));
    if (wasHole) this.ids.replace(row.id, { kind: "world", key });
    else this.ids.add(row.id, { kind: "world", key });
    if (isActive) this.activated(record);
  }

  private move(id: Uint8Array, before: Uint8Array, place: Place): void {
    const earlier = placeKey(place);
    if (Buffer.compare(earlier, before.subarray(before.length - PLACE_BYTES)) >= 0) return;
    const value = this.transaction.get("world", before);
    if (value === undefined) return;
    const key = placeKey(place, before.subarray(0, before.length - PLACE_BYTES));
    this.transaction.delete("world", before);
    this.transaction.put("world", key, value);
    this.ids.replace(id, { kind: "world", key });
    if (key[0] !== DORMANT) this.changed();
  }

  private activated(record: WorldRecord): void {
    this.changed();
    const { body } = record;
    if (body.kind === "source_retraction") this.facts().retracted.add(body.sourceId);
    const root = this.rootOf();
    if (body.kind !== "grant" || root === undefined) return;
    if (!bytesEqual(body.clusterId, root.clusterId)) return;
    const name = mapKey(body.key);
    if (this.named().has(name)) return;
    this.named().add(name);
    this.wake(body.key, () => true);
  }

  /** Makes sleeping entries of an author part of the world. */
  private wake(author: Uint8Array, wanted: (body: WorldRecord["body"]) => boolean): void {
    const rows = [...this.transaction.rows("world", { prefix: dormantKey(author) })];
    for (const { key, value } of rows) {
      const row = decodeRow(key, value);
      const record = recordOf(row);
      if (!wanted(record.body)) continue;
      const active = placeKey(row.place, ACTIVE);
      this.transaction.delete("world", key);
      this.transaction.put("world", active, value);
      this.ids.replace(row.id, { kind: "world", key: active });
      this.activated(record);
    }
  }

  private isNamed(author: Uint8Array): boolean {
    return this.named().has(mapKey(author));
  }

  private isRegistrar(record: WorldRecord): boolean {
    if (record.body.kind !== "source_retraction") return false;
    const records = sourceRecords(this.transaction, record.body.sourceId);
    return records.some(({ author }) => bytesEqual(author, record.author));
  }

  private isRetracted(sourceId: string): boolean {
    return this.facts().retracted.has(sourceId);
  }

  private named(): Set<string> {
    return this.facts().names;
  }

  private facts(): KnownWorld {
    if (this.known !== undefined) return this.known;
    const known: KnownWorld = { names: new Set(), retracted: new Set() };
    this.known = known;
    const root = this.rootOf();
    if (root !== undefined) known.names.add(mapKey(root.firstAdministrator));
    for (const { key, value } of this.transaction.rows("world", { prefix: ACTIVE })) {
      const { body } = recordOf(decodeRow(key, value));
      if (body.kind === "source_retraction") known.retracted.add(body.sourceId);
      if (body.kind !== "grant" || root === undefined) continue;
      if (bytesEqual(body.clusterId, root.clusterId)) known.names.add(mapKey(body.key));
    }
    return known;
  }
}
