/**
 * A progress bar on standard error, on a terminal only: share, count, rate, estimate.
 *
 *     importing  [###########.........]  55%  162,000 records  41,300/s  3 s left
 */
import { grouped, type Output } from "./output.js";

const redrawMs = 100;
const barWidth = 20;

export interface ProgressOptions {
  readonly label: string;
  /** What is counted, in the plural. */
  readonly unit: string;
  readonly nowMs: () => number;
}

/** The text of a bar. `share` is 0..1, or absent where the whole is not known. */
export function progressText(
  label: string,
  unit: string,
  count: number,
  elapsedMs: number,
  share?: number,
): string {
  const rate = elapsedMs > 0 ? `  ${grouped((count * 1000) / elapsedMs)}/s` : "";
  const counted = `${grouped(count)} ${unit}${rate}`;
  if (share === undefined) return `${label}  ${counted}`;
  const filled = Math.round(Math.min(1, share) * barWidth);
  const bar = "#".repeat(filled) + ".".repeat(barWidth - filled);
  const percent = `${Math.floor(Math.min(1, share) * 100)}%`.padStart(4);
  const leftMs = share > 0 ? (elapsedMs * (1 - share)) / share : Number.POSITIVE_INFINITY;
  const left = Number.isFinite(leftMs) && elapsedMs > 1000 ? `  ${durationText(leftMs)} left` : "";
  return `${label}  [${bar}] ${percent}  ${counted}${left}`;
}

/** `45 s`, `3 min 20 s`, `2 h 5 min`. */
export function durationText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

export class Progress {
  readonly #output: Output;
  readonly #options: ProgressOptions;
  readonly #startMs: number;
  #drawnMs = Number.NEGATIVE_INFINITY;

  constructor(output: Output, options: ProgressOptions) {
    this.#output = output;
    this.#options = options;
    this.#startMs = options.nowMs();
  }

  /** Cheap: draws at most ten times a second. */
  update(count: number, share?: number): void {
    if (!this.#output.showsProgress) return;
    const now = this.#options.nowMs();
    if (now - this.#drawnMs < redrawMs) return;
    this.#drawnMs = now;
    const { label, unit } = this.#options;
    const text = progressText(label, unit, count, now - this.#startMs, share);
    const columns = this.#output.stderr.columns ?? 80;
    this.#output.stderr.write(`\r\u001b[K${text.slice(0, columns - 1)}`);
  }

  /** Removes the bar: what follows starts on a clean line. */
  clear(): void {
    if (this.#output.showsProgress && this.#drawnMs > 0) this.#output.stderr.write("\r\u001b[K");
  }
}
