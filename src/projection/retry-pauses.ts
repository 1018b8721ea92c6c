/** How long to wait before something that failed is tried again: doubling up to a bound. */
export interface RetryPauses {
  readonly msMin: number;
  readonly msMax: number;
}

/** The pause after so many failures in a row: 1 and up. */
export const retryPauseMs = (pauses: RetryPauses, failures: number): number =>
  Math.min(pauses.msMax, pauses.msMin * 2 ** Math.min(failures - 1, 30));
