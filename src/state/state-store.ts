/**
 * The `state/` directory: a small LMDB environment with synced commits, on a thread of its own.
 *
 *     this thread                          state-worker.ts
 *     StateStore ── requests, in order ──> LmdbEnvironment (the only one on this directory)
 *                <── one reply each ─────
 *
 * Invariants:
 *
 * - This thread never opens the environment.
 * - The thread ends only after its environment is closed.
 * - What is damaged or foreign is set aside and made anew; a newer format is refused and left
 *   alone. Damage met later fails the request, and leaves a mark that the next start sets aside by.
 * - When the thread dies, every request fails from then on: the store does not come back by itself.
 */
import type { Disk } from "../host/disk.js";
import type { Workers, WorkerThread } from "../host/workers.js";
import { Fault, isFault } from "../model/fault.js";
import type { Probe } from "../observability/probe.js";
import type { KeyedEntryStore } from "./idempotency.js";
import type { KeepOutcome, KeptLimits, KeyedEntry } from "./idempotency-rows.js";
import { ReceiptSlots } from "./receipt-slots.js";
import { SequenceJournal } from "./sequence-journal.js";
import type {
  AppliedSize,
  JournalOutcome,
  SequenceStore,
  StoredWindow,
  WriterHead,
} from "./sequence-store.js";
import { markDamaged, prepareStateDirectory, setAside } from "./state-directory.js";
import {
  faultOfParts,
  type NumberedRequest,
  OPENING,
  type StateAnswers,
  type StateReply,
  type StateRequest,
  type StateWorkerData,
} from "./state-messages.js";

export interface StateStoreOptions {
  /** Made where it is missing; its parent exists. */
  readonly directory: string;
  /** Most that the file may grow to; address space, not disk. A multiple of 64 KiB. */
  readonly mapBytes: number;
  readonly disk: Disk;
  readonly workers: Workers;
  readonly probe: Probe;
}

/** A million writers with full windows take 200 GiB; an ordinary node has some dozens. */
export const stateMapBytesPreset = 4 * 1024 ** 3;

const workerModule = new URL("./state-worker.js", import.meta.url);

interface Waiting {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (fault: Fault) => void;
}

export class StateStore implements SequenceStore, KeyedEntryStore {
  private readonly options: StateStoreOptions;
  private readonly thread: WorkerThread;
  private readonly waiting = new Map<number, Waiting>();
  private nextNumber = OPENING + 1;
  private closing: Promise<void> | undefined = undefined;
  private failure: Fault | undefined = undefined;

  private constructor(options: StateStoreOptions) {
    const { directory, mapBytes, workers } = options;
    const data: StateWorkerData = { directory, mapBytes };
    this.options = options;
    this.thread = workers.start(workerModule, data);
    this.thread.onMessage((message) => this.take(message as StateReply));
    this.thread.onExit((error) => this.fail(error));
  }

  /**
   * Opens the directory; one that is damaged or foreign is set aside first. Faults: MODULE_MISSING,
   * DATA_DIRECTORY_INVALID (written by a newer version), DATA_DIRECTORY_IN_USE, DISK_FULL,
   * DISK_FAILED.
   */
  static async open(options: StateStoreOptions): Promise<StateStore> {
    const { disk, directory, probe } = options;
    await prepareStateDirectory(disk, directory, probe);
    try {
      return await StateStore.openThread(options);
    } catch (error) {
      if (!isFault(error, "STATE_DAMAGED")) throw error;
      await setAside(disk, directory, probe, error.message);
      await prepareStateDirectory(disk, directory, probe);
      return await StateStore.openThread(options);
    }
  }

  private static async openThread(options: StateStoreOptions): Promise<StateStore> {
    const store = new StateStore(options);
    try {
      await store.answerTo(OPENING);
      return store;
    } catch (error) {
      store.closing = store.thread.stop();
      await store.closing;
      throw error;
    }
  }

  appliedSize(): Promise<AppliedSize | undefined> {
    return this.ask({ kind: "appliedSize" });
  }

  async clearSequences(): Promise<void> {
    await this.ask({ kind: "clearSequences" });
  }

