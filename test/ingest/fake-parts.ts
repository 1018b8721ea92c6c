/**
 * The parts around the append path, in the hands of a test: a pool that judges when it is told to,
 * a log that syncs when it is told to, and a table of sequences in memory. A message is JSON that
 * says what admission will find in it.
 */
import { encodeEntry } from "../../src/entry/codec.js";
import type { AdmissionPool, Admitted } from "../../src/ingest/admission-pool.js";
import type { Refusal } from "../../src/ingest/admitted.js";
import { type BatchInFlight, Ingest } from "../../src/ingest/ingest.js";
import type { RightsSource } from "../../src/ingest/rights-check.js";
import type { Grant } from "../../src/model/entry.js";
import type { Fault } from "../../src/model/fault.js";
import { silentMetrics } from "../../src/observability/metrics.js";
import type { SequenceJudgement, SequenceTable } from "../../src/state/sequences.js";
import type { AdmittedBatch, Committed } from "../../src/wal/admitted-batch.js";
import type { Log } from "../../src/wal/log.js";
import { SimulatedClock } from "../support/simulated-clock.js";

export interface PlannedBatch {
  readonly sequence: number;
  /** What the root is made of; the same: the same entries. */
  readonly content?: number;
  readonly isRefused?: boolean;
  /** An entry that grants: the batch then holds this one alone. */
  readonly grant?: Pick<Grant, "prefix">;
}

export interface PlannedRequest {
  readonly number: number;
  readonly batches: readonly PlannedBatch[];
  readonly level?: number;
  readonly isMalformed?: boolean;
}

export const messageOf = (request: PlannedRequest): Uint8Array =>
  Buffer.from(JSON.stringify(request));

/** A request of one batch. */
export const one = (sequence: number, content = sequence): Uint8Array =>
  messageOf({ number: sequence, batches: [{ sequence, content }] });

export const signatureRefusal: Refusal = {
  code: "SIGNATURE_INVALID",
  message: "the signature does not fit",
  entries: [],
  entriesRefused: 0,
};

export const clusterId = new Uint8Array(16).fill(7);
const author = new Uint8Array(32).fill(1);

function batchOf({ sequence, content = sequence, grant }: PlannedBatch): AdmittedBatch {
  const batch = {
    author,
    writer: new Uint8Array(16).fill(2),
    sequence,
    signature: new Uint8Array(64),
    root: new Uint8Array(32).fill(content),
    count: 3,
    entries: new Uint8Array(30),
    lengths: new Uint16Array(3),
    shards: new Uint16Array(3),
    leaves: new Uint8Array(96),
  };
  if (grant === undefined) return batch;
  const key = new Uint8Array(32).fill(3);
  const body = { kind: "grant", clusterId, key, role: "curator", ...grant } as const;
  const entries = encodeEntry({ author, salt: new Uint8Array(16), body });
  const lengths = Uint16Array.of(entries.length);
  return { ...batch, count: 1, entries, lengths, isAboutRights: true };
}

export class FakePool {
  /** At once on the main thread; later, as a thread does; or not at all, for there is no room. */
  mode: "inline" | "thread" | "full" = "inline";
  failure: Fault | undefined;
  heldCount = 0;
  readonly turns: boolean[] = [];
  readonly #threads: { readonly go: () => void; readonly fail: (fault: Fault) => void }[] = [];
  readonly #waiters: (() => void)[] = [];

  admit(message: Uint8Array, _isAlone: boolean, hasTurn = false) {
    this.turns.push(hasTurn);
    if (this.failure !== undefined) throw this.failure;
    if (this.mode === "full") return undefined;
    this.heldCount++;
    const admitted = this.#judge(message);
    if (this.mode === "inline") return admitted;
    return new Promise<Admitted>((resolve, reject) => {
      this.#threads.push({ go: () => resolve(admitted), fail: reject });
    });
  }

