/** The views of a node as its main process sees them. */
import type { Children } from "../host/children.js";
import type { Clock } from "../host/clock.js";
import type { Disk } from "../host/disk.js";
import { Fault } from "../model/fault.js";
import type { HybridTime } from "../model/hybrid-time.js";
import type { LogId } from "../model/position.js";
import type { ViewsStatus } from "../model/query.js";
import type { Probe } from "../observability/probe.js";
import { type ViewSnapshot, viewsVersion } from "../views/view-types.js";

/** The log that the views follow. `Log` is one, but for the directory. */
export interface FollowedLog {
  readonly id: LogId;
  /** Durable entries. */
  readonly size: number;
  readonly lastTime: HybridTime;
  readonly genesis: { readonly logKey: Uint8Array };
  onCommitted(listener: () => void): () => void;
  /** Where its segment files stand. */
  readonly segmentsDirectory: string;
}

export interface ViewsOptions {
  /** `<data>/db`: made where it is missing. */
  readonly directory: string;
  readonly log: FollowedLog;
  readonly children: Children;
  readonly clock: Clock;
  readonly disk: Disk;
  readonly probe: Probe;
  /** Address space reserved for the views. */
  readonly mapBytes: number;
}

export interface RebuildProgress {
  readonly applied: number;
  readonly size: number;
  /** On the last one: the generation now in use. */
  readonly generation?: number;
}

export interface VerifyProgress {
  readonly questions: number;
  readonly total: number;
  /** A question whose views differ from the log. */
  readonly difference?: string;
  /** On the last one: how many differ. */
  readonly differences?: number;
}

export class Views {
  readonly #options: ViewsOptions;

  private constructor(options: ViewsOptions) {
    this.#options = options;
  }

  /** Does not wait for the views: only for their directory. */
  static async open(options: ViewsOptions): Promise<Views> {
    return new Views(options);
  }

  /** Throws VIEWS_UNAVAILABLE while there are none to read. */
  read<T>(_work: (snapshot: ViewSnapshot) => T): T {
    throw new Fault("VIEWS_UNAVAILABLE", "the views cannot be read yet; try again");
  }

  /** Entries of the log that the views in use hold. */
  get appliedSize(): number {
    return 0;
  }

  /** Whether the views came to hold so many entries in time; `false` too where the signal ends it. */
  async reached(
    _size: number,
    _options: { readonly withinMs: number; readonly signal: AbortSignal },
  ): Promise<boolean> {
    return false;
  }

  status(): ViewsStatus {
    return {
      generation: 0,
      version: viewsVersion,
      applied: 0,
      size: this.#options.log.size,
      bytes: 0,
      projections: [],
      writerRestarts: 0,
      lagMs: 0,
    };
  }

  /** Builds a new generation; goes on where nobody watches any more. */
  async *rebuild(_signal: AbortSignal): AsyncGenerator<RebuildProgress, void> {}

  /** Compares the views with the log. */
  async *verify(_signal: AbortSignal): AsyncGenerator<VerifyProgress, void> {}

  /** Stops the writer, in order. */
  async close(): Promise<void> {}
}
