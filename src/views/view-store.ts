/** The views as they are written: stub while the rows take shape. */
import type { Disk } from "../host/disk.js";
import type { Probe } from "../observability/probe.js";
import type { ViewProjection, ViewSnapshot, ViewTransaction } from "./view-types.js";

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
  readonly projections: readonly ViewProjection[] = [];

  /** Faults: VIEWS_DAMAGED where the directory must be built anew, DISK_FULL, DISK_FAILED. */
  static open(_options: ViewStoreOptions): Promise<ViewStore> {
    throw new Error("not yet");
  }
  /** All or nothing; a callback that throws leaves the former state. DISK_FULL aborts it. */
  transaction<T>(_work: (transaction: ViewTransaction) => T): T {
    throw new Error("not yet");
  }
  read<T>(_work: (snapshot: ViewSnapshot) => T): T {
    throw new Error("not yet");
  }
  /** Re-folds up to `limit` questions whose rulings are old; returns about how many are left. */
  sweep(_limit: number): number {
    throw new Error("not yet");
  }
  /** Bytes of the file in use. */
  get usedBytes(): number {
    return 0;
  }
  sync(): Promise<void> {
    throw new Error("not yet");
  }
  /** Syncs and takes the unclean mark away. */
  close(): Promise<void> {
    throw new Error("not yet");
  }
}
