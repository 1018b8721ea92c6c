/**
 * Lists of assertions in canonical order, in pages: of an author, of a source, of all.
 *
 *     key      kind (1) ‖ word (4) ‖ place of the first (46)
 *     page     each: index behind the last's << 1, if of the same block
 *              or    1 | time (8) | log, a word | index
 *              then  question number, in the list of all
 *
 * What comes usually comes last, and is appended to the last page, which a transaction holds in
 * memory. What is late is put into the page that it belongs to, which is split where it grows.
 */
import { assert } from "../invariant/assert.js";
import { keyAfterPrefix } from "../lmdb/lmdb-range.js";
import type { LmdbReader, LmdbWriter } from "../lmdb/lmdb-transaction.js";
import { isEarlier, isSamePlace, placeKey, wordless } from "./places.js";
import type { WordPlace } from "./records.js";
import { putU32, RowReader, RowWriter } from "./row-bytes.js";
import type { Words } from "./words.js";

export const LIST_OF_ALL = 0;
export const LIST_OF_AUTHOR = 1;
export const LIST_OF_SOURCE = 2;
const LIST_BYTES = 5;
const pageBytesMax = 1_400;

export interface ListItem extends WordPlace {
  /** Number of the question: kept in the list of all alone. */
  readonly question: number;
}

export function listKey(kind: number, word: number): Uint8Array {
  const key = new Uint8Array(LIST_BYTES);
  key[0] = kind;
  putU32(key, 1, word);
  return key;
}

function writeItem(writer: RowWriter, item: ListItem, last: ListItem | undefined, kind: number) {
  const isNear =
    last !== undefined &&
    last.recorded === item.recorded &&
    last.log === item.log &&
    item.index > last.index;
  if (isNear) writer.varint((item.index - last.index) * 2);
  else {
    writer.byte(1);
    writer.u64(item.recorded);
    writer.varint(item.log);
    writer.varint(item.index);
  }
  if (kind === LIST_OF_ALL) writer.signed(item.question - (last?.question ?? 0));
}

function readItems(page: Uint8Array, kind: number): ListItem[] {
  const reader = new RowReader(page);
  const items: ListItem[] = [];
  let last: ListItem | undefined;
  while (!reader.isAtEnd) {
    const step = reader.varint();
    let item: ListItem;
    if (step % 2 === 0 && last !== undefined) {
      const { recorded, log } = last;
      item = { recorded, log, index: last.index + step / 2, question: 0 };
    } else {
      const recorded = reader.u64();
      item = { recorded, log: reader.varint(), index: reader.varint(), question: 0 };
    }
    const question = kind === LIST_OF_ALL ? (last?.question ?? 0) + reader.signed() : 0;
    last = { ...item, question };
    items.push(last);
  }
  return items;
}

/** Items behind (or, backward, before) a place; without one, from the end where the walk begins. */
export function* walkList(
  transaction: LmdbReader,
  words: Words,
  list: Uint8Array,
  range: { readonly after?: ListItem | undefined; readonly isBackward: boolean },
): Generator<ListItem> {
  const { after, isBackward } = range;
  const kind = list[0] ?? 0;
  const first = isBackward ? undefined : firstPage(transaction, words, list, after);
  const bound = after === undefined ? undefined : placeKey(wordless(after, words), list);
  const rows = transaction.rows("lists", {
    prefix: list,
    ...(first === undefined ? {} : { start: first }),
    ...(isBackward && bound !== undefined ? { end: bound } : {}),
    isBackward,
  });
  for (const { value } of rows) {
    const items = readItems(value, kind);
    if (isBackward) items.reverse();
    for (const item of items) {
      const isBehind =
        after === undefined ||
        (isBackward ? isEarlier(item, after, words) : isEarlier(after, item, words));
      if (isBehind) yield item;
    }
  }
}

/** The key of the page that a place belongs to. */
function firstPage(
  transaction: LmdbReader,
  words: Words,
  list: Uint8Array,
  place: WordPlace | undefined,
): Uint8Array | undefined {
  if (place === undefined) return undefined;
  return pageOf(transaction, list, placeKey(wordless(place, words), list))?.key;
}

/** The last page that begins at or before a key. */
function pageOf(transaction: LmdbReader, list: Uint8Array, key: Uint8Array) {
  const end = keyAfterPrefix(key) ?? key;
  for (const row of transaction.rows("lists", { prefix: list, end, isBackward: true })) {
    return { key: new Uint8Array(row.key), value: row.value };
  }
  return undefined;
}

