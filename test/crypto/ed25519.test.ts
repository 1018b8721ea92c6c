/**
 * Goal: signatures are RFC 8032's, and verification answers for any bytes, as libsodium does in
 * the corners where verifiers differ. Method: the RFC's vectors, every single-bit change of one
 * signature, and forged signatures that a lenient verifier takes.
 */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { keyPairFromSeed, sign, verify } from "../../src/crypto/ed25519.js";
import { loadSodium } from "../../src/crypto/sodium.js";
import { AssertionFailure } from "../../src/invariant/assert.js";
import { throwsFault } from "../support/expect.js";

const test = suite("crypto: ed25519");

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex"));
const hex = (value: Uint8Array): string => Buffer.from(value).toString("hex");

/** RFC 8032 section 7.1, tests 1 to 3. */
const vectors = [
  {
    seed: "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
    publicKey: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    message: "",
    signature:
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155" +
      "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
  },
  {
    seed: "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
    publicKey: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    message: "72",
    signature:
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da" +
      "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
  },
  {
    seed: "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
    publicKey: "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
    message: "af82",
    signature:
      "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac" +
      "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
  },
];

for (const [index, vector] of vectors.entries()) {
  test(`vector ${index + 1} of RFC 8032: key, signature and verification`, () => {
    const { publicKey, secretKey } = keyPairFromSeed(bytes(vector.seed));
    assert.is(hex(publicKey), vector.publicKey);
    assert.is(hex(secretKey), vector.seed + vector.publicKey);
    const signature = sign(bytes(vector.message), secretKey);
    assert.is(hex(signature), vector.signature);
    assert.is(verify(signature, bytes(vector.message), publicKey), true);
  });
}

const pair = keyPairFromSeed(new Uint8Array(32).fill(7));
const message = new Uint8Array(77).fill(3);
const signature = sign(message, pair.secretKey);

function flipped(value: Uint8Array, bit: number): Uint8Array {
  const changed = value.slice();
  changed[bit >>> 3] = (changed[bit >>> 3] ?? 0) ^ (1 << (bit & 7));
  return changed;
}

test("verify: every changed bit of signature, message or key is refused (exhaustive)", () => {
  for (let bit = 0; bit < 512; bit++) {
    assert.is(verify(flipped(signature, bit), message, pair.publicKey), false);
  }
  for (let bit = 0; bit < 77 * 8; bit++) {
    assert.is(verify(signature, flipped(message, bit), pair.publicKey), false);
  }
  for (let bit = 0; bit < 256; bit++) {
    assert.is(verify(signature, message, flipped(pair.publicKey, bit)), false);
  }
  assert.is(verify(signature, message, pair.publicKey), true);
});

test("verify: wrong lengths are false, never an error", () => {
  for (const length of [0, 1, 63, 65, 128]) {
    assert.is(verify(new Uint8Array(length), message, pair.publicKey), false);
  }
  for (const length of [0, 31, 33, 64]) {
    assert.is(verify(signature, message, new Uint8Array(length)), false);
  }
});

test("verify: any bytes get an answer (property)", () => {
  const any = fc.uint8Array({ maxLength: 2000 });
  const of = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
  fc.assert(
    fc.property(of(64), any, of(32), (forged, text, key) => verify(forged, text, key) === false),
    { numRuns: 300 },
  );
});

test("sign: messages of every length around the scratch's size verify, and bind each byte", () => {
  for (const length of [0, 1, 77, 1023, 1024, 1025, 5000]) {
    const text = new Uint8Array(length).fill(length & 0xff);
    const signed = sign(text, pair.secretKey);
    assert.is(verify(signed, text, pair.publicKey), true);
    assert.is(verify(signed, Uint8Array.of(...text, 0), pair.publicKey), false);
    if (length > 0) {
      assert.is(verify(signed, text.subarray(1), pair.publicKey), false);
      assert.is(verify(signed, flipped(text, length * 8 - 1), pair.publicKey), false);
    }
  }
});

test("verify: views of shared memory, at any offset", () => {
  const shared = new Uint8Array(new SharedArrayBuffer(256));
  shared.set(signature, 1);
  shared.set(message, 65);
  shared.set(pair.publicKey, 142);
  const parts = [shared.subarray(1, 65), shared.subarray(65, 142), shared.subarray(142, 174)];
  const [first, second, third] = parts as [Uint8Array, Uint8Array, Uint8Array];
  assert.is(verify(first, second, third), true);
  shared[70] = 9;
  assert.is(verify(first, second, third), false);
  assert.equal(sign(shared.subarray(65, 142), pair.secretKey).length, 64);
});

test("verify: S above the group order is refused (RFC 8032 5.1.7)", () => {
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  let scalar = order;
  for (let index = 31; index >= 0; index--) {
    scalar += BigInt(signature[32 + index] ?? 0) << BigInt(8 * index);
  }
  const malleated = signature.slice();
  for (let index = 0; index < 32; index++) {
    malleated[32 + index] = Number((scalar >> BigInt(8 * index)) & 0xffn);
  }
  assert.is(verify(malleated, message, pair.publicKey), false);
});

test("verify: a key of small order is refused, though the equation holds for any message", () => {
  const identity = new Uint8Array(32);
  identity[0] = 1;
  const forged = new Uint8Array(64);
  forged.set(identity); // R = identity, S = 0: S·B = R + h·A for every h
  assert.is(verify(forged, message, identity), false);
});

test("keys: a seed or a secret key of another length is an assertion failure", () => {
  const isAssertion = (error: unknown): boolean => error instanceof AssertionFailure;
  assert.throws(() => keyPairFromSeed(new Uint8Array(31)), isAssertion);
  assert.throws(() => sign(message, new Uint8Array(32)), isAssertion);
});

test("libsodium: one that cannot be loaded is MODULE_MISSING and says what to run", () => {
  const fault = throwsFault(
    () =>
      loadSodium(() => {
        throw new Error("Cannot find addon\nat a stack");
      }),
    "MODULE_MISSING",
  );
  assert.match(fault.message, "npm rebuild sodium-native");
  const { reason, node } = fault.detail;
  assert.is(reason, "Cannot find addon");
  assert.is(node, process.version);
});

test.run();
