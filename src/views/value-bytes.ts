/**
 * Values between an entry's bytes, which rows keep as they are, and the model. Few distinct values
 * are said many times, so those seen lately are kept, with their canonical keys.
 */
import { readValue } from "../entry/decoder.js";
import { valueKey } from "../entry/value-key.js";
import type { Value } from "../model/entry.js";
import { toHex } from "../model/hex.js";
import { mapKey } from "./row-bytes.js";

export interface KeyedValue {
  readonly value: Value;
  /** The canonical key, as hex. */
  readonly valueKey: string;
}

const valuesKeptMax = 10_000;
const valueBytesKeptMax = 256;
const kept = new Map<string, KeyedValue>();

export function keyedValue(bytes: Uint8Array): KeyedValue {
  if (bytes.length > valueBytesKeptMax) return keyed(bytes);
  const key = mapKey(bytes);
  const known = kept.get(key);
  if (known !== undefined) return known;
  const made = keyed(bytes);
  if (kept.size >= valuesKeptMax) kept.clear();
  kept.set(key, made);
  return made;
}

function keyed(bytes: Uint8Array): KeyedValue {
  const value = readValue(bytes);
  return { value, valueKey: toHex(valueKey(value)) };
}
