/**
 * Goal: the checked-in machine code is what its sources in tools/wasm give, on every machine and
 * Node.js version. Method: generate it again and compare, byte for byte.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { memoryFlagsOffset, moduleBase64 } from "../../src/crypto/sha256-lanes.generated.js";
import { generatedText } from "../../tools/wasm/generate.js";
import { sha256Module } from "../../tools/wasm/sha256.js";

const test = suite("crypto: sha256 module");

test("module: the sources give the checked-in bytes", () => {
  const { bytes, memoryFlagsOffset: offset } = sha256Module();
  assert.is(Buffer.from(bytes).toString("base64"), moduleBase64);
  assert.is(offset, memoryFlagsOffset);
});

test("module: a second run gives the same text", () => {
  assert.is(generatedText(), generatedText());
});

test("module: it is valid with a shared memory and, one byte changed, with a private one", () => {
  const { bytes } = sha256Module();
  assert.ok(WebAssembly.validate(bytes));
  bytes[memoryFlagsOffset] = 1;
  assert.ok(WebAssembly.validate(bytes));
});

test.run();