  whenRoom(): Promise<void> {
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  get workingCount(): number {
    return this.#threads.length;
  }

  /** One of the threads that work is done with its request. */
  finish(at = 0): void {
    for (const thread of this.#threads.splice(at, 1)) thread.go();
  }

  die(fault: Fault): void {
    this.failure = fault;
    for (const thread of this.#threads.splice(0)) thread.fail(fault);
  }

  makeRoom(mode: "inline" | "thread" = "inline"): void {
    this.mode = mode;
    for (const wake of this.#waiters.splice(0)) wake();
  }

  #judge(message: Uint8Array): Admitted {
    const planned = JSON.parse(Buffer.from(message).toString()) as PlannedRequest;
    let isHeld = true;
    const admitted = {
      number: BigInt(planned.number),
      level: planned.level ?? 0,
      batches: planned.batches.map((batch) =>
        batch.isRefused === true ? signatureRefusal : batchOf(batch),
      ),
      release: () => {
        if (!isHeld) throw new Error("a request is released once");
        isHeld = false;
        this.heldCount--;
      },
    };
    if (planned.isMalformed !== true) return admitted;
    return {
      ...admitted,
      batches: [],
      request: { ...signatureRefusal, code: "MESSAGE_MALFORMED" },
    };
  }
}

interface Writing {
  readonly batch: AdmittedBatch;
  readonly resolve: (committed: Committed) => void;
  readonly reject: (fault: Fault) => void;
}

export class FakeLog {
  /** Sequences in the order in which they were handed in. */
  readonly order: number[] = [];
  refused: Fault | undefined;
  #writing: Writing[] = [];
  #size = 2;

  append(batch: AdmittedBatch): Promise<Committed> {
    this.order.push(batch.sequence);
    return new Promise((resolve, reject) => this.#writing.push({ batch, resolve, reject }));
  }

  refusal(): Fault | undefined {
    return this.refused;
  }

  get writingCount(): number {
    return this.#writing.length;
  }

  /** One fsync: everything that was handed in is durable. */
  sync(): void {
    for (const { batch, resolve } of this.#writing.splice(0)) {
      resolve({
        firstIndex: this.#size,
        count: batch.count,
        hybridTime: BigInt(this.#size),
      } as unknown as Committed);
      this.#size += batch.count;
    }
  }

  fail(fault: Fault): void {
    for (const { reject } of this.#writing.splice(0)) reject(fault);
  }
}

interface Known {
  readonly root: Uint8Array;
  attempt: BatchInFlight | undefined;
  receipt: { firstIndex: number; count: number; hybridTime: bigint; root: Uint8Array } | undefined;
}

export class FakeTable {
  /** Judgements that a test wants instead. */
  readonly forced = new Map<number, SequenceJudgement<BatchInFlight>>();
  /** Whether a writer must be looked up first. */
  isSlow = false;
  fault: Fault | undefined;
  readonly #known = new Map<number, Known>();
  readonly #lookups: (() => void)[] = [];

  admit(
    _author: Uint8Array,
    _writer: Uint8Array,
    sequence: number,
    root: Uint8Array,
    attempt: BatchInFlight,
  ) {
    if (this.fault !== undefined) throw this.fault;
    const judge = () => this.#judge(sequence, Uint8Array.from(root), attempt);
    if (!this.isSlow) return judge();
    return new Promise<SequenceJudgement<BatchInFlight>>((resolve) => {
      this.#lookups.push(() => resolve(judge()));
    });
  }

  lookUp(): void {
    this.#lookups.shift()?.();
  }

  settle(_author: Uint8Array, _writer: Uint8Array, sequence: number, receipt: Known["receipt"]) {
    const known = this.#known.get(sequence);
    if (known?.attempt === undefined) throw new Error("a settled batch was in flight");
    known.attempt = undefined;
    known.receipt = receipt;
  }

  abandon(_author: Uint8Array, _writer: Uint8Array, sequence: number): void {
    if (!this.#known.delete(sequence)) throw new Error("an abandoned batch was in flight");
  }

  #judge(
    sequence: number,
    root: Uint8Array,
    attempt: BatchInFlight,
  ): SequenceJudgement<BatchInFlight> {
    const forced = this.forced.get(sequence);
    if (forced !== undefined) return forced;
    const known = this.#known.get(sequence);
    if (known === undefined) {
      this.#known.set(sequence, { root, attempt, receipt: undefined });
      return { kind: "new" };
    }
    if (Buffer.compare(known.root, root) !== 0) return { kind: "reused" };
    if (known.attempt !== undefined) return { kind: "inFlight", attempt: known.attempt };
    if (known.receipt === undefined) throw new Error("a known batch is in flight or durable");
    return { kind: "exists", receipt: known.receipt as never };
  }
}

export class Scene {
  readonly pool = new FakePool();
  readonly log = new FakeLog();
  readonly table = new FakeTable();
  readonly clock = new SimulatedClock();
  /** What the append path is told of rights. */
  rights: RightsSource = () => Promise.reject(new Error("no batch is about rights"));
  readonly ingest = new Ingest({
    log: this.log as unknown as Log,
    sequences: this.table as unknown as SequenceTable<BatchInFlight>,
    pool: this.pool as unknown as AdmissionPool,
    rights: () => this.rights(),
    clock: this.clock,
    metrics: silentMetrics,
  });
}
