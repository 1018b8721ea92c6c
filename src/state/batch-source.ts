/** What the sequence table needs of a log. The log's owner hands in an adapter. */

export interface SourceBatch {
  readonly firstIndex: number;
  readonly count: number;
  /** Of the block that holds the batch. */
  readonly hybridTime: bigint;
  /** 32 bytes. */
  readonly author: Uint8Array;
  /** 16 bytes. */
  readonly writer: Uint8Array;
  readonly sequence: number;
  /** RFC 6962 root over the leaf hashes of the batch's entries, 32 bytes. */
  readonly root: Uint8Array;
}

export interface BatchSource {
  /** 32 bytes. */
  readonly logId: Uint8Array;
  /** Durable entries. */
  readonly size: number;
  /** First index of the first block recorded at or after a moment; the size where none is. */
  indexAtTime(ms: number): Promise<number>;
  /**
   * Signed batches in the order of the log, from the first that starts at or behind `index` to the
   * durable end. One that starts before does no harm. Views may be reused after the next is asked.
   */
  batchesFrom(index: number): AsyncIterable<SourceBatch>;
}