  async applyReceipts(
    journal: SequenceJournal,
    logId: Uint8Array,
    appliedSize: number,
  ): Promise<JournalOutcome> {
    const parts = journal.parts(logId, appliedSize);
    const answer = await this.ask({ kind: "applyReceipts", parts }, [
      parts.writers,
      parts.receipts,
    ]);
    const returned = SequenceJournal.over(answer.parts);
    if (answer.fault === undefined) {
      returned.clear();
      return { journal: returned, collisionCount: answer.collisionCount };
    }
    const fault = faultOfParts(answer.fault);
    this.noteDamage(fault);
    return { journal: returned, collisionCount: 0, fault };
  }

  writerHead(writerName: Uint8Array): Promise<WriterHead | undefined> {
    return this.ask({ kind: "writerHead", writerName });
  }

  async writerWindow(writerName: Uint8Array): Promise<StoredWindow> {
    const { count, receipts } = await this.ask({ kind: "writerWindow", writerName });
    return { count, receipts: ReceiptSlots.over(receipts) };
  }

  expireWriters(beforeMs: number): Promise<number> {
    return this.ask({ kind: "expireWriters", beforeMs });
  }

  keepEntries(
    entries: readonly KeyedEntry[],
    nowMs: number,
    limits: KeptLimits,
  ): Promise<readonly KeepOutcome[]> {
    return this.ask({ kind: "keepEntries", entries, nowMs, limits });
  }

  /** Returns when all that was asked before is done, and the environment closed. */
  close(): Promise<void> {
    this.closing ??= this.closeThread();
    return this.closing;
  }

  private async closeThread(): Promise<void> {
    try {
      // A thread that has died holds nothing any more.
      if (this.failure === undefined) await this.send({ kind: "close" }, []);
    } catch (error) {
      if (!isFault(error)) throw error;
    }
    await this.thread.stop();
  }

  private ask<K extends StateRequest["kind"]>(
    request: Extract<StateRequest, { kind: K }>,
    transfer: ArrayBuffer[] = [],
  ): Promise<StateAnswers[K]> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    if (this.closing !== undefined) {
      return Promise.reject(new Fault("SHUTTING_DOWN", "the state store is closed"));
    }
    return this.send(request, transfer) as Promise<StateAnswers[K]>;
  }

  private send(request: StateRequest, transfer: ArrayBuffer[]): Promise<unknown> {
    const number = this.nextNumber++;
    const message: NumberedRequest = { number, request };
    const answer = this.answerTo(number);
    this.thread.post(message, transfer);
    return answer;
  }

  private answerTo(number: number): Promise<unknown> {
    return new Promise((resolve, reject) => this.waiting.set(number, { resolve, reject }));
  }

  private take(reply: StateReply): void {
    const waiting = this.waiting.get(reply.number);
    this.waiting.delete(reply.number);
    if (!("fault" in reply)) {
      waiting?.resolve(reply.answer);
      return;
    }
    const fault = faultOfParts(reply.fault);
    if (reply.number !== OPENING) this.noteDamage(fault);
    waiting?.reject(fault);
  }

  private noteDamage(fault: Fault): void {
    if (fault.code !== "STATE_DAMAGED") return;
    const { disk, directory, probe } = this.options;
    probe.error("state directory damaged", { path: directory, reason: fault.message });
    markDamaged(disk, directory).catch((error: unknown) => {
      probe.warn("state directory could not be marked", { path: directory, reason: `${error}` });
    });
  }

  /** The thread has ended: expected after `close`, and for good either way. */
  private fail(error: Error | undefined): void {
    const { directory, probe } = this.options;
    this.failure =
      error === undefined
        ? new Fault("SHUTTING_DOWN", "the state store is closed")
        : new Fault(
            "INTERNAL",
            `the thread of ${directory} ended (${error.message}); restart the node`,
            { path: directory },
            error,
          );
    if (error !== undefined) probe.error("state thread ended", { reason: error.message });
    for (const { reject } of this.waiting.values()) reject(this.failure);
    this.waiting.clear();
  }
}
