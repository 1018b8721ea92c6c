/**
 * Words: authors, log ids, sources, on behalf of whom, epochs. Records name them by number, since
 * few of them are said many times.
 *
 * A word is its bytes: what kind it is, the place says where its number stands. Numbers never
 * change and are never given twice, so what was read once holds for as long as the generation.
 */
import { sha256 } from "../crypto/sha256.js";
import type { LmdbReader, LmdbWriter } from "../lmdb/lmdb-transaction.js";
import { appendNumbered, readNumbered } from "./numbered-pages.js";
import { mapKey, RowReader, RowWriter, textOf } from "./row-bytes.js";

const wordsKeptMax = 200_000;
const hashBytes = 16;

/** Where decoded records take their words from. */
export interface Words {
  bytes(number: number): Uint8Array;
  text(number: number): string;
}

/** Words by number that were read before. */
export class WordCache {
  readonly bytes: (Uint8Array | undefined)[] = [];
  readonly texts: (string | undefined)[] = [];
  readonly numbers = new Map<string, number>();

  clear(): void {
    this.bytes.length = 0;
    this.texts.length = 0;
    this.numbers.clear();
  }

  keep(number: number, word: Uint8Array): void {
    if (this.numbers.size >= wordsKeptMax) this.clear();
    this.bytes[number] = word;
    this.numbers.set(mapKey(word), number);
  }
}

/** Words as one transaction sees them. */
export class StoredWords implements Words {
  protected readonly transaction: LmdbReader;
  protected readonly cache: WordCache;

  constructor(transaction: LmdbReader, cache: WordCache) {
    this.transaction = transaction;
    this.cache = cache;
  }

  bytes(number: number): Uint8Array {
    const known = this.cache.bytes[number];
    if (known !== undefined) return known;
    const page = readNumbered(this.transaction, "words", number);
    const first = number - (number % 32);
    for (let i = 0; i < page.length; i++) this.cache.keep(first + i, page[i] as Uint8Array);
    return page[number - first] as Uint8Array;
  }

  text(number: number): string {
    const known = this.cache.texts[number];
    if (known !== undefined) return known;
    const text = textOf(this.bytes(number));
    this.cache.texts[number] = text;
    return text;
  }

  /** The number of a word that was given one. */
  find(word: Uint8Array): number | undefined {
    const known = this.cache.numbers.get(mapKey(word));
    if (known !== undefined) return known;
    const row = this.transaction.get("word_numbers", hashOf(word));
    if (row === undefined) return undefined;
    const number = new RowReader(row).varint();
    this.cache.keep(number, word);
    return number;
  }
}

const hashOf = (word: Uint8Array): Uint8Array => sha256(word).subarray(0, hashBytes);

/** Words as a write transaction gives them numbers. What an aborted one gave is forgotten. */
export class WordWriter extends StoredWords {
  private readonly writing: LmdbWriter;
  private readonly first: number;
  private readonly added: Uint8Array[] = [];
  private lastWord: Uint8Array = new Uint8Array(0);
  private lastNumber = -1;

  constructor(transaction: LmdbWriter, cache: WordCache, next: number) {
    super(transaction, cache);
    this.writing = transaction;
    this.first = next;
  }

  /** The number that the next new word gets. */
  get next(): number {
    return this.first + this.added.length;
  }

  override bytes(number: number): Uint8Array {
    return this.added[number - this.first] ?? super.bytes(number);
  }

  /** The number of `bytes[start..end)`. */
  number(bytes: Uint8Array, start = 0, end = bytes.length): number {
    if (this.lastNumber >= 0 && isSame(bytes, start, end, this.lastWord)) return this.lastNumber;
    const known = this.cache.numbers.get(mapKey(bytes, start, end));
    if (known !== undefined) {
      this.lastNumber = known;
      this.lastWord = this.bytes(known);
      return known;
    }
    const word = bytes.slice(start, end);
    const copy = new Uint8Array(word);
    const stored = this.find(copy) ?? this.add(copy);
    this.lastNumber = stored;
    this.lastWord = copy;
    return stored;
  }

  /** Puts the new words' pages; their numbers were put when they were given. */
  flush(): void {
    appendNumbered(this.writing, "words", this.first, this.added);
  }

  private add(word: Uint8Array): number {
    const number = this.next;
    this.added.push(word);
    writer.clear();
    writer.varint(number);
    this.writing.put("word_numbers", hashOf(word), writer.copy());
    this.cache.keep(number, word);
    return number;
  }
}

const writer = new RowWriter(16);

function isSame(bytes: Uint8Array, start: number, end: number, other: Uint8Array): boolean {
  if (end - start !== other.length) return false;
  for (let i = 0; i < other.length; i++) if (bytes[start + i] !== other[i]) return false;
  return true;
}
