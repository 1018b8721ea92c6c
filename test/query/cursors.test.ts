/**
 * Goal: a cursor is read only as it was made, for its request; and what its tag covers is checked,
 * since whoever reads the log can make a tag. Method: cursors made with the real key, of right and
 * of wrong moments, cut and changed byte by byte.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { LogGenesis } from "../../src/model/entry.js";
import { Cursors } from "../../src/query/cursors.js";
import { throwsFault } from "../support/expect.js";

const test = suite("query: cursors");
const genesis: LogGenesis = {
  kind: "log_genesis",
  logKey: new Uint8Array(32),
  clusterId: new Uint8Array(16).fill(1),
  nonce: new Uint8Array(32).fill(2),
};
const cursors = new Cursors(genesis);
const request = { subject: { kind: "prefix", prefix: "web" } };
const place = Uint8Array.of(1, 2, 3);
const inside = Uint8Array.of(4);

test("round trip: place, part and moment come back, for the same request alone", () => {
  const at = { evaluatedAtMs: 1_700_000_000_000, place, inside };
  const cursor = cursors.encode(request, at);
  assert.equal(cursors.decode(request, cursor), at);
  const other = { subject: { kind: "prefix", prefix: "drug" } };
  throwsFault(() => cursors.decode(other, cursor), "CURSOR_INVALID");
});

test("tampering: every changed byte and every cut is refused", () => {
  const cursor = cursors.encode(request, { evaluatedAtMs: 0, place, inside });
  for (let i = 0; i < cursor.length; i++) {
    const changed = new Uint8Array(cursor);
    changed[i] = (changed[i] ?? 0) ^ 1;
    throwsFault(() => cursors.decode(request, changed), "CURSOR_INVALID");
    throwsFault(() => cursors.decode(request, cursor.slice(0, i)), "CURSOR_INVALID");
  }
});

test("forging: a moment that is none is refused, whoever made the tag", () => {
  const none = [Number.NaN, Number.POSITIVE_INFINITY, 1e300, -1e300, 0.5, 8.65e15];
  for (const evaluatedAtMs of none) {
    const cursor = cursors.encode(request, { evaluatedAtMs, place, inside });
    throwsFault(() => cursors.decode(request, cursor), "CURSOR_INVALID");
  }
});

test.run();
