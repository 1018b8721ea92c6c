/**
 * Where the entry of an id is: by the first 8 bytes, verified by the rest.
 *
 *     first 8 bytes → one item or several: tag (1) | …
 *       1 record    question number | ordinal: the record says the whole id
 *       2 world     rest of the id (24) | its row's key, sized
 *       3 source    the same: a record of a source
 *       4 outcome   the same: a trust outcome
 *       5 hole      rest of the id (24) | author, a word: its bytes are gone
 *       6 erased    the same: redacted without a record of it here; it does not come back
 *
 * Ids are random, so their rows are what costs most: short, put once and sorted at the end of the
 * transaction, and not read before. That an id of a claim is new, its question says; should another
 * id begin with the same 8 bytes, both stand in one row.
 */
import { assert } from "../invariant/assert.js";
import type { LmdbWriter } from "../lmdb/lmdb-transaction.js";
import { damagedRow, getU32, mapKey, RowReader, RowWriter } from "./row-bytes.js";

const KEY_BYTES = 8;
const REST_BYTES = 24;
const TAG_RECORD = 1;
const TAG_HOLE = 5;
const TAG_ERASED = 6;
const rowKinds = ["world", "source", "outcome"] as const;

export type IdPlace =
  | { readonly kind: "record"; readonly number: number; readonly ordinal: number }
  | { readonly kind: (typeof rowKinds)[number]; readonly key: Uint8Array }
  | { readonly kind: "hole"; readonly author: number }
  | { readonly kind: "erased"; readonly author: number };

type RecordPlace = Extract<IdPlace, { readonly kind: "record" }>;

interface Item {
  readonly bytes: Uint8Array;
  readonly place: IdPlace;
  /** Absent for records. */
  readonly rest: Uint8Array | undefined;
}

const writer = new RowWriter();

function encodeItem(id: Uint8Array, place: IdPlace): Uint8Array {
  writer.clear();
  if (place.kind === "record") {
    writer.byte(TAG_RECORD);
    writer.varint(place.number);
    writer.varint(place.ordinal);
    return writer.carved();
  }
  if (place.kind === "hole" || place.kind === "erased") {
    writer.byte(place.kind === "hole" ? TAG_HOLE : TAG_ERASED);
    writer.bytes(id, KEY_BYTES);
    writer.varint(place.author);
    return writer.carved();
  }
  writer.byte(rowKinds.indexOf(place.kind) + 2);
  writer.bytes(id, KEY_BYTES);
  writer.sized(place.key);
  return writer.carved();
}

function* itemsOf(row: Uint8Array): Generator<Item> {
  const reader = new RowReader(row);
  while (!reader.isAtEnd) {
    const start = reader.at;
    const tag = reader.byte();
    let place: IdPlace;
    let rest: Uint8Array | undefined;
    if (tag === TAG_RECORD) {
      place = { kind: "record", number: reader.varint(), ordinal: reader.varint() };
    } else {
      rest = reader.view(REST_BYTES);
      const kind = rowKinds[tag - 2];
      if (tag === TAG_HOLE) place = { kind: "hole", author: reader.varint() };
      else if (tag === TAG_ERASED) place = { kind: "erased", author: reader.varint() };
      else if (kind === undefined) throw damagedRow();
      else place = { kind, key: reader.sized() };
    }
    yield { bytes: row.subarray(start, reader.at), place, rest };
  }
}

export class IdRows {
  private readonly transaction: LmdbWriter;
  private readonly isRecordOf: (place: RecordPlace, id: Uint8Array) => boolean;
  /** Rows as they shall be: what was read of them is in them. */
  private readonly changed = new Map<string, Uint8Array>();
  /** Items that were added without a look at what is stored. */
  private readonly added = new Map<string, Uint8Array>();

  /** `isRecordOf`: whether a record is the one of an id. */
  constructor(
    transaction: LmdbWriter,
    isRecordOf: (place: RecordPlace, id: Uint8Array) => boolean,
  ) {
    this.transaction = transaction;
    this.isRecordOf = isRecordOf;
  }

  find(id: Uint8Array): IdPlace | undefined {
    for (const item of this.items(id)) if (this.isOf(item, id)) return item.place;
    return undefined;
  }

  /** An id that is known to be new. */
  add(id: Uint8Array, place: IdPlace): void {
    const key = mapKey(id, 0, KEY_BYTES);
    const item = encodeItem(id, place);
    const changed = this.changed.get(key);
    if (changed !== undefined) this.changed.set(key, joined(changed, item));
    else this.added.set(key, joined(this.added.get(key), item));
  }

  /** Another place for an id that was found, or none. */
  replace(id: Uint8Array, place: IdPlace | undefined): void {
    const items = [...this.items(id)].filter((item) => !this.isOf(item, id));
    const kept = items.map(({ bytes }) => bytes);
    if (place !== undefined) kept.push(encodeItem(id, place));
    const key = mapKey(id, 0, KEY_BYTES);
    this.added.delete(key);
    this.changed.set(key, new Uint8Array(Buffer.concat(kept)));
  }

  flush(): void {
    const keys = new Uint8Array(this.added.size * KEY_BYTES);
    const values = [...this.added.values()];
    let count = 0;
    for (const key of this.added.keys()) {
      for (let i = 0; i < KEY_BYTES; i++) keys[count * KEY_BYTES + i] = key.charCodeAt(i);
      count += 1;
    }
    for (const place of sortedOrder(keys, count)) {
      const key = keys.subarray(place * KEY_BYTES, (place + 1) * KEY_BYTES);
      const value = values[place] as Uint8Array;
      if (this.transaction.putNew("ids", key, value)) continue;
      this.transaction.put("ids", key, joined(this.transaction.get("ids", key), value));
    }
    for (const [text, row] of this.changed) {
      const key = Buffer.from(text, "latin1");
      if (row.length === 0) this.transaction.delete("ids", key);
      else this.transaction.put("ids", key, row);
    }
  }

  private *items(id: Uint8Array): Generator<Item> {
    const key = mapKey(id, 0, KEY_BYTES);
    const changed = this.changed.get(key);
    if (changed !== undefined) {
      yield* itemsOf(changed);
      return;
    }
    const added = this.added.get(key);
    if (added !== undefined) yield* itemsOf(added);
    const stored = this.transaction.get("ids", id.subarray(0, KEY_BYTES));
    if (stored !== undefined) yield* itemsOf(stored);
  }

  private isOf({ place, rest }: Item, id: Uint8Array): boolean {
    if (place.kind === "record") return this.isRecordOf(place, id);
    return rest !== undefined && Buffer.compare(rest, id.subarray(KEY_BYTES)) === 0;
  }
}

function joined(before: Uint8Array | undefined, item: Uint8Array): Uint8Array {
  if (before === undefined) return item;
  const row = new Uint8Array(before.length + item.length);
  row.set(before);
  row.set(item, before.length);
  return row;
}

/** The order of keys by their first four bytes: near enough for the pages of a tree. */
function sortedOrder(keys: Uint8Array, count: number): number[] {
  const packed = new Float64Array(count);
  // 32 bits of the key and 21 of the place are what a double holds.
  const places = 2 ** 21;
  assert(count <= places, "a transaction has a bounded number of entries");
  for (let i = 0; i < count; i++) packed[i] = getU32(keys, i * KEY_BYTES) * places + i;
  packed.sort();
  const order: number[] = new Array(count);
  for (let i = 0; i < count; i++) order[i] = (packed[i] as number) % places;
  return order;
}
