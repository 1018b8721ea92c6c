/**
 * Goal: whatever is resident, flushed, lost in a crash, replayed or expired, the table judges like
 * a naive model that looks at the whole log each time. Method: random histories of sends, commits
 * in any order, refusals, retries, reuse, time, flushes that fail, crashes that lose all since the
 * last flush (or the whole store), with bounds so small that writers come and go all the time.
 */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { LmdbEnvironment } from "../../src/lmdb/lmdb.js";
import { Fault } from "../../src/model/fault.js";
import { silentProbe } from "../../src/observability/probe.js";
import type { SourceBatch } from "../../src/state/batch-source.js";
import { type SequenceJudgement, SequenceTable } from "../../src/state/sequences.js";
import { within } from "../support/expect.js";
import { SimulatedClock } from "../support/simulated-clock.js";
import { temporaryDirectory } from "../support/temporary.js";
import { filled, MemoryLog, type SentBatch } from "./memory-log.js";
import { openRows, RowStore } from "./row-store.js";

const test = suite("state: sequences against a model");
const HOUR_MS = 3_600_000;
const WEEK_MS = 7 * 24 * HOUR_MS;
const WRITERS = 4;
const noRoom = new Fault("DISK_FULL", "no room");

const bounds = {
  flushIntervalMs: 500,
  flushReceiptCount: 6,
  unflushedReceiptCountMax: 12,
  residentWriterCountMax: 2,
  residentSlotCountMax: 24,
  expiryIntervalMs: 400,
};

type Step =
  | {
      do: "send";
      writer: number;
      near: "one" | "highest" | "floor" | "jump";
      by: number;
      root: number;
    }
  | { do: "commit"; pick: number }
  | { do: "abandon"; pick: number }
  | { do: "flush" }
  | { do: "pass"; ms: number }
  | { do: "refuse"; flushes: boolean }
  | { do: "crash"; durable: number; losesStore: boolean };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 20,
    arbitrary: fc.record({
      do: fc.constant("send" as const),
      writer: fc.nat(WRITERS - 1),
      near: fc.constantFrom("one", "highest", "highest", "floor", "jump"),
      by: fc.integer({ min: -2, max: 3 }),
      root: fc.nat(4).map((n) => (n === 0 ? 1 : 0)),
    }),
  },
  { weight: 14, arbitrary: fc.record({ do: fc.constant("commit" as const), pick: fc.nat(20) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("abandon" as const), pick: fc.nat(20) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("flush" as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("pass" as const),
      ms: fc.constantFrom(1, 600, 600, HOUR_MS, 80 * HOUR_MS, WEEK_MS - 1, WEEK_MS),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("refuse" as const), flushes: fc.boolean() }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("crash" as const),
      durable: fc.nat(3),
      losesStore: fc.nat(4).map((n) => n === 0),
    }),
  },
);

/** What design says, computed from the whole log each time. */
function modelJudgement(
  batches: readonly SourceBatch[],
  inFlight: readonly SentBatch[],
  batch: SentBatch,
  nowMs: number,
): unknown {
  const isSame = (other: SentBatch) =>
    Buffer.compare(other.author, batch.author) === 0 &&
    Buffer.compare(other.writer, batch.writer) === 0;
  const sameRoot = (other: SentBatch) => Buffer.compare(other.root, batch.root) === 0;
  const first = inFlight.find((other) => isSame(other) && other.sequence === batch.sequence);
  if (first !== undefined) {
    return sameRoot(first) ? { kind: "inFlight", attempt: first } : { kind: "reused" };
  }
  let lastMs = 0;
  let kept: SourceBatch[] = [];
  for (const past of batches.filter(isSame)) {
    const ms = Number(past.hybridTime >> 16n);
    if (ms - lastMs >= WEEK_MS) kept = [];
    kept.push(past);
    lastMs = ms;
  }
  if (kept.length === 0 || nowMs - lastMs >= WEEK_MS) return { kind: "new" };
  const highest = Math.max(...kept.map((past) => past.sequence));
  if (batch.sequence < highest - 1024) return { kind: "tooOld", highest };
  const past = kept.find((other) => other.sequence === batch.sequence);
  if (past === undefined) return { kind: "new" };
  if (!sameRoot(past)) return { kind: "reused" };
  const { firstIndex, count, hybridTime, root } = past;
  return { kind: "exists", receipt: { firstIndex, count, hybridTime, root } };
}

const plain = (judgement: unknown): string =>
  JSON.stringify(judgement, (_, value) => {
    if (typeof value === "bigint") return `${value}n`;
    return value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value;
  });

class History {
  readonly clock = new SimulatedClock();
  readonly log = new MemoryLog();
  private readonly environment: LmdbEnvironment;
  private inFlight: SentBatch[] = [];
  /** Batches before it were lost with the store: it is rebuilt from the last seven days. */
  private knownFrom = 0;
  private store: RowStore;
  private table: SequenceTable<SentBatch> | undefined = undefined;
  private readonly sent: SentBatch[] = [];

  constructor(environment: LmdbEnvironment) {
    this.environment = environment;
    this.store = new RowStore(environment);
  }

  async run(steps: readonly Step[]): Promise<void> {
    this.environment.write((tx) => {
      tx.clear("sequences");
      tx.clear("meta");
    });
    await this.open();
    for (const next of steps) await this.take(next);
    await this.take({ do: "refuse", flushes: false });
    await this.checkAll();
    await this.take({ do: "crash", durable: 2, losesStore: false });
    await this.checkAll();
  }

  private modelJudgement(batch: SentBatch): unknown {
    const known = this.log.batches.slice(this.knownFrom);
    return modelJudgement(known, this.inFlight, batch, this.clock.nowMs());
  }

