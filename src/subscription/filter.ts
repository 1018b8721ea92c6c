/**
 * Which entries a reader wants, judged on the stored bytes by the canonical scanner, as stored.
 *
 * All given conditions must hold; within one list any may. An entry without the field that a
 * condition speaks of does not match, and neither does one whose bytes are gone.
 */
import { EntryScanner } from "../entry/entry-scanner.js";
import { SCAN_OK } from "../entry/scan-code.js";
import { publicKeyBytes } from "../model/position.js";

export interface FilterFields {
  /** Concept paths: these, and what lies below them by whole segments. */
  readonly conceptPrefixes: readonly string[];
  readonly predicates: readonly string[];
  readonly authors: readonly Uint8Array[];
  readonly sourceClasses: readonly number[];
  /** Body field numbers. */
  readonly kinds: readonly number[];
}

const SLASH = 0x2f;
const encoder = new TextEncoder();

export class Filter {
  readonly #prefixes: readonly Uint8Array[];
  readonly #predicates: readonly Uint8Array[];
  readonly #authors: readonly Uint8Array[];
  readonly #classes: ReadonlySet<number>;
  readonly #kinds: ReadonlySet<number>;
  readonly #scanner = new EntryScanner("stored");

  private constructor(fields: FilterFields) {
    this.#prefixes = fields.conceptPrefixes.map((prefix) => encoder.encode(prefix));
    this.#predicates = fields.predicates.map((predicate) => encoder.encode(predicate));
    this.#authors = fields.authors;
    this.#classes = new Set(fields.sourceClasses);
    this.#kinds = new Set(fields.kinds);
  }

  /** Returns undefined where the fields ask for everything. */
  static of(fields: FilterFields | undefined): Filter | undefined {
    if (fields === undefined) return undefined;
    const isEmpty = Object.values(fields).every((list: readonly unknown[]) => list.length === 0);
    return isEmpty ? undefined : new Filter(fields);
  }

  matches(entry: Uint8Array): boolean {
    const scanner = this.#scanner;
    if (scanner.scan(entry, 0, entry.length) !== SCAN_OK) return false;
    if (this.#kinds.size > 0 && !this.#kinds.has(scanner.kind)) return false;
    if (this.#classes.size > 0 && !this.#classes.has(scanner.sourceClass)) return false;
    const { authorStart, predicateStart, predicateEnd } = scanner;
    const authorEnd = authorStart + publicKeyBytes;
    if (!isAnyOf(this.#authors, entry, authorStart, authorEnd)) return false;
    if (!isAnyOf(this.#predicates, entry, predicateStart, predicateEnd)) return false;
    return this.#isBelow(entry, scanner.pathStart, scanner.pathEnd);
  }

  #isBelow(entry: Uint8Array, start: number, end: number): boolean {
    if (this.#prefixes.length === 0) return true;
    if (start < 0) return false;
    for (const prefix of this.#prefixes) {
      const prefixEnd = start + prefix.length;
      if (prefixEnd > end || !isSame(prefix, entry, start)) continue;
      if (prefixEnd === end || entry[prefixEnd] === SLASH) return true;
    }
    return false;
  }
}

function isSame(wanted: Uint8Array, entry: Uint8Array, start: number): boolean {
  for (let at = 0; at < wanted.length; at++) if (wanted[at] !== entry[start + at]) return false;
  return true;
}

function isAnyOf(
  wanted: readonly Uint8Array[],
  entry: Uint8Array,
  start: number,
  end: number,
): boolean {
  if (wanted.length === 0) return true;
  if (start < 0) return false;
  for (const one of wanted) {
    if (one.length === end - start && isSame(one, entry, start)) return true;
  }
  return false;
}