/** The last page of a list, held open. */
interface Tail {
  readonly list: Uint8Array;
  key: Uint8Array;
  readonly writer: RowWriter;
  last: ListItem | undefined;
  isChanged: boolean;
}

/** Lists as a write transaction changes them. */
export class ListWriter {
  private readonly transaction: LmdbWriter;
  private readonly words: Words;
  private readonly tails = new Map<number, Tail>();

  constructor(transaction: LmdbWriter, words: Words) {
    this.transaction = transaction;
    this.words = words;
  }

  add(kind: number, word: number, item: ListItem): void {
    const tail = this.tail(kind, word);
    if (tail.last !== undefined && !isEarlier(tail.last, item, this.words)) {
      this.insert(kind, word, item);
      return;
    }
    if (tail.writer.at >= pageBytesMax) {
      this.put(tail);
      tail.writer.clear();
      tail.last = undefined;
    }
    if (tail.last === undefined) tail.key = placeKey(wordless(item, this.words), tail.list);
    writeItem(tail.writer, item, tail.last, kind);
    tail.last = item;
    tail.isChanged = true;
  }

  /** Returns whether it was there. */
  remove(kind: number, word: number, place: WordPlace): boolean {
    this.release(kind, word);
    const list = listKey(kind, word);
    const page = pageOf(this.transaction, list, placeKey(wordless(place, this.words), list));
    if (page === undefined) return false;
    const items = readItems(page.value, kind);
    const kept = items.filter((item) => !isSamePlace(item, place));
    if (kept.length === items.length) return false;
    this.transaction.delete("lists", page.key);
    this.putItems(list, kept);
    return true;
  }

  /** Puts all that is held. */
  flush(): void {
    const tails = [...this.tails.values()].filter(({ isChanged }) => isChanged);
    tails.sort((left, right) => Buffer.compare(left.key, right.key));
    for (const tail of tails) this.put(tail);
    this.tails.clear();
  }

  private insert(kind: number, word: number, item: ListItem): void {
    this.release(kind, word);
    const list = listKey(kind, word);
    const key = placeKey(wordless(item, this.words), list);
    const page = pageOf(this.transaction, list, key);
    const items = page === undefined ? [] : readItems(page.value, kind);
    if (items.some((other) => isSamePlace(other, item))) return;
    const at = items.findIndex((other) => isEarlier(item, other, this.words));
    items.splice(at < 0 ? items.length : at, 0, item);
    if (page !== undefined) this.transaction.delete("lists", page.key);
    this.putItems(list, items);
  }

  private putItems(list: Uint8Array, items: readonly ListItem[]): void {
    const kind = list[0] ?? 0;
    const writer = new RowWriter(2 * pageBytesMax);
    let first = 0;
    items.forEach((item, at) => {
      writeItem(writer, item, at === first ? undefined : items[at - 1], kind);
      if (writer.at < pageBytesMax && at < items.length - 1) return;
      const key = placeKey(wordless(items[first] as ListItem, this.words), list);
      this.transaction.put("lists", key, writer.view());
      writer.clear();
      first = at + 1;
    });
  }

  private tail(kind: number, word: number): Tail {
    const name = word * 4 + kind;
    const held = this.tails.get(name);
    if (held !== undefined) return held;
    const list = listKey(kind, word);
    const tail: Tail = {
      list,
      key: list,
      writer: new RowWriter(128),
      last: undefined,
      isChanged: false,
    };
    for (const row of this.transaction.rows("lists", { prefix: list, isBackward: true })) {
      tail.key = new Uint8Array(row.key);
      tail.writer.bytes(row.value);
      tail.last = readItems(row.value, kind).at(-1);
      assert(tail.last !== undefined, "a page holds something");
      break;
    }
    this.tails.set(name, tail);
    return tail;
  }

  private release(kind: number, word: number): void {
    const name = word * 4 + kind;
    const held = this.tails.get(name);
    if (held === undefined) return;
    this.put(held);
    this.tails.delete(name);
  }

  private put(tail: Tail): void {
    if (!tail.isChanged) return;
    this.transaction.put("lists", tail.key, tail.writer.view());
    tail.isChanged = false;
  }
}
