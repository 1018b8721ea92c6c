/**
 * Goal: what is claimed over HTTP is said as the caller meant it, with the defaults that the
 * reference names, and what cannot be said is refused before it is signed. Method: a fake gateway
 * that remembers what it was given; every response is held against the OpenAPI document.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { HttpServerOptions } from "../../src/http/http-server.js";
import type { Assertion, Value } from "../../src/model/entry.js";
import type { FaultCode } from "../../src/model/fault.js";
import { toHex } from "../../src/model/hex.js";
import type { Position } from "../../src/model/position.js";
import { answerOf, assertion, emptyAnswer, logId, nowMs, storedAssertion } from "./fake-parts.js";
import { HttpSubject } from "./http-subject.js";

const test = suite("http: claims");
const claim = { concept_path: "test/cluster", predicate: "replicated", value: true };

async function on(
  work: (subject: HttpSubject) => Promise<void>,
  options: Partial<HttpServerOptions> = {},
): Promise<void> {
  const subject = await HttpSubject.open(options);
  try {
    await work(subject);
  } finally {
    await subject.close();
  }
}

test("assert: a plain claim, as operators type it", () =>
  on(async (subject) => {
    const heard = await subject.post("/v1/assert", claim);
    assert.is(heard.status, 201);
    assert.equal(heard.json, {
      id: "02".repeat(32),
      log_id: toHex(logId),
      index: 5,
      position: `${toHex(logId)}/5`,
      hybrid_time: String(BigInt(nowMs) << 16n),
      recorded_at: "2026-02-11T10:15:00Z",
      level: "durable",
      existed: false,
    });
    assert.equal(subject.gateway.said, [{ caller: "anonymous", body: assertion }]);
  }));

test("assert: values as they are, or as objects that need not name their kind", () =>
  on(async (subject) => {
    const cases: readonly (readonly [unknown, Value])[] = [
      [true, { kind: "boolean", boolean: true }],
      [12, { kind: "integer", integer: 12n, bound: "exact" }],
      [1.5, { kind: "number", number: 1.5, bound: "exact" }],
      ["text", { kind: "text", text: "text" }],
      [
        { version: "120", bound: "exact" },
        { kind: "version", version: "120", bound: "exact" },
      ],
      [
        { number: 5, unit: "mg", bound: "at_most" },
        { kind: "number", number: 5, unit: "mg", bound: "at_most" },
      ],
      [
        { kind: "integer", integer: "9223372036854775807" },
        { kind: "integer", integer: 2n ** 63n - 1n, bound: "exact" },
      ],
      [{ kind: "unknown" }, { kind: "unknown" }],
    ];
    for (const [value, expected] of cases) {
      await subject.post("/v1/assert", { ...claim, value });
      const { body } = subject.gateway.said.at(-1) ?? {};
      assert.equal((body as Assertion).value, expected);
    }
  }));

test("assert: everything that a claim can say", () =>
  on(async (subject) => {
    const full = {
      ...claim,
      polarity: "denies",
      confidence: 0.25,
      source: { id: "mdn", class: "expert", derived_from: ["b", "a"] },
      asserted_at: "2026-01-01T00:00:00Z",
      valid_from: "2026-01-01T00:00:00Z",
      valid_until: "2026-02-01T00:00:00Z",
      lifecycle: "approved",
      epoch: "2026",
      parent: "0a".repeat(32),
      labels: { b: "2", a: "1" },
      vector: [0.5],
      visual_hash: "ff",
    };
    assert.is((await subject.post("/v1/assert", full)).status, 201);
    assert.equal(subject.gateway.said[0]?.body, {
      ...assertion,
      polarity: "denies",
      confidenceMillionths: 250_000,
      source: { id: "mdn", class: "expert", derivedFrom: ["a", "b"] },
      assertedMs: Date.parse("2026-01-01T00:00:00Z"),
      validFromMs: Date.parse("2026-01-01T00:00:00Z"),
      validUntilMs: Date.parse("2026-02-01T00:00:00Z"),
      lifecycle: "approved",
      epoch: "2026",
      parent: new Uint8Array(32).fill(10),
      labels: [
        { key: "a", value: "1" },
        { key: "b", value: "2" },
      ],
      vector: [0.5],
      visualHash: Uint8Array.of(255),
    });
  }));

test("assert: what cannot be said is refused with its field", () =>
  on(async (subject) => {
    const cases: readonly (readonly [object, string])[] = [
      [{ ...claim, concept: "x" }, "concept"],
      [{ concept_path: "a", predicate: "p" }, "value"],
      [{ ...claim, value: null }, "value"],
      [{ ...claim, value: { version: "1", text: "x" } }, "value.kind"],
      [{ ...claim, value: { version: "1", unit: "x" } }, "value.unit"],
      [{ ...claim, value: 2 ** 60 }, "value"],
      [{ ...claim, confidence: 2 }, "confidence"],
      [{ ...claim, confidence: 0.1234567 }, "confidence"],
      [{ ...claim, polarity: "maybe" }, "polarity"],
      [{ ...claim, source: { class: "expert" } }, "source.id"],
      [{ ...claim, source: { id: "x", kind: "y" } }, "source.kind"],
      [{ ...claim, asserted_at: "now" }, "asserted_at"],
    ];
    for (const [body, field] of cases) {
      const heard = await subject.refused(
        subject.post("/v1/assert", body),
        400,
        "ARGUMENT_INVALID",
      );
      assert.is(heard.json.facts.field, field, heard.text);
    }
    const path = { ...claim, concept_path: "a//b" };
    const heard = await subject.refused(subject.post("/v1/assert", path), 400, "ENTRY_INVALID");
    assert.ok(String(heard.json.facts.field).endsWith("concept_path"), heard.text);
    assert.is(subject.gateway.said.length, 0);
  }));

const signed = {
  author: "01".repeat(32),
  writer: "02".repeat(16),
  sequence: 3,
  entries: ["0a", "0b0c"],
  signature: "04".repeat(64),
};

test("assert: a signed batch goes on as it is", () =>
  on(async (subject) => {
    const heard = await subject.post("/v1/assert", signed);
    assert.is(heard.status, 201);
    assert.is(heard.json.count, 2);
    assert.is(heard.json.ids.length, 2);
    assert.is(heard.json.index, 5);
    assert.is(heard.json.position, `${toHex(logId)}/6`);
    assert.equal(subject.gateway.batches, [
      {
        author: new Uint8Array(32).fill(1),
        writer: new Uint8Array(16).fill(2),
        sequence: 3,
        entries: [Uint8Array.of(10), Uint8Array.of(11, 12)],
        signature: new Uint8Array(64).fill(4),
      },
    ]);
    subject.gateway.existed = true;
    const again = await subject.post("/v1/assert", signed);
    assert.is(again.status, 200);
    assert.is(again.json.existed, true);

    const { signature: _signature, ...unsigned } = signed;
    const lacking = subject.post("/v1/assert", unsigned);
    const missing = await subject.refused(lacking, 400, "ARGUMENT_INVALID");
    assert.is(missing.json.facts.field, "signature");
    const mixed = await subject.refused(
      subject.post("/v1/assert", { ...signed, ...claim }),
      400,
      "ARGUMENT_INVALID",
    );
    assert.is(mixed.json.facts.field, "concept_path");
  }));

test("required signatures: only signed batches are taken", () =>
  on(
    async (subject) => {
      assert.is((await subject.post("/v1/assert", signed)).status, 201);
      const bodies = [
        ["/v1/assert", claim],
        ["/v1/votes", { target: "0a".repeat(32), weight: 1, path: "a" }],
        ["/v1/endorsements", { target: "0a".repeat(32), path: "a" }],
        ["/v1/retractions", { target: "0a".repeat(32), path: "a" }],
        ["/v1/sources", { id: "mdn", class: "expert" }],
        ["/v1/epochs", { name: "2026" }],
      ] as const;
      for (const [url, body] of bodies) {
        await subject.refused(subject.post(url, body), 403, "SIGNATURE_REQUIRED");
      }
      assert.is(subject.gateway.said.length, 0);
    },
    { requiresSignatures: true },
  ));

test("what the append path refuses has the status of its code", () =>
  on(async (subject) => {
    const cases: readonly (readonly [FaultCode, number])[] = [
      ["DISK_FULL", 507],
      ["LOG_POISONED", 503],
      ["SHUTTING_DOWN", 503],
      ["OUTCOME_UNKNOWN", 500],
      ["IDEMPOTENCY_KEY_REUSED", 409],
      ["SEQUENCE_REUSED", 409],
      ["SIGNATURE_INVALID", 403],
    ];
    for (const [code, status] of cases) {
      subject.gateway.failure = code;
      await subject.refused(subject.post("/v1/assert", claim), status, code);
    }
  }));

test("idempotency key: goes with a digest of the request, which another request changes", () =>
  on(async (subject) => {
    const key = { "idempotency-key": "k-1" };
    await subject.post("/v1/assert", claim, key);
    await subject.post("/v1/assert", claim, key);
    await subject.post("/v1/assert", { ...claim, value: false }, key);
    await subject.post("/v1/sources", { id: "mdn", class: "expert" }, key);
    const kept = subject.gateway.said.map(({ idempotency }) => idempotency);
    assert.equal(
      kept.map((one) => one?.key),
      ["k-1", "k-1", "k-1", "k-1"],
    );
    const digests = kept.map((one) => toHex(one?.digest ?? new Uint8Array(0)));
    assert.is(digests[0], digests[1]);
    assert.is(new Set(digests).size, 3);
    const long = { "idempotency-key": "x".repeat(256) };
    await subject.refused(subject.post("/v1/assert", claim, long), 400, "ARGUMENT_INVALID");
  }));

test("votes and endorsements: name the path of their target themselves", () =>
  on(async (subject) => {
    const { id } = subject.entries.add(storedAssertion());
    const target = toHex(id);
    assert.is((await subject.post("/v1/votes", { target, weight: -0.5 })).status, 201);
    assert.is((await subject.post("/v1/endorsements", { target })).status, 201);
    assert.equal(
      subject.gateway.said.map(({ body }) => body),
      [
        { kind: "vote", target: id, path: "test/cluster", weightMillionths: -500_000 },
        { kind: "endorsement", target: id, path: "test/cluster" },
      ],
    );
    const other = { target, weight: 1, path: "another/path" };
    const heard = await subject.refused(subject.post("/v1/votes", other), 400, "ARGUMENT_INVALID");
    assert.is(heard.json.facts.field, "path");
    const unknown = { target: "0f".repeat(32), weight: 1 };
    await subject.refused(subject.post("/v1/votes", unknown), 404, "NOT_FOUND");
    assert.is((await subject.post("/v1/votes", { ...unknown, path: "a/b" })).status, 201);
    const heavy = { target, weight: 1.5 };
    await subject.refused(subject.post("/v1/votes", heavy), 400, "ARGUMENT_INVALID");
  }));

test("sources and epochs: are said as their bodies", () =>
  on(async (subject) => {
    const source = { id: "mdn", class: "expert", title: "MDN", hash: "0a".repeat(32) };
    assert.is((await subject.post("/v1/sources", source)).status, 201);
    assert.is((await subject.post("/v1/epochs", { name: "b", supersedes: "a" })).status, 201);
    assert.equal(
      subject.gateway.said.map(({ body }) => body),
      [
        {
          kind: "source_record",
          id: "mdn",
          class: "expert",
          title: "MDN",
          hash: new Uint8Array(32).fill(10),
        },
        { kind: "epoch", name: "b", supersedes: "a" },
      ],
    );
    await subject.refused(subject.post("/v1/sources", { id: "mdn" }), 400, "ARGUMENT_INVALID");
  }));

test("epochs: the receipt says whether it has an effect, where that is known", async () => {
  for (const effective of [true, false, undefined]) {
    const asked: number[] = [];
    const isEffective = async ({ position }: { readonly position: Position }) => {
      asked.push(position.index);
      return effective;
    };
    await on(
      async (subject) => {
        const { status, json } = await subject.post("/v1/epochs", { name: "b" });
        assert.is(status, 201);
        assert.is(json.effective, effective);
        assert.is("effective" in json, effective !== undefined);
        assert.equal(asked, [json.index]);
        assert.not.ok("effective" in (await subject.post("/v1/assert", claim)).json);
        assert.is(asked.length, 1, "of epochs alone");
      },
      { epochs: { epochs: () => [], isEffective } },
    );
  }
});

test("retraction: takes back what the caller said, and nothing else", () =>
  on(async (subject) => {
    const own = subject.entries.add(storedAssertion());
    const foreign = subject.entries.add(storedAssertion("ann", 2));
    const target = toHex(own.id);
    const heard = await subject.post("/v1/retractions", { target, reason: "misread" });
    assert.is(heard.status, 201);
    assert.equal(subject.gateway.said[0]?.body, {
      kind: "retraction",
      target: own.id,
      path: "test/cluster",
      reason: "misread",
    });
    const others = { target: toHex(foreign.id) };
    await subject.refused(subject.post("/v1/retractions", others), 403, "BODY_NOT_ALLOWED");
    const lens = { target, lens: "votes" };
    await subject.refused(subject.post("/v1/retractions", lens), 400, "ARGUMENT_INVALID");
    assert.is(subject.gateway.said.length, 1);
  }));

test("retraction: a dry run shows what would change and appends nothing", () =>
  on(async (subject) => {
    const { id } = subject.entries.add(storedAssertion("ann"));
    const query = subject.queries.query.bind(subject.queries);
    subject.queries.query = (input, signal) => {
      const isAfter = input.parameters?.claimsOut !== undefined;
      subject.queries.answers = isAfter
        ? [emptyAnswer]
        : [answerOf({ kind: "boolean", boolean: true })];
      return query(input, signal);
    };
    const body = { target: toHex(id), dry_run: true, lens: "layered" };
    const heard = await subject.post("/v1/retractions", body);
    assert.is(heard.status, 200);
    assert.is(heard.json.winner_changed, true);
    assert.is(heard.json.allowed, false);
    assert.is(heard.json.before.length, 1);
    assert.equal(heard.json.after, []);
    assert.is(subject.gateway.said.length, 0);
    const question = { conceptPath: "test/cluster", predicate: "replicated" };
    const subjectAsked = { kind: "question", question };
    assert.equal(subject.queries.asked, [
      { subject: subjectAsked, lens: "layered" },
      {
        subject: subjectAsked,
        lens: "layered",
        parameters: { claimsOut: [id] },
        evaluatedAtMs: nowMs,
      },
    ]);
    const unknown = { target: "0f".repeat(32), path: "a", dry_run: true };
    await subject.refused(subject.post("/v1/retractions", unknown), 404, "NOT_FOUND");
  }));

test.run();
