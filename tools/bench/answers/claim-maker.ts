/**
 * Makes distinct, valid claims about chosen questions, fast: for views that follow.
 *
 * A template is encoded once; each claim is a copy of it with other digits in its path, value and
 * source, and another salt, all of the same length and so at fixed places.
 */
import { createCipheriv, randomBytes } from "node:crypto";
import { encodeEntry } from "../../../src/entry/codec.js";
import { assert } from "../../../src/invariant/assert.js";
import { publicKeyBytes, saltBytes } from "../../../src/model/position.js";

/** `0A 20 author 12 10 salt`: see proto/steme/v1/entry.proto. */
const saltStart = 2 + publicKeyBytes + 2;
const saltsBytes = 64 * 1024;
const zeros = new Uint8Array(saltsBytes);

const digits = 7;
const pathMark = "9999999";
const sourceMark = "8888888";
const valueMark = "7777777";
const assertedMs = 1_700_000_000_000;

export interface GeneratedClaim {
  /** All below ten million. */
  readonly question: number;
  readonly value: number;
  readonly source: number;
}

const numeral = (number: number): string => String(number).padStart(digits, "0");

export const predicate = "observed";

/** The concept path of a question. */
export const pathOf = (question: number): string => `bench/answers/q-${numeral(question)}/part`;

export class ClaimMaker {
  readonly #template: Buffer;
  readonly #places: readonly number[];
  /** Enciphers 0, 1, 2, ...: salts that never repeat, and compress as little as real ones. */
  readonly #cipher = createCipheriv("aes-128-ctr", randomBytes(16), new Uint8Array(16));
  #salts = new Uint8Array(0);
  #saltPlace = 0;

  constructor(author: Uint8Array) {
    const entry = encodeEntry({
      author,
      salt: new Uint8Array(saltBytes),
      body: {
        kind: "assertion",
        conceptPath: pathOf(Number(pathMark)),
        predicate,
        value: { kind: "text", text: `it was ${valueMark}` },
        polarity: "affirms",
        confidenceMillionths: 900_000,
        source: { id: `bench/source-${sourceMark}`, class: "observational" },
        assertedMs,
        lifecycle: "proposed",
      },
    });
    this.#template = Buffer.from(entry);
    this.#places = [pathMark, valueMark, sourceMark].map((mark) => this.#template.indexOf(mark));
    assert(
      this.#places.every((place) => place > 0),
      "the template has its marks",
    );
  }

  make({ question, value, source }: GeneratedClaim): Uint8Array {
    const entry = Buffer.from(this.#template);
    [question, value, source].forEach((number, i) => {
      entry.write(numeral(number), this.#places[i] as number, "latin1");
    });
    entry.set(this.#salt(), saltStart);
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
