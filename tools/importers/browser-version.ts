/**
 * Versions of browsers as the sources write them, made comparable.
 *
 *     written        value                        why
 *     120            120                          as it is
 *     12.0           12                           `12` and `12.0` are one release, spelt twice
 *     15.2-15.3      15.2                         caniuse groups releases: the first one counts
 *     ≤79            79, bound at_most            no later than this; perhaps earlier
 *
 * Equal values have equal bytes this way, which is how values are compared where no
 * PredicateRecord says otherwise. Where the value does not give back what was written, the label
 * `as_written` does.
 */
import type { Label, Value } from "../../src/model/entry.js";

export type VersionValue = Extract<Value, { readonly kind: "version" }>;

export interface ReadVersion {
  readonly value: VersionValue;
  /** The source's own spelling, where the value does not give it back. */
  readonly labels?: readonly Label[];
}

const known = new Map<string, ReadVersion>();

/** Throws nothing: what is no number stays as it is written. */
export function readVersion(written: string): ReadVersion {
  let read = known.get(written);
  if (read === undefined) {
    read = readAnew(written);
    known.set(written, read);
  }
  return read;
}

/** The version, `12` for `12.0` and `15.2` for `15.2-15.3`. */
function readAnew(written: string): ReadVersion {
  const isAtMost = written.startsWith("≤");
  const text = isAtMost ? written.slice(1) : written;
  const [first = text] = /^\d/.test(text) ? text.split("-") : [text];
  const version = /^\d+(\.\d+)*$/.test(first) ? first.replace(/(\.0+)+$/, "") : first;
  const value = { kind: "version", version, bound: isAtMost ? "at_most" : "exact" } as const;
  const labels = version === text ? undefined : [{ key: "as_written", value: written }];
  return labels === undefined ? { value } : { value, labels };
}

export const notSupported: Value = { kind: "boolean", boolean: false };
export const notKnown: Value = { kind: "unknown" };

/** Both sorted by key, and so is what comes back; `undefined` for none. */
export function joinLabels(
  left: readonly Label[] | undefined,
  right: readonly Label[] | undefined,
): readonly Label[] | undefined {
  if (left === undefined || left.length === 0) return right?.length === 0 ? undefined : right;
  if (right === undefined || right.length === 0) return left;
  return [...left, ...right].sort((a, b) => (a.key < b.key ? -1 : 1));
}
