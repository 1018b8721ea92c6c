/**
 * Claims that say which they are: the author and a number, in bytes that cost next to nothing to
 * make. What is read back can so be held against what was sent, without keeping what was sent.
 *
 * An entry is a template with another number in its text and its salt: canonical, since neither
 * changes a length.
 */
import { KeyPair } from "../../src/client/index.js";
import { sha256 } from "../../src/crypto/sha256.js";
import { encodeEntry } from "../../src/entry/codec.js";
import { assertionBody } from "../support/batches.js";

const digits = 10;
const marker = "#0123456789";
export const digestBytes = 16;
const textLengths = [60, 240, 700, 1_900] as const;

interface Template {
  readonly bytes: Buffer;
  readonly at: number;
}

export interface NumberedClaim {
  readonly author: NumberedAuthor;
  readonly number: number;
}

/** Enough of the SHA-256 of an entry to tell it from every other one. */
export const digestOf = (entry: Uint8Array): Buffer =>
  Buffer.from(sha256(entry)).subarray(0, digestBytes);

export class NumberedAuthor {
  readonly keys: KeyPair;
  readonly #templates: readonly Template[];
  #digests = Buffer.alloc(digestBytes * 1024);
  #next = 0;

  /** The entries lie below the concept path `kill/<name>`. */
  constructor(
    readonly name: string,
    seed: Uint8Array,
  ) {
    this.keys = KeyPair.fromSeed(seed);
    this.#templates = textLengths.map((length) => this.#template(length));
  }

  /** How many entries were made. */
  get made(): number {
    return this.#next;
  }

  /** The next entry; its number is `made` before. */
  next(): Uint8Array {
    const number = this.#next++;
    const entry = this.#entry(number);
    this.#keep(number, digestOf(entry));
    return entry;
  }

  many(count: number): Uint8Array[] {
    return Array.from({ length: count }, () => this.next());
  }

  /** The number of an entry of this author; undefined where it is none that was made. */
  numberOf(entry: Uint8Array): number | undefined {
    const template = this.#templates.find(({ bytes }) => bytes.length === entry.length);
    if (template === undefined) return undefined;
    const { at } = template;
    const number = Number(Buffer.from(entry.subarray(at, at + digits)).toString("latin1"));
    if (!Number.isInteger(number) || number >= this.#next) return undefined;
    const place = number * digestBytes;
    const kept = this.#digests.subarray(place, place + digestBytes);
    return kept.equals(digestOf(entry)) ? number : undefined;
  }

  #entry(number: number): Uint8Array {
    const template = this.#templates[(number * 7) % this.#templates.length];
    if (template === undefined) throw new Error("there is a template");
    const entry = Buffer.from(template.bytes);
    entry.write(String(number).padStart(digits, "0"), template.at, "latin1");
    return entry;
  }

  #template(length: number): Template {
    const text = `${marker} `.padEnd(length, "claims differ ");
    const body = assertionBody(0, {
      conceptPath: `kill/${this.name}`,
      value: { kind: "text", text },
    });
    const salt = new Uint8Array(16).fill(length % 251);
    const bytes = Buffer.from(encodeEntry({ author: this.keys.publicKey, salt, body }));
    return { bytes, at: bytes.indexOf(marker) + 1 };
  }

  #keep(number: number, digest: Buffer): void {
    if ((number + 1) * digestBytes > this.#digests.length) {
      const larger = Buffer.alloc(this.#digests.length * 2);
      this.#digests.copy(larger);
      this.#digests = larger;
    }
    digest.copy(this.#digests, number * digestBytes);
  }
}

/** Tells whose claim an entry is: an entry begins with its author. */
export class NumberedAuthors {
  readonly #byKey = new Map<string, NumberedAuthor>();

  constructor(authors: readonly NumberedAuthor[]) {
    for (const author of authors) this.#byKey.set(keyOf(author.keys.publicKey), author);
  }

  /** Undefined for what others wrote. */
  authorOf(entry: Uint8Array): NumberedAuthor | undefined {
    return this.#byKey.get(keyOf(entry.subarray(2, 34)));
  }
}

const keyOf = (key: Uint8Array): string => Buffer.from(key).toString("latin1");
