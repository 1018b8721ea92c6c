/** Keyed entries that follow from numbers. */
import { sha256 } from "../../src/crypto/sha256.js";
import type { KeyedEntry } from "../../src/state/idempotency.js";

const bytesOf = (text: string): Uint8Array => new Uint8Array(sha256(Buffer.from(text)));

/** @param request which request it is; the same number has the same digest */
export const keyedEntry = (
  caller: string,
  key: string,
  request: number,
  entry: number,
): KeyedEntry => ({
  caller,
  key,
  digest: bytesOf(`request ${request}`),
  entry: bytesOf(`entry ${entry}`),
});