  private async open(): Promise<void> {
    const { clock, log, store } = this;
    const options = { ...bounds, store, clock, log, probe: silentProbe };
    this.table = await within(5_000, SequenceTable.open<SentBatch>(options), "open");
  }

  private get opened(): SequenceTable<SentBatch> {
    if (this.table === undefined) throw new Error("the table is open");
    return this.table;
  }

  private async take(next: Step): Promise<void> {
    switch (next.do) {
      case "send":
        return this.send(this.batchOf(next), next.by % 2 === 0);
      case "commit":
        return this.commit(next.pick);
      case "abandon":
        return this.abandon(next.pick);
      case "flush":
        if (this.store.fault === undefined) await within(5_000, this.opened.flush(), "flush");
        return;
      case "pass":
        // Timers run for the last of it alone: a week of retries every half second is too many.
        this.clock.jump(Math.max(0, next.ms - 600));
        return this.clock.advance(Math.min(next.ms, 600));
      case "refuse":
        this.store.fault = next.flushes ? noRoom : undefined;
        if (!next.flushes) await within(5_000, this.flushed(), "flush");
        return;
      case "crash":
        return this.crash(next.durable, next.losesStore);
    }
  }

  /** A flush that failed before fails once more at most. */
  private async flushed(): Promise<void> {
    await this.opened.flush().catch(() => this.opened.flush());
  }

  private batchOf({ writer, near, by, root }: Extract<Step, { do: "send" }>): SentBatch {
    const own = this.log.batches.filter((past) => past.writer[7] === writer);
    const highest = Math.max(0, ...own.map((past) => past.sequence));
    const base = { one: 1, highest, floor: highest - 1024, jump: highest + 700 }[near];
    const sequence = Math.max(1, base + by);
    const author = filled(32, writer % 2);
    return {
      author,
      writer: filled(16, writer),
      sequence,
      root: filled(32, sequence * 10 + root),
    };
  }

  private async send(batch: SentBatch, admits: boolean): Promise<void> {
    // Views into a buffer that is used again at once, as those into a received message are.
    const { sequence } = batch;
    const message = Buffer.concat([batch.author, batch.writer, batch.root]);
    const author = message.subarray(0, 32);
    const writer = message.subarray(32, 48);
    const root = message.subarray(48);
    const expected = this.modelJudgement(batch);
    this.sent.push(batch);
    let given: SequenceJudgement<SentBatch>;
    try {
      given = await within(
        5_000,
        (async () => {
          try {
            if (admits) return this.opened.admit(author, writer, sequence, root, batch);
            return this.opened.judge(author, writer, sequence, root);
          } finally {
            message.fill(0xaa);
          }
        })(),
        "a judgement",
      );
    } catch (error) {
      if (this.store.fault === undefined && error !== noRoom) throw error;
      // Only a store that refuses flushes lets a judgement fail, and only when it is far behind.
      assert.is(error, noRoom);
      assert.ok(this.opened.facts().unflushedCount >= bounds.unflushedReceiptCountMax);
      return;
    }
    assert.is(plain(given), plain(expected), `${plain(given)}, not ${plain(expected)}`);
    if (given.kind !== "new") return;
    if (!admits) this.opened.begin(batch.author, batch.writer, sequence, batch.root, batch);
    this.inFlight.push(batch);
  }

  private commit(pick: number): void {
    const [batch] = this.inFlight.splice(pick % Math.max(1, this.inFlight.length), 1);
    if (batch === undefined) return;
    const receipt = this.log.append(batch, this.clock.nowMs());
    this.opened.settle(batch.author, batch.writer, batch.sequence, receipt);
  }

  private abandon(pick: number): void {
    const [batch] = this.inFlight.splice(pick % Math.max(1, this.inFlight.length), 1);
    if (batch !== undefined) this.opened.abandon(batch.author, batch.writer, batch.sequence);
  }

  /** Some of what was in flight became durable before the crash; nobody was told. */
  private async crash(durable: number, losesStore: boolean): Promise<void> {
    this.store.die();
    for (const batch of this.inFlight.slice(0, durable)) {
      this.log.append(batch, this.clock.nowMs());
    }
    this.inFlight = [];
    if (losesStore) {
      const floor = this.clock.nowMs() - WEEK_MS;
      const isRecent = (past: SourceBatch) => Number(past.hybridTime >> 16n) >= floor;
      const first = this.log.batches.findIndex(isRecent);
      this.knownFrom = first === -1 ? this.log.batches.length : first;
      this.environment.write((tx) => {
        tx.clear("sequences");
        tx.clear("meta");
      });
    }
    this.store = new RowStore(this.environment);
    await this.open();
  }

  private async checkAll(): Promise<void> {
    for (const batch of [...this.sent, ...this.log.batches]) {
      const { author, writer, sequence, root } = batch;
      const expected = this.modelJudgement(batch);
      const given = await this.opened.judge(author, writer, sequence, root);
      assert.is(plain(given), plain(expected), `${plain(given)}, not ${plain(expected)}`);
    }
  }
}

test("judge: what a model says that looks at the whole log (property)", async () => {
  const environment = await openRows(temporaryDirectory("sequences"));
  const kinds = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 10, maxLength: 120, size: "max" }),
      async (steps) => {
        const history = new History(environment);
        await history.run(steps);
        for (const { sequence } of history.log.batches) {
          const kind = sequence > 1024 ? "beyond the window" : "within";
          kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
        }
      },
    ),
    { numRuns: 120, includeErrorInReport: true },
  );
  assert.ok((kinds.get("beyond the window") ?? 0) > 100, "histories get beyond the window");
  await environment.close();
});

test.run();
