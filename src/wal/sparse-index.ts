/**
 * Where blocks stand in a segment: one row for about every 64 KiB of file, the first block always.
 * Kept in memory for the segment that is written, and stored in its seal for good.
 *
 *     seal payload:  row count (4) ‖ zeros (4)
 *                    rows × (first index 8 ‖ file offset 8 ‖ hybrid time 8)
 *                    right edge (size 8 ‖ hashes) ‖ file offset of the seal's frame (8)
 *
 * A sealed file ends with its seal, so its last 8 bytes say where the seal begins.
 */
import { assert } from "../invariant/assert.js";
import type { TreeEdge } from "../merkle/tree-edge.js";
import { getSize, setSize, viewOf } from "./bytes.js";
import { decodeEdge, edgeBytes, encodeEdge } from "./edge.js";
import { sparseDistanceBytes } from "./limits.js";

const ROWS_AT = 8;
const ROW_BYTES = 24;
export const SEAL_TRAILER_BYTES = 8;

/** Bytes of a seal's payload with so many rows and an edge of so many bytes. */
export const sealPayloadBytes = (rows: number, edgeBytes: number): number =>
  ROWS_AT + rows * ROW_BYTES + edgeBytes + SEAL_TRAILER_BYTES;

export interface SparseRow {
  readonly firstIndex: number;
  readonly fileOffset: number;
  readonly hybridTime: bigint;
}

export class SparseIndex {
  private readonly rows: SparseRow[] = [];

  get length(): number {
    return this.rows.length;
  }

  /** Tells of a block; keeps a row where it stands far enough from the last one. */
  add(row: SparseRow): void {
    const last = this.rows.at(-1);
    if (last !== undefined) {
      assert(row.firstIndex > last.firstIndex, "rows ascend");
      if (row.fileOffset - last.fileOffset < sparseDistanceBytes) return;
    }
    this.rows.push(row);
  }

  /** The last row at or before an index; `undefined` before the first row. */
  before(index: number): SparseRow | undefined {
    return this.lastWhere((row) => row.firstIndex <= index);
  }

  /** The last row whose block was recorded before a hybrid time. */
  beforeTime(time: bigint): SparseRow | undefined {
    return this.lastWhere((row) => row.hybridTime < time);
  }

  first(): SparseRow | undefined {
    return this.rows[0];
  }

  private lastWhere(holds: (row: SparseRow) => boolean): SparseRow | undefined {
    let low = 0;
    let high = this.rows.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (holds(this.rows[middle] as SparseRow)) low = middle + 1;
      else high = middle;
    }
    return this.rows[low - 1];
  }

  /** The payload of the seal at `fileOffset`. */
  encodeSeal(edge: TreeEdge, fileOffset: number): Uint8Array {
    const rowsEnd = ROWS_AT + this.rows.length * ROW_BYTES;
    const bytes = new Uint8Array(rowsEnd + edgeBytes(edge.size) + SEAL_TRAILER_BYTES);
    const view = viewOf(bytes);
    view.setUint32(0, this.rows.length);
    this.rows.forEach((row, i) => {
      const at = ROWS_AT + i * ROW_BYTES;
      setSize(view, at, row.firstIndex);
      setSize(view, at + 8, row.fileOffset);
      view.setBigUint64(at + 16, row.hybridTime);
    });
    setSize(view, encodeEdge(edge, bytes, rowsEnd), fileOffset);
    return bytes;
  }

  /** Returns `undefined` where the payload is not a seal's. */
  static decodeSeal(
    payload: Uint8Array,
  ): { readonly index: SparseIndex; readonly edge: TreeEdge } | undefined {
    if (payload.length < ROWS_AT) return undefined;
    const view = viewOf(payload);
    const rowsEnd = ROWS_AT + view.getUint32(0) * ROW_BYTES;
    const edge = rowsEnd <= payload.length ? decodeEdge(payload, rowsEnd) : undefined;
    if (edge === undefined) return undefined;
    if (rowsEnd + edgeBytes(edge.size) + SEAL_TRAILER_BYTES !== payload.length) return undefined;
    const index = new SparseIndex();
    for (let at = ROWS_AT; at < rowsEnd; at += ROW_BYTES) {
      const firstIndex = getSize(view, at);
      const fileOffset = getSize(view, at + 8);
      const last = index.rows.at(-1);
      if (firstIndex === undefined || fileOffset === undefined) return undefined;
      if (last !== undefined && last.firstIndex >= firstIndex) return undefined;
      index.rows.push({ firstIndex, fileOffset, hybridTime: view.getBigUint64(at + 16) });
    }
    return { index, edge };
  }

  /** A copy that later additions do not change. */
  snapshot(): SparseIndex {
    const copy = new SparseIndex();
    copy.rows.push(...this.rows);
    return copy;
  }
}
