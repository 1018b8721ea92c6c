/**
 * Goal: every body that clients may write is read from JSON, and comes out as it was printed; what
 * is none is refused with field, limit and value. Method: a table over all kinds (exhaustive), and
 * a table of mistakes.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { clientBodyOf } from "../../cli/client-body.js";
import { inputOf } from "../../cli/import-record.js";
import { KeyPair } from "../../src/client/index.js";
import { decodeEntry, encodeEntry } from "../../src/entry/codec.js";
import { bodyToJson, entryToJson } from "../../src/entry/json.js";
import { type BodyKind, bodyKinds } from "../../src/model/entry.js";
import { type FaultCode, isFault } from "../../src/model/fault.js";
import { throwsFault } from "../support/expect.js";
import { runSteme } from "../support/program.js";

const test = suite("cli: client body");
const { publicKey: author } = KeyPair.fromSeed(new Uint8Array(32).fill(1));
const id = "9f".repeat(32);
const other = "08".repeat(32);
const cluster = "26".repeat(16);

const bodies: Partial<Record<BodyKind, Record<string, unknown>>> = {
  retraction: { target: id, path: "a/b", reason: "misread" },
  supersession: { old: id, new: other, path: "a/b" },
  vote: { target: id, path: "a/b", weight: -0.5 },
  endorsement: { target: id, path: "a/b" },
  source_record: { id: "s", title: "S", class: "expert", derived_from: ["r"] },
  source_retraction: { source_id: "s" },
  predicate_record: { predicate: "p", cardinality: "one", comparator: "step", step: 0.5 },
  alias: { path: "a/c", canonical: "a/b" },
  epoch: { name: "2", supersedes: "1" },
  trust_outcome: { target: id, path: "a/b", outcome: "wrong" },
  redaction: { target: id },
  grant: { cluster_id: cluster, key: id, role: "curator" },
  revocation: { cluster_id: cluster, key: id, since: "7" },
};

test("bodies: each is encoded, printed and read again as it was", () => {
  for (const [kind, fields] of Object.entries(bodies)) {
    const record = { [kind]: fields };
    const body = clientBodyOf(record);
    assert.is(body.kind, kind);
    const entry = { author, salt: new Uint8Array(16).fill(3), body };
    const bytes = encodeEntry(entry);
    assert.equal(bodyToJson(decodeEntry(bytes).body), record, kind);
    // What `read --json` and `tail --json` print is what `import` reads.
    const printed = JSON.stringify({ index: 3, entry: entryToJson(entry) });
    assert.equal(inputOf(printed, { author, assertedMs: undefined }), bytes, kind);
  }
});

test("bodies: what only a node writes is refused, by say and by import (exhaustive)", () => {
  const tried = new Set(["assertion", "source_chunk", ...Object.keys(bodies)]);
  const rest = Object.keys(bodyKinds).filter((kind) => !tried.has(kind));
  assert.is(rest.length, 9);
  for (const kind of rest) {
    const record = { [kind]: {} };
    const text = JSON.stringify(record);
    const calls = [
      () => clientBodyOf(record),
      () => inputOf(text, { author, assertedMs: undefined }),
    ];
    for (const call of calls) {
      const { detail } = throwsFault(call, "BODY_NOT_ALLOWED");
      const limit = "a body that clients may write";
      assert.equal(detail, { field: "body", limit, value: kind });
    }
  }
});

test("mistakes: refused with field, limit and value (table)", () => {
  const table: readonly [record: unknown, code: FaultCode, field: string, value: string][] = [
    [5, "ARGUMENT_INVALID", "record", "5"],
    [null, "ARGUMENT_INVALID", "record", "null"],
    [[], "ARGUMENT_INVALID", "record", "a list of 0"],
    [{}, "ARGUMENT_INVALID", "concept_path", "absent"],
    [{ alais: { path: "a" } }, "ARGUMENT_INVALID", "body", "alais"],
    [{ alias: 5 }, "ARGUMENT_INVALID", "alias", "5"],
    [{ alias: { path: "a" } }, "ARGUMENT_INVALID", "alias.canonical", "absent"],
    [{ alias: { path: "a", canonical: "b", c: 1 } }, "ARGUMENT_INVALID", "alias.c", "1"],
    [{ alias: { path: "a", canonical: "b" }, x: 1 }, "ARGUMENT_INVALID", "x", "1"],
    [
      { trust_outcome: { target: id, path: "a", outcome: "so" } },
      "ARGUMENT_INVALID",
      "trust_outcome.outcome",
      '"so"',
    ],
    [
      { trust_outcome: { target: "9f", path: "a/b", outcome: 1 } },
      "ARGUMENT_INVALID",
      "trust_outcome.outcome",
      "1",
    ],
  ];
  for (const [record, code, field, value] of table) {
    const name = JSON.stringify(record);
    assert.throws(
      () => clientBodyOf(record),
      (error: unknown) => {
        if (!isFault(error, code)) return false;
        assert.is(error.detail["field"], field, name);
        assert.is(error.detail["value"], value, name);
        return typeof error.detail["limit"] === "string";
      },
      name,
    );
  }
});

test("say: what is wrong is said before a key is asked for, by exit code (table)", async () => {
  const mistakes: readonly (readonly [typed: string, exitCode: number, says: string])[] = [
    ["say", 2, "--body is missing"],
    ["say --body", 2, "--body needs a value"],
    ["say --body {", 2, "--body is not JSON"],
    ["say --body []", 2, "record must be a JSON object"],
    ["say --body {}", 2, "concept_path must be"],
    ['say --body {"alais":{}}', 2, "alais is no body"],
    ['say --body {"alias":{"path":"a"}}', 2, "alias.canonical must be"],
    ['say --body {"log_genesis":{}}', 1, "log_genesis is a body that only a node writes"],
    ['say --body {"epoch":{"name":"e"}}', 1, "run `steme keys generate`"],
  ];
  for (const [typed, exitCode, says] of mistakes) {
    const ran = await runSteme(typed.split(" "));
    assert.is(ran.exitCode, exitCode, `${typed}: ${ran.stderr}`);
    assert.ok(ran.stderr.includes(says), `${typed}: ${ran.stderr}`);
    assert.is(ran.stdout, "", typed);
  }
});

test.run();
