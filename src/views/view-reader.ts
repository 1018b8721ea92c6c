/** The views as they are read: stub while the rows take shape. */
import type { Disk } from "../host/disk.js";
import type { ViewSnapshot } from "./view-types.js";

export interface ViewReaderOptions {
  readonly directory: string;
  /** The writer's. */
  readonly mapBytes: number;
  readonly disk: Disk;
}

export class ViewReader {
  /** Faults: VIEWS_UNAVAILABLE where there is nothing yet, VIEWS_DAMAGED, DISK_FAILED. */
  static open(_options: ViewReaderOptions): Promise<ViewReader> {
    throw new Error("not yet");
  }
  read<T>(_work: (snapshot: ViewSnapshot) => T): T {
    throw new Error("not yet");
  }
  /** Bytes of the file in use. */
  get usedBytes(): number {
    return 0;
  }
  close(): Promise<void> {
    throw new Error("not yet");
  }
}
