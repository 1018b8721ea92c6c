/**
 * A peer: another log or database, given the same entries in the same run.
 *
 * Peers check no signature and hash no content, so this says what that costs, not who is better.
 * What each promises when it acknowledges is named beside its numbers.
 */
import type { Figures } from "../figures.js";

/** How entries are handed over. The same three everywhere, as far as a peer has them. */
export type Mode =
  /** 256 at a time, 2,048 in flight. */
  | "batches"
  /** One at a time, 64 in flight. */
  | "singles"
  /** One at a time, and the next only after the answer. */
  | "window-1";

export interface PeerRow {
  /** Which client, which statement. */
  readonly how: string;
  /** `own`: a shape of its own, which `how` tells. */
  readonly mode: Mode | "own";
  readonly figures: Figures;
}

export interface PeerContext {
  /** Empty, for data. */
  readonly directory: string;
  /** Where the npm packages of peers are installed. */
  readonly packages: string;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  /** A new entry with every call. */
  readonly entry: () => Buffer;
}

export interface Peer {
  readonly name: string;
  /** npm packages that its client needs. */
  readonly packages: readonly string[];
  /** Throws `Missing` where it cannot run here. */
  run(context: PeerContext): Promise<PeerResult>;
}

export interface PeerResult {
  readonly version: string;
  /** What an acknowledgement promises. */
  readonly durability: string;
  readonly rows: readonly PeerRow[];
}

export class Missing extends Error {}

export const batchEntries = 256;
/** How many calls of a mode are in flight. */
export const inFlight: Readonly<Record<Mode, number>> = {
  batches: 8,
  singles: 64,
  "window-1": 1,
};
