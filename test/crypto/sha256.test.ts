/** Goal: SHA-256 and HMAC as published. Method: vectors of FIPS 180-4 and RFC 4231. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { hmacSha256, sha256 } from "../../src/crypto/sha256.js";

const test = suite("crypto: sha256");

const hex = (value: Uint8Array): string => Buffer.from(value).toString("hex");
const text = (value: string): Uint8Array => Buffer.from(value, "utf8");

test("sha256: of nothing, with no parts and with empty ones", () => {
  const nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
  assert.is(hex(sha256()), nothing);
  assert.is(hex(sha256(text(""))), nothing);
  assert.is(hex(sha256(text(""), text(""))), nothing);
});

test("sha256: the examples of FIPS 180-4, whole and in parts", () => {
  const abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  assert.is(hex(sha256(text("abc"))), abc);
  assert.is(hex(sha256(text("a"), text(""), text("bc"))), abc);
  assert.is(
    hex(sha256(text("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))),
    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
  );
});

test("sha256: a view of shared memory", () => {
  const shared = new Uint8Array(new SharedArrayBuffer(8)).subarray(2, 5);
  shared.set(text("abc"));
  assert.is(hex(sha256(shared)), hex(sha256(text("abc"))));
});

test("hmac: RFC 4231 test cases 2 and 6 (a key longer than a block)", () => {
  assert.is(
    hex(hmacSha256(text("Jefe"), text("what do ya want for nothing?"))),
    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
  );
  assert.is(
    hex(
      hmacSha256(
        new Uint8Array(131).fill(0xaa),
        text("Test Using Larger Than Block-Size Key - Hash Key First"),
      ),
    ),
    "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
  );
});

test.run();
