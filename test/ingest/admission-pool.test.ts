/**
 * Goal: a thread that dies is told of once, and nobody waits for it in vain: not those whose
 * message it had, not those who wait for room. Method: threads in the test's hands, which answer or
 * end when they are told to.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Workers, WorkerThread } from "../../src/host/workers.js";
import { AdmissionPool, type Admitted } from "../../src/ingest/admission-pool.js";
import { AssertionFailure } from "../../src/invariant/assert.js";
import type { Fault } from "../../src/model/fault.js";
import { rejects, throwsFault, within } from "../support/expect.js";

/** A thread that has work, and ends when it is told to. */
class HeldThread implements WorkerThread {
  readonly tickets: number[] = [];
  #answer: ((message: unknown) => void) | undefined;
  #exit: ((error?: Error) => void) | undefined;

  post(message: unknown): void {
    this.tickets.push((message as readonly [number])[0]);
  }

  onMessage(call: (message: unknown) => void): void {
    this.#answer = call;
  }

  onExit(call: (error?: Error) => void): void {
    this.#exit = call;
  }

  answer(ticket: number): void {
    this.#answer?.(ticket);
  }

  end(error?: Error): void {
    this.#exit?.(error);
  }

  async stop(): Promise<void> {
    this.end();
  }
}

const message = new Uint8Array(1_000_000);

function open(workerCount = 2) {
  const threads: HeldThread[] = [];
  const failures: Fault[] = [];
  const workers: Workers = {
    start: () => {
      const thread = new HeldThread();
      threads.push(thread);
      return thread;
    },
  };
  const pool = AdmissionPool.open(
    { workers, workerCount, areaBytes: 12 * 1024 * 1024, inlineBytesMax: 0 },
    (fault) => failures.push(fault),
  );
  return { pool, threads, failures };
}

/** Messages until there is no room. */
function fill(pool: AdmissionPool): Promise<Admitted>[] {
  const waiting: Promise<Admitted>[] = [];
  for (;;) {
    const admitted = pool.admit(message, false);
    if (admitted === undefined) return waiting;
    waiting.push(Promise.resolve(admitted));
  }
}

const test = suite("ingest: admission pool");

test("spread: every thread gets work, the one with most room first", () => {
  const { pool, threads } = open();
  void pool.admit(message, false);
  void pool.admit(message, false);
  assert.equal(
    threads.map(({ tickets }) => tickets.length),
    [1, 1],
  );
});

test("death: who waits for it or for room gets the fault, and it is told once", async () => {
  const { pool, threads, failures } = open();
  const had = fill(pool);
  const room = [pool.whenRoom(), pool.whenRoom()];
  threads[0]?.end(new Error("out of memory"));
  const retry = (turn: Promise<void>) =>
    turn.then(() => throwsFault(() => pool.admit(message, false, true), "INTERNAL"));
  await within(1_000, Promise.all(room.map(retry)));
  const lost = had.slice(0, threads[0]?.tickets.length ?? 0);
  assert.ok(lost.length > 0);
  threads[1]?.end();
  for (const one of had) await rejects(within(1_000, one), "INTERNAL");
  assert.is(failures.length, 1);
  assert.equal([failures[0]?.code, failures[0]?.detail["reason"]], ["INTERNAL", "out of memory"]);
  throwsFault(() => pool.admit(message, false), "INTERNAL");
});

test("close: what a thread still has is SHUTTING_DOWN, and no failure is told", async () => {
  const { pool, failures } = open();
  const had = fill(pool);
  await pool.close();
  for (const one of had) await rejects(within(1_000, one), "SHUTTING_DOWN");
  throwsFault(() => pool.admit(message, false), "SHUTTING_DOWN");
  assert.equal(failures, []);
});

test("answer: one that nobody asked for is a defect", () => {
  const { pool, threads } = open(1);
  void pool.admit(message, false);
  assert.throws(
    () => threads[0]?.answer(12_345),
    (error: unknown) => error instanceof AssertionFailure,
  );
});

test.run();
