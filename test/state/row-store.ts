/**
 * The rows of the sequence store on the test's own thread: the same code as behind the worker, with
 * a handle that can die. What a dead handle is asked is never answered, as after a crash.
 */
import { nodeDisk } from "../../src/host/node-disk.js";
import { LmdbEnvironment } from "../../src/lmdb/lmdb.js";
import type { Fault } from "../../src/model/fault.js";
import type { SequenceJournal } from "../../src/state/sequence-journal.js";
import * as rows from "../../src/state/sequence-rows.js";
import type {
  AppliedSize,
  JournalOutcome,
  SequenceStore,
  StoredWindow,
  WriterHead,
} from "../../src/state/sequence-store.js";
import { stateKeyspaces } from "../../src/state/state-format.js";

export const openRows = (directory: string): Promise<LmdbEnvironment> =>
  LmdbEnvironment.open(
    { directory, mapBytes: 1024 ** 3, keyspaces: stateKeyspaces, syncsCommits: false },
    nodeDisk,
  );

const never = new Promise<never>(() => {});

export class RowStore implements SequenceStore {
  private readonly environment: LmdbEnvironment;
  private expiryResume: Uint8Array | undefined = undefined;
  private isDead = false;
  /** Refuses flushes while it is set. */
  fault: Fault | undefined = undefined;
  flushCount = 0;
  headCount = 0;
  windowCount = 0;

  constructor(environment: LmdbEnvironment) {
    this.environment = environment;
  }

  die(): void {
    this.isDead = true;
  }

  appliedSize(): Promise<AppliedSize | undefined> {
    return this.later(() => this.environment.read(rows.readAppliedSize));
  }

  clearSequences(): Promise<void> {
    return this.later(() => this.environment.write(rows.clearSequences));
  }

  applyReceipts(
    journal: SequenceJournal,
    logId: Uint8Array,
    size: number,
  ): Promise<JournalOutcome> {
    return this.later(() => {
      if (this.fault !== undefined) return { journal, fault: this.fault, collisionCount: 0 };
      this.flushCount += 1;
      const collisionCount = this.environment.write((tx) =>
        rows.applyJournal(tx, journal, { logId, size }),
      );
      journal.clear();
      return { journal, collisionCount };
    });
  }

  writerHead(name: Uint8Array): Promise<WriterHead | undefined> {
    this.headCount += 1;
    return this.later(() => this.environment.read((tx) => rows.readWriterHead(tx, name)));
  }

  writerWindow(name: Uint8Array): Promise<StoredWindow> {
    this.windowCount += 1;
    return this.later(() => this.environment.read((tx) => rows.readWriterWindow(tx, name)));
  }

  expireWriters(beforeMs: number): Promise<number> {
    return this.later(() => {
      const step = this.environment.read((tx) => rows.findExpired(tx, this.expiryResume, beforeMs));
      this.environment.write((tx) => rows.deleteExpired(tx, step));
      this.expiryResume = step.resume;
      return step.expired.length;
    });
  }

  /** Answers in a later turn, as a thread does; what died in between was not done. */
  private async later<T>(work: () => T): Promise<T> {
    await new Promise((resolve) => setImmediate(resolve));
    return this.isDead ? never : work();
  }
}
