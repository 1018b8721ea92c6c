/** What the HTTP API is opened on in tests: parts in memory, told what to say. */

import type { SignedBatchParts } from "../../src/client/append-request.js";
import { sha256 } from "../../src/crypto/sha256.js";
import { encodeEntry, entryId } from "../../src/entry/codec.js";
import { systemClock } from "../../src/host/clock.js";
import type {
  BatchReceipt,
  EntrySource,
  EpochSaid,
  FeedEvent,
  FeedRequest,
  Gateway,
  NodeHealth,
  ReadinessCheck,
  Saying,
  SayingReceipt,
  StoredEntry,
} from "../../src/http/parts.js";
import type { Answer, Basis, SupportingClaim } from "../../src/model/answer.js";
import type { Assertion, Value } from "../../src/model/entry.js";
import { Fault, type FaultCode } from "../../src/model/fault.js";
import { toHex } from "../../src/model/hex.js";
import { hybridTimeAt } from "../../src/model/hybrid-time.js";
import { toIndex } from "../../src/model/position.js";
import type {
  AssertionsInput,
  ConceptsInput,
  DiffInput,
  DiffResult,
  ExplainInput,
  ExplainResult,
  QueryInput,
  QueryResult,
  QuestionsInput,
  SourcesInput,
} from "../../src/model/query.js";
import type { TracedQueries } from "../../src/query/metered-queries.js";
import type { QueryTrace } from "../../src/query/traces.js";

const filled = (bytes: number, value: number): Uint8Array => new Uint8Array(bytes).fill(value);

export const logId = filled(32, 7);
export const author = filled(32, 9);
export const nowMs = Date.parse("2026-02-11T10:15:00Z");
export const recorded = hybridTimeAt(nowMs);
export const positionOf = (index: number) => ({ logId, index: toIndex(index) });

export const claimOf = (more: Partial<SupportingClaim> = {}): SupportingClaim => ({
  id: filled(32, 3),
  position: positionOf(4),
  recorded,
  author,
  onBehalfOf: "anonymous",
  sourceId: "http:anonymous",
  sourceClass: "community",
  polarity: "affirms",
  confidenceMillionths: 1_000_000,
  weightMillionths: 999_999,
  assertedMs: nowMs,
  ...more,
});

const noCounts = { candidates: 0, considered: 0, revised: 0, redacted: 0, ineligible: 0 };

export const answerOf = (value: Value, more: Partial<Answer> = {}): Answer => ({
  conceptPath: "test/cluster",
  predicate: "replicated",
  winner: value,
  confidenceMillionths: 950_000,
  conflictMillionths: 1,
  status: "unanimous",
  supports: [
    { value, supportMillionths: 1_999_999, claimCount: 2, voiceCount: 2, claims: [claimOf()] },
  ],
  valueCount: 1,
  counts: { ...noCounts, candidates: 2, considered: 2 },
  ...more,
});

export const emptyAnswer: Answer = {
  conceptPath: "nobody/knows",
  predicate: "it",
  confidenceMillionths: 0,
  conflictMillionths: 0,
  status: "none",
  supports: [],
  valueCount: 0,
  counts: noCounts,
};

export const basisOf = (more: Partial<Basis> = {}): Basis => ({
  lens: "recency",
  lensVersion: 1,
  parameters: { decay: "class", lifecycles: ["proposed"] },
  frontier: filled(48, 5),
  evaluatedAtMs: nowMs,
  ...more,
});

/** Says what it was told to say, and remembers what it was asked. */
export class FakeQueries implements TracedQueries {
  readonly asked: unknown[] = [];
  answers: readonly Answer[] = [answerOf({ kind: "boolean", boolean: true })];
  basis: Basis = basisOf();
  more: Partial<QueryResult> = {};
  explanation: Partial<ExplainResult> = {};
  traces = new Map<string, QueryTrace>();
  failure: unknown;
  /** Held back until it settles. */
  gate: Promise<void> = Promise.resolve();
  signal: AbortSignal | undefined;
  #queries = 0;

  async #answer<T>(input: unknown, signal: AbortSignal, result: () => T): Promise<T> {
    this.asked.push(input);
    this.signal = signal;
    await this.gate;
    if (this.failure !== undefined) throw this.failure;
    return result();
  }

  query(input: QueryInput, signal: AbortSignal): Promise<QueryResult> {
    return this.#answer(input, signal, () => ({
      basis: this.basis,
      answers: this.answers,
      isBehind: false,
      queryId: filled(16, ++this.#queries),
      ...this.more,
    }));
  }

  explain(input: ExplainInput, signal: AbortSignal): Promise<ExplainResult> {
    return this.#answer(input, signal, () => ({
      basis: this.basis,
      answers: this.answers,
      isBehind: false,
      claims: [],
      claimCount: 0,
      counterfactuals: [],
      turningSet: [],
      isTurningSetSmallest: true,
      ineffective: [],
      summary: [],
      ...this.explanation,
    }));
  }

  diff(input: DiffInput, signal: AbortSignal): Promise<DiffResult> {
    return this.#answer(input, signal, () => ({
      fromBasis: this.basis,
      toBasis: this.basis,
      from: [],
      to: this.answers,
      changes: [
        {
          claim: claimOf(),
          value: { kind: "boolean", boolean: true } as const,
          after: "considered" as const,
          weightBeforeMillionths: 0,
          weightAfterMillionths: 999_999,
        },
      ],
      winnerChanged: true,
      isBehind: false,
    }));
  }

  #listing<Row>(input: unknown, signal: AbortSignal, rows: readonly Row[]) {
    const frontier = filled(48, 5);
    const nextCursor = filled(3, 1);
    return this.#answer(input, signal, () => ({ rows, frontier, nextCursor, isBehind: false }));
  }

  concepts(input: ConceptsInput, signal: AbortSignal) {
    const row = { conceptPath: "a/b", predicates: ["p"], claimCount: 2, hasChildren: true };
    return this.#listing(input, signal, [row]);
  }

  questions(input: QuestionsInput, signal: AbortSignal) {
    const row = {
      conceptPath: "a/b",
      predicate: "p",
      claimCount: 2,
      conflictMillionths: 918_296,
      valueCount: 2,
      latest: recorded,
    };
    return this.#listing(input, signal, [row]);
  }

  assertions(input: AssertionsInput, signal: AbortSignal) {
    const { id, entry } = storedAssertion();
    const row = { id, position: positionOf(4), recorded, entry: entry ?? new Uint8Array(0) };
    return this.#listing(input, signal, [row, { ...row, entry: new Uint8Array(0) }]);
  }

  sources(input: SourcesInput, signal: AbortSignal) {
    const record = encodeEntry({
      author,
      salt: filled(16, 1),
      body: { kind: "source_record", id: "mdn", class: "expert", title: "MDN" },
    });
    const plain = { sourceId: "caniuse", claimCount: 1, isRetracted: false };
    const full = { sourceId: "mdn", claimCount: 3, isRetracted: true, retractionReason: "old" };
    return this.#listing(input, signal, [
      plain,
      { ...full, record, sourceClass: "expert" as const },
    ]);
  }

  trace(queryId: Uint8Array): QueryTrace | undefined {
    return this.traces.get(toHex(queryId));
  }
}

