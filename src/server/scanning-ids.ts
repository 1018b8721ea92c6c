/** Finds ids by reading the whole log. */
import { bytesEqual } from "../model/hex.js";
import { idOf } from "../wal/block-id.js";
import type { Log } from "../wal/log.js";

export class ScanningIds {
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  async indexOf(id: Uint8Array): Promise<number | undefined> {
    const cursor = this.#log.cursor(0);
    try {
      for (let block = await cursor.next(); block !== undefined; block = await cursor.next()) {
        for (let i = 0; i < block.count; i++) {
          if (bytesEqual(idOf(block, i), id)) return block.firstIndex + i;
        }
      }
      return undefined;
    } finally {
      await cursor.close();
    }
  }

  async of(): Promise<undefined> {
    return undefined;
  }
}
