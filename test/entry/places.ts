/** Where every message of the samples stands: to bend it there. */
import { encodeEntry } from "../../src/entry/codec.js";
import { entryRule } from "../../src/entry/schema.js";
import { messagesOf, parseRaw, type RawField } from "./raw.js";
import { samples } from "./samples.js";

export interface Place {
  readonly fields: readonly RawField[];
  readonly rebuild: (fields: readonly RawField[]) => Uint8Array;
}

function places(): ReadonlyMap<string, readonly Place[]> {
  const all = new Map<string, Place[]>();
  for (const entry of samples.values()) {
    const root = parseRaw(encodeEntry(entry), entryRule);
    for (const place of messagesOf(root)) {
      const path = place.fields[0]?.path.split(".").slice(0, -1).join(".") ?? "";
      all.set(path, [...(all.get(path) ?? []), place]);
    }
  }
  return all;
}

/** Every message of every sample, by the path of its rules. */
export const located = places();