export const assertion: Assertion = {
  kind: "assertion",
  conceptPath: "test/cluster",
  predicate: "replicated",
  value: { kind: "boolean", boolean: true },
  polarity: "affirms",
  confidenceMillionths: 1_000_000,
  source: { id: "http:anonymous", class: "community" },
  assertedMs: nowMs,
  lifecycle: "proposed",
};

/** An assertion as a log holds it. */
export function storedAssertion(onBehalfOf = "anonymous", salt = 1): StoredEntry {
  const entry = encodeEntry({ author, salt: filled(16, salt), onBehalfOf, body: assertion });
  return { id: new Uint8Array(entryId(sha256, entry)), position: positionOf(4), recorded, entry };
}

export class FakeEntries implements EntrySource {
  readonly stored = new Map<string, StoredEntry>();

  add(entry: StoredEntry): StoredEntry {
    this.stored.set(toHex(entry.id), entry);
    return entry;
  }

  async find(id: Uint8Array): Promise<StoredEntry | undefined> {
    return this.stored.get(toHex(id));
  }
}

export class FakeGateway implements Gateway {
  readonly author = author;
  readonly said: Saying[] = [];
  readonly batches: SignedBatchParts[] = [];
  failure: FaultCode | undefined;
  existed = false;

  async say(saying: Saying): Promise<SayingReceipt> {
    if (this.failure !== undefined) throw new Fault(this.failure, "told to fail", { fact: 1 });
    // What a real one refuses to encode, this one does too.
    encodeEntry({ author, salt: filled(16, 1), onBehalfOf: saying.caller, body: saying.body });
    this.said.push(saying);
    return { id: filled(32, 2), position: positionOf(5), recorded, existed: this.existed };
  }

  async append(batch: SignedBatchParts): Promise<BatchReceipt> {
    if (this.failure !== undefined) throw new Fault(this.failure, "told to fail");
    this.batches.push(batch);
    const ids = batch.entries.map((entry) => entryId(sha256, entry));
    return { ids, position: positionOf(5), recorded, existed: this.existed };
  }
}

export class FakeHealth {
  now: NodeHealth = {
    status: "healthy",
    detail: "",
    assertionCount: 10_234,
    logId,
    size: 10_240,
    views: {
      generation: 1,
      version: 1,
      applied: 10_240,
      size: 10_240,
      bytes: 1,
      projections: [
        { name: "questions", state: "live", applied: 10_240 },
        { name: "lists", state: "stopped", applied: 9, stoppedAt: 9, stoppedBecause: "x" },
      ],
      writerRestarts: 0,
      lagMs: 2.5,
    },
    version: "0.1.0",
    uptimeMs: 1_234.5,
  };
  ready: readonly ReadinessCheck[] = [
    { name: "log", isReady: true, detail: "" },
    { name: "views", isReady: true, detail: "" },
  ];

  health(): NodeHealth {
    return this.now;
  }

  checks(): readonly ReadinessCheck[] {
    return this.ready;
  }
}

export const epoch: EpochSaid = {
  id: filled(32, 6),
  position: positionOf(6),
  recorded,
  author,
  name: "2026",
  supersedes: "2025",
  isEffective: true,
};

/** A feed that is pushed to. */
export class FakeFeed {
  readonly requests: FeedRequest[] = [];
  failure: Fault | undefined;
  /** How many groups were pulled by readers. */
  pulled = 0;
  readonly #groups: (readonly FeedEvent[])[] = [];
  #wake: () => void = () => {};

  push(...group: readonly FeedEvent[]): void {
    this.#groups.push(group);
    this.#wake();
  }

  async *events(request: FeedRequest, signal: AbortSignal) {
    if (this.failure !== undefined) throw this.failure;
    this.requests.push(request);
    yield [{ kind: "heartbeat" }] as const;
    signal.addEventListener("abort", () => this.#wake());
    while (!signal.aborted) {
      const group = this.#groups.shift();
      if (group !== undefined) {
        this.pulled++;
        yield group;
        continue;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

/** Time that does not pass by itself for what is asserted, and passes for timers. */
export const clock = { ...systemClock, nowMs: () => nowMs };
