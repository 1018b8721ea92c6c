/**
 * Goal: a token reads back as what was written, and nothing else reads as a token. Method: round
 * trips of random frontiers; every length; the bytes of one token written out.
 */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decodeFrontier, emptyRootPrefix, encodeFrontier } from "../../src/model/frontier.js";
import { toHex } from "../../src/model/hex.js";

const test = suite("model: frontier");

const items = (isInside: boolean) =>
  fc
    .uniqueArray(fc.uint8Array({ minLength: 32, maxLength: 32 }), {
      maxLength: 9,
      selector: (id) => toHex(id),
    })
    .chain((ids) =>
      fc.tuple(
        ...ids
          .sort((left, right) => Buffer.compare(left, right))
          .map((logId) =>
            fc.record({
              logId: fc.constant(logId),
              size: fc.maxSafeNat().map((size) => Math.floor(size / 2)),
              rootPrefix: fc.uint8Array({ minLength: 8, maxLength: 8 }),
              further: isInside ? fc.nat({ max: 65_536 }) : fc.constant(0),
            }),
          ),
      ),
    )
    .map((list) =>
      list.map(({ further, ...item }, at) => ({
        ...item,
        rootPrefix: item.size === 0 ? emptyRootPrefix : item.rootPrefix,
        next: item.size + (isInside && at === 0 ? further + 1 : further),
      })),
    );

for (const isInside of [false, true]) {
  test(`decode: gives back what was encoded, inside a block: ${isInside} (property)`, () => {
    fc.assert(
      fc.property(items(isInside), (frontier) => {
        assert.equal(decodeFrontier(encodeFrontier(frontier)), frontier);
      }),
    );
  });
}

test("decode: nothing but whole items is a token (every length to 400)", () => {
  for (let bytes = 0; bytes <= 400; bytes++) {
    const decoded = decodeFrontier(new Uint8Array(bytes));
    assert.is(decoded !== undefined, bytes === 0, `${bytes} bytes of zeros`);
    const token = new Uint8Array(bytes);
    if (bytes > 39) token[39] = 1; // a size of 1
    const isOneItem = bytes === 48; // two items of one id: refused
    if (bytes > 39) assert.is(decodeFrontier(token) !== undefined, isOneItem, `${bytes} bytes`);
  }
});

test("decode: what was seen has one form", () => {
  const logId = new Uint8Array(32).fill(0xaa);
  const rootPrefix = new Uint8Array(8).fill(0xbb);
  const item = encodeFrontier([{ logId, size: 5, rootPrefix, next: 6 }]);
  assert.ok(decodeFrontier(item));
  item[item.length - 1] = 5; // the longer form, and no index inside a block
  assert.is(decodeFrontier(item), undefined);
  const none = encodeFrontier([{ logId, size: 0, rootPrefix: emptyRootPrefix, next: 0 }]);
  assert.is(toHex(none), `${"aa".repeat(32)}0000000000000000e3b0c44298fc1c14`);
  assert.is(decodeFrontier(encodeFrontier([{ logId, size: 0, rootPrefix, next: 0 }])), undefined);
});

test("encode: the bytes of a frontier are set in stone", () => {
  const logId = new Uint8Array(32).fill(0xaa);
  const rootPrefix = new Uint8Array(8).fill(0xbb);
  const id = "aa".repeat(32);
  const root = "bb".repeat(8);
  const at = (next: number) => toHex(encodeFrontier([{ logId, size: 258, rootPrefix, next }]));
  assert.is(at(258), `${id}0000000000000102${root}`);
  assert.is(at(259), `01${id}0000000000000102${root}0000000000000103`);
});

test.run();
