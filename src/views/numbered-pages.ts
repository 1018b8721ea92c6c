/**
 * Byte strings by number: 0, 1, 2 … in pages of 32, each string cut by what it shares with the one
 * before it in its page. Only ever appended to.
 *
 *     page (4, big-endian) → 32 × ( shared bytes | length | rest )
 */
import type { LmdbReader, LmdbWriter } from "../lmdb/lmdb-transaction.js";
import { damagedRow, putU32, RowReader, RowWriter } from "./row-bytes.js";

const itemsPerPage = 32;
const writer = new RowWriter();

function pageKey(page: number): Uint8Array {
  const key = new Uint8Array(4);
  putU32(key, 0, page);
  return key;
}

function decodePage(bytes: Uint8Array): Uint8Array[] {
  const reader = new RowReader(bytes);
  const items: Uint8Array[] = [];
  let last = new Uint8Array(0);
  while (!reader.isAtEnd) {
    const shared = reader.varint();
    const rest = reader.sized();
    if (shared > last.length) throw damagedRow();
    const item = new Uint8Array(shared + rest.length);
    item.set(last.subarray(0, shared));
    item.set(rest, shared);
    items.push(item);
    last = item;
  }
  return items;
}

function encodePage(items: readonly Uint8Array[]): Uint8Array {
  writer.clear();
  let last = new Uint8Array(0);
  for (const item of items) {
    let shared = 0;
    while (shared < last.length && shared < item.length && last[shared] === item[shared]) shared++;
    writer.varint(shared);
    writer.sized(item, shared);
    last = item as Uint8Array<ArrayBuffer>;
  }
  return writer.copy();
}

export function readNumbered(
  transaction: LmdbReader,
  keyspace: string,
  number: number,
): readonly Uint8Array[] {
  const page = transaction.get(keyspace, pageKey(Math.floor(number / itemsPerPage)));
  const items = page === undefined ? [] : decodePage(page);
  if (items.length <= number % itemsPerPage) throw damagedRow();
  return items;
}

/** The string of a number that was given. */
export function numbered(transaction: LmdbReader, keyspace: string, number: number): Uint8Array {
  const item = readNumbered(transaction, keyspace, number)[number % itemsPerPage];
  if (item === undefined) throw damagedRow();
  return item;
}

/** Appends strings that get the numbers from `first` on. */
export function appendNumbered(
  transaction: LmdbWriter,
  keyspace: string,
  first: number,
  added: readonly Uint8Array[],
): void {
  let done = 0;
  while (done < added.length) {
    const number = first + done;
    const page = Math.floor(number / itemsPerPage);
    const filled = number % itemsPerPage;
    const before = filled === 0 ? undefined : transaction.get(keyspace, pageKey(page));
    const items = before === undefined ? [] : decodePage(before);
    if (items.length !== filled) throw damagedRow();
    const room = Math.min(itemsPerPage - filled, added.length - done);
    items.push(...added.slice(done, done + room));
    transaction.put(keyspace, pageKey(page), encodePage(items));
    done += room;
  }
}
