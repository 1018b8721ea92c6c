/**
 * A generation of the views as it is written: by one process, on one thread.
 *
 *     transaction ─▶ questions, lists, answers change what they hold ─▶ rows put sorted ─▶ commit
 *
 * Invariants:
 *
 * - What a transaction changes and the frontiers that say so are committed together, or not at all.
 * - A transaction that throws leaves nothing behind, in the file or in memory.
 * - Commits are not synced: a process may be killed at any moment, the machine may not; the unclean
 *   mark tells the one from the other.
 */
import type { Disk } from "../host/disk.js";
import { LmdbEnvironment } from "../lmdb/lmdb.js";
import type { Probe } from "../observability/probe.js";
import { AnswersProjection, sweep } from "./answers-projection.js";
import { checkVersion, keyspaces, writeVersion } from "./keyspaces.js";
import { ListsProjection } from "./lists-projection.js";
import { QuestionsProjection } from "./questions-projection.js";
import { RulingMemo } from "./ruling-memo.js";
import { checkUncleanMark, clearUncleanMark, setUncleanMark } from "./unclean-mark.js";
import { viewFault } from "./view-fault.js";
import { Snapshot, SnapshotCaches } from "./view-snapshot.js";
import type { ViewProjection, ViewSnapshot, ViewTransaction } from "./view-types.js";
import { ViewWriting, type WritingCaches } from "./view-writing.js";
import { WordCache } from "./words.js";

export interface ViewStoreOptions {
  /** `db/<generation>`: made where it is missing. */
  readonly directory: string;
  readonly mapBytes: number;
  readonly disk: Disk;
  /** Names this start of the machine; `undefined` where it has no name. */
  readonly bootId: string | undefined;
  readonly probe: Probe;
}

export class ViewStore {
  readonly projections: readonly ViewProjection[] = [
    new QuestionsProjection(),
    new ListsProjection(),
    new AnswersProjection(),
  ];
  private readonly options: ViewStoreOptions;
  private readonly environment: LmdbEnvironment;
  private readonly snapshots = new SnapshotCaches();
  private readonly caches: WritingCaches = {
    words: new WordCache(),
    world: { stamp: -1, world: undefined, isUniform: false },
    rulings: new RulingMemo(),
  };

  private constructor(options: ViewStoreOptions, environment: LmdbEnvironment) {
    this.options = options;
    this.environment = environment;
  }

  /** Faults: VIEWS_DAMAGED where the directory must be built anew, DISK_FULL, DISK_FAILED. */
  static async open(options: ViewStoreOptions): Promise<ViewStore> {
    const { directory, disk, bootId } = options;
    await disk.makeDirectory(directory);
    await checkUncleanMark(disk, directory, bootId);
    await setUncleanMark(disk, directory, bootId);
    try {
      const environment = await openEnvironment(options);
      try {
        prepare(environment, directory);
        return new ViewStore(options, environment);
      } catch (error) {
        await environment.close();
        throw error;
      }
    } catch (error) {
      throw viewFault(error, directory);
    }
  }

  /** All or nothing; a callback that throws leaves the former state. DISK_FULL aborts it. */
  transaction<T>(work: (transaction: ViewTransaction) => T): T {
    return this.write(work);
  }

  read<T>(work: (snapshot: ViewSnapshot) => T): T {
    return this.environment.read((reader) => work(new Snapshot(reader, this.snapshots)));
  }

  /** Re-folds up to `limit` questions whose rulings are old; returns about how many are left. */
  sweep(limit: number): number {
    return this.write((writing) => sweep(writing, limit));
  }

  /** Bytes of the file in use. */
  get usedBytes(): number {
    return this.environment.facts().usedBytes;
  }

  /** Returns when everything committed so far is durable. */
  sync(): Promise<void> {
    return this.environment.sync();
  }

  /** Syncs and takes the unclean mark away. */
  async close(): Promise<void> {
    const { disk, directory } = this.options;
    try {
      await this.environment.sync();
    } finally {
      await this.environment.close();
    }
    await clearUncleanMark(disk, directory);
  }

  private write<T>(work: (writing: ViewWriting) => T): T {
    try {
      return this.environment.write((transaction) => {
        const writing = new ViewWriting(transaction, this.caches);
        const result = work(writing);
        writing.flush();
        return result;
      });
    } catch (error) {
      this.caches.words.clear();
      this.caches.world.world = undefined;
      this.caches.rulings.clear();
      throw viewFault(error, this.options.directory);
    }
  }
}

const openEnvironment = (options: ViewStoreOptions): Promise<LmdbEnvironment> =>
  LmdbEnvironment.open(
    {
      directory: options.directory,
      mapBytes: options.mapBytes,
      keyspaces,
      syncsCommits: false,
    },
    options.disk,
  );

/** A new environment gets the version first; rows without one are not ours. */
function prepare(environment: LmdbEnvironment, directory: string): void {
  const rows = environment.read((reader) =>
    keyspaces.reduce((sum, keyspace) => sum + reader.count(keyspace), 0),
  );
  if (rows > 0) {
    environment.read((reader) => checkVersion(reader, directory));
    return;
  }
  environment.write(writeVersion);
}
