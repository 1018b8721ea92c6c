/**
 * Makes distinct, valid entries of a chosen size, fast.
 *
 * A few template claims are encoded once; every entry is a copy of one with another salt, which is
 * its only difference: 16 bytes at a fixed place behind the author. Salts are the numbers of the
 * entries, enciphered: so they never repeat, and they compress as little as those of real entries.
 * Making an entry costs a copy.
 */
import { createCipheriv } from "node:crypto";
import { encodeEntry } from "../../src/entry/codec.js";
import { assert } from "../../src/invariant/assert.js";
import { Fault } from "../../src/model/fault.js";
import { publicKeyBytes, saltBytes } from "../../src/model/position.js";

/** `0A 20 author 12 10 salt`: see proto/steme/v1/entry.proto. */
const saltStart = 2 + publicKeyBytes + 2;
const templateCount = 64;
const entryBytesMax = 32_000;
const saltsBytes = 64 * 1024;
const zeros = new Uint8Array(saltsBytes);

function template(author: Uint8Array, number: number, textBytes: number): Uint8Array {
  const words = `it was measured in run ${number} `;
  const text = words.repeat(Math.ceil(textBytes / words.length)).slice(0, textBytes);
  return encodeEntry({
    author,
    salt: new Uint8Array(saltBytes),
    body: {
      kind: "assertion",
      conceptPath: `load/key/topic-${String(number).padStart(3, "0")}/part`,
      predicate: "observed",
      value: { kind: "text", text },
      polarity: "affirms",
      confidenceMillionths: 900_000,
      source: { id: "load/generator", class: "observational" },
      assertedMs: 1_700_000_000_000,
      lifecycle: "proposed",
    },
  });
}

export class EntryMaker {
  readonly #templates: readonly Uint8Array[];
  /** Enciphers 0, 1, 2, ...: in counter mode, zeros come out as that. */
  readonly #cipher: ReturnType<typeof createCipheriv>;
  #salts = new Uint8Array(0);
  #saltPlace = 0;
  #count = 0;

  /** `nonce`: 8 bytes that no other maker of this author has. */
  constructor(author: Uint8Array, nonce: Uint8Array, entryBytes: number) {
    assert(nonce.length === 8, "a nonce has 8 bytes");
    const least = template(author, 0, 1).length;
    if (entryBytes < least || entryBytes > entryBytesMax) {
      const limit = `${least}..${entryBytesMax} bytes`;
      throw new Fault("ARGUMENT_INVALID", `entries of the load have ${limit}`, {
        limit,
        value: entryBytes,
      });
    }
    // A longer text has longer length prefixes, so the first guess may be a few bytes off.
    const guess = entryBytes - least + 1;
    const textBytes = Math.max(1, guess - (template(author, 0, guess).length - entryBytes));
    const numbers = Array.from({ length: templateCount }, (_unused, number) => number);
    this.#templates = numbers.map((number) => template(author, number, textBytes));
    const key = Buffer.concat([nonce], 16);
    this.#cipher = createCipheriv("aes-128-ctr", key, new Uint8Array(16));
  }

  make(): Uint8Array {
    const source = this.#templates[this.#count % templateCount];
    assert(source !== undefined, "there are templates");
    const entry = source.slice();
    entry.set(this.#salt(), saltStart);
    this.#count += 1;
    return entry;
  }

  #salt(): Uint8Array {
    if (this.#saltPlace === this.#salts.length) {
      this.#salts = this.#cipher.update(zeros);
      this.#saltPlace = 0;
    }
    this.#saltPlace += saltBytes;
    return this.#salts.subarray(this.#saltPlace - saltBytes, this.#saltPlace);
  }
}
