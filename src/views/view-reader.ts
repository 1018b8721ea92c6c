/**
 * A generation of the views as it is read, by another process than the one that writes it: short
 * transactions on this thread, which never wait for the writer.
 *
 * The writer opens the directory first. It may die and be started again while this stays open.
 */
import { join } from "node:path";
import type { Disk } from "../host/disk.js";
import { LmdbEnvironment } from "../lmdb/lmdb.js";
import { LMDB_DATA_FILE } from "../lmdb/lmdb-file.js";
import { Fault } from "../model/fault.js";
import { checkVersion, keyspaces } from "./keyspaces.js";
import { viewFault } from "./view-fault.js";
import { Snapshot, SnapshotCaches } from "./view-snapshot.js";
import type { ViewSnapshot } from "./view-types.js";

export interface ViewReaderOptions {
  readonly directory: string;
  /** The writer's. */
  readonly mapBytes: number;
  readonly disk: Disk;
}

export class ViewReader {
  private readonly environment: LmdbEnvironment;
  private readonly directory: string;
  private readonly caches = new SnapshotCaches();

  private constructor(environment: LmdbEnvironment, directory: string) {
    this.environment = environment;
    this.directory = directory;
  }

  /** Faults: VIEWS_UNAVAILABLE where there is nothing yet, VIEWS_DAMAGED, DISK_FAILED. */
  static async open(options: ViewReaderOptions): Promise<ViewReader> {
    const { directory, mapBytes, disk } = options;
    const facts = await disk.facts(join(directory, LMDB_DATA_FILE));
    if (facts === undefined || facts.bytes === 0) {
      const message = `there are no views in ${directory} yet`;
      throw new Fault("VIEWS_UNAVAILABLE", message, { path: directory });
    }
    try {
      const environment = LmdbEnvironment.openReadOnly({ directory, mapBytes, keyspaces });
      try {
        environment.read((reader) => checkVersion(reader, directory));
        return new ViewReader(environment, directory);
      } catch (error) {
        await environment.close();
        throw error;
      }
    } catch (error) {
      throw viewFault(error, directory);
    }
  }

  /**
   * The snapshot, and all that it hands out, is used inside the callback alone. Throws
   * VIEWS_DAMAGED where bytes that are read make no sense.
   */
  read<T>(work: (snapshot: ViewSnapshot) => T): T {
    try {
      return this.environment.read((reader) => work(new Snapshot(reader, this.caches)));
    } catch (error) {
      throw viewFault(error, this.directory);
    }
  }

  /** Bytes of the file in use. */
  get usedBytes(): number {
    return this.environment.facts().usedBytes;
  }

  close(): Promise<void> {
    return this.environment.close();
  }
}
