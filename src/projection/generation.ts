/** One generation of the views: the process that writes it, and the reader of this process. */
import type { Disk } from "../host/disk.js";
import type { Probe } from "../observability/probe.js";
import { ViewReader } from "../views/view-reader.js";
import { reasonOf } from "./member.js";
import type { VerifierData, WriterReport } from "./messages.js";
import { WriterProcess, type WriterProcessOptions } from "./writer-process.js";

export interface GenerationOptions extends Omit<WriterProcessOptions, "onReady" | "onReport"> {
  readonly disk: Disk;
  readonly probe: Probe;
  /** It is readable, or has applied more, or stands otherwise. */
  readonly onChange: () => void;
}

/** Pause before the files are opened for reading once more. */
const againMs = 1_000;

export class Generation {
  readonly number: number;
  /** For another process that reads it. */
  readonly data: VerifierData;
  readonly process: WriterProcess;
  readonly #options: GenerationOptions;
  #reader: ViewReader | undefined;
  #opening: Promise<void> | undefined;
  #report: WriterReport | undefined;
  #reportedMs = 0;
  #isClosed = false;

  constructor(options: GenerationOptions) {
    this.number = options.generation;
    this.data = options.data;
    this.#options = options;
    this.process = new WriterProcess({
      ...options,
      onReady: () => this.#openReader(),
      onReport: (report) => {
        this.#report = report;
        this.#reportedMs = options.clock.monotonicMs();
        options.onChange();
      },
    });
  }

  /** Stays open while the writer is down or starts again. */
  get reader(): ViewReader | undefined {
    return this.#reader;
  }

  get report(): WriterReport | undefined {
    return this.#report;
  }

  /** How old the report is. */
  get reportAgeMs(): number {
    return this.#options.clock.monotonicMs() - this.#reportedMs;
  }

  /** Whether each projection has applied as much as in another generation. */
  holdsAllOf(other: Generation): boolean {
    const own = this.#report?.projections;
    const theirs = other.report?.projections ?? [];
    return (
      own !== undefined &&
      theirs.every(({ name, applied }) =>
        own.some((one) => one.name === name && one.applied >= applied),
      )
    );
  }

  async close(withinMs: number): Promise<void> {
    this.#isClosed = true;
    await this.process.stop(withinMs);
    await this.#opening;
    const reader = this.#reader;
    this.#reader = undefined;
    await reader?.close();
  }

  #openReader(): void {
    if (this.#reader !== undefined || this.#isClosed) return;
    this.#opening ??= this.#openNow().finally(() => {
      this.#opening = undefined;
    });
  }

  async #openNow(): Promise<void> {
    const { disk, data, probe } = this.#options;
    const { directory, mapBytes } = data;
    try {
      this.#reader = await ViewReader.open({ directory, mapBytes, disk });
      this.#options.onChange();
    } catch (error) {
      const reason = reasonOf(error);
      probe.error("views not opened", { generation: this.number, reason, retry_in_ms: againMs });
      this.#options.clock.after(againMs, () => this.#openReader());
    }
  }
}
