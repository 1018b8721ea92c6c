/**
 * Goal: nothing is appended that could have no effect: acts are upon claims that are there, and
 * only a claim's own voice takes it back. Method: stored entries made by hand; a table of voices.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { speakerFor } from "../../cli/commands/retract.js";
import { type TargetClaim, targetClaimAt } from "../../cli/target-claim.js";
import { EntryRecord, encodeInput, KeyPair, type StoredEntry } from "../../src/client/index.js";
import type { Assertion, Body } from "../../src/model/entry.js";
import { Fault } from "../../src/model/fault.js";
import { toHybridTime } from "../../src/model/hybrid-time.js";
import { toIndex } from "../../src/model/position.js";
import { rejects, throwsFault } from "../support/expect.js";

const test = suite("cli: target claim");

const ann = KeyPair.fromSeed(new Uint8Array(32).fill(1));
const ben = KeyPair.fromSeed(new Uint8Array(32).fill(2));
const id = new Uint8Array(32).fill(9);
const { signal } = new AbortController();

const body: Assertion = {
  kind: "assertion",
  conceptPath: "a/b",
  predicate: "p",
  value: { kind: "boolean", boolean: true },
  polarity: "affirms",
  confidenceMillionths: 1_000_000,
  source: { id: "s", class: "community" },
  assertedMs: 0,
  lifecycle: "proposed",
};

function stored(said: Body, onBehalfOf?: string, isRedacted?: boolean): StoredEntry {
  const draft = onBehalfOf === undefined ? { body: said } : { body: said, onBehalfOf };
  const entry = new EntryRecord({
    logId: id,
    index: toIndex(7),
    hybridTime: toHybridTime(0n),
    bytes: encodeInput(draft, ann),
    first: undefined,
    hole: isRedacted === undefined ? undefined : { id, isRedacted },
  });
  return { entry, batch: undefined };
}

const clientOf = (answer: StoredEntry | Fault) => ({
  get: async () => {
    if (answer instanceof Fault) throw answer;
    return answer;
  },
});

test("target: a claim, with who said it and for whom", async () => {
  const claim = await targetClaimAt(clientOf(stored(body, "cy")), id, signal);
  assert.equal(claim, { id, author: ann.publicKey, onBehalfOf: "cy", body });
});

test("target: what is no claim is refused, and what to do instead is said (table)", async () => {
  const vote: Body = { kind: "vote", target: id, path: "a/b", weightMillionths: 1 };
  const retraction: Body = { kind: "retraction", target: id, path: "a/b" };
  const table = [
    [stored(vote), "ARGUMENT_INVALID", "weight 0 withdraws it"],
    [stored(retraction), "ARGUMENT_INVALID", "said again with `steme assert`"],
    [stored({ kind: "epoch", name: "e" }), "ARGUMENT_INVALID", "no claim but an epoch"],
    [stored(body, undefined, true), "ARGUMENT_INVALID", "was erased"],
    [stored(body, undefined, false), "ARGUMENT_INVALID", "is pruned here"],
    [new Fault("NOT_FOUND", "x"), "NOT_FOUND", "no entry has this id: `steme explain`"],
  ] as const;
  for (const [answer, code, says] of table) {
    const fault = await rejects(targetClaimAt(clientOf(answer), id, signal), code);
    assert.ok(String(fault).includes(says), String(fault));
  }
});

const claimOf = (onBehalfOf?: string): TargetClaim => ({
  id,
  author: ann.publicKey,
  body,
  ...(onBehalfOf === undefined ? {} : { onBehalfOf }),
});

test("voice: the claim's own takes it back, and for whom it was said (table)", () => {
  assert.equal(speakerFor(claimOf(), ann, undefined), { keys: ann, onBehalfOf: undefined });
  assert.equal(speakerFor(claimOf("cy"), ann, undefined), { keys: ann, onBehalfOf: "cy" });
  assert.equal(speakerFor(claimOf("cy"), ben, "cy"), { keys: ben, onBehalfOf: "cy" });
});

test("voice: others are told what they can do instead (table)", () => {
  const table = [
    [claimOf(), ben, undefined, "steme vote ID --against"],
    [claimOf(), ann, "cy", "steme assert --denies"],
    [claimOf("cy"), ben, undefined, "a gateway takes it back with --on-behalf-of cy"],
    [claimOf("cy"), ben, "dan", "--on-behalf-of cy"],
  ] as const;
  for (const [claim, keys, named, says] of table) {
    const { message } = throwsFault(() => speakerFor(claim, keys, named), "BODY_NOT_ALLOWED");
    assert.ok(message.includes(says), message);
  }
});

test.run();
