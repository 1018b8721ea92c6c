/**
 * How the values of a predicate are read: one or many, and which of them are the same.
 *
 * Values are the same when their canonical keys are equal. A predicate record may widen that: to
 * versions that differ in trailing zeros, or to numbers that round to the same multiple of a step.
 * Kinds that a comparator does not speak of keep their exact keys.
 */
import type { PredicateRecord, Value } from "../model/entry.js";
import type { Candidate } from "./history.js";

export class Reading {
  readonly isManyValued: boolean;
  readonly #record: PredicateRecord | undefined;

  /** Without a record: one value, compared exactly. */
  constructor(record: PredicateRecord | undefined, isManyValued = record?.cardinality === "many") {
    this.#record = record?.comparator === "exact" ? undefined : record;
    this.isManyValued = isManyValued;
  }

  /** Reads a predicate as many-valued, whatever its record says. */
  static manyValued(record: PredicateRecord | undefined): Reading {
    return new Reading(record, true);
  }

  /** Equal for claims that say the same. */
  classOf(candidate: Candidate): string {
    if (this.#record === undefined) return candidate.valueKey;
    return widened(candidate.value, this.#record) ?? candidate.valueKey;
  }
}

// Words stand in front of widened classes, so that none is the hex of a key.
function widened(value: Value, record: PredicateRecord): string | undefined {
  if (record.comparator === "version") {
    if (value.kind !== "version") return undefined;
    return `version ${value.bound} ${withoutTrailingZeros(value.version)}`;
  }
  const { step } = record;
  if (step === undefined) return undefined;
  if (value.kind === "integer") return stepClass(Number(value.integer), step, value.bound, "");
  if (value.kind !== "number") return undefined;
  return stepClass(value.number, step, value.bound, value.unit ?? "");
}

const stepClass = (number: number, step: number, bound: string, unit: string): string =>
  `step ${bound} ${Math.floor(number / step + 0.5)} ${unit}`;

/** `1.0.0` → `1`, `1.2.0-rc.0` → `1.2-rc.0`; what does not begin with dotted numbers stays. */
function withoutTrailingZeros(version: string): string {
  const [head] = /^\d+(?:\.\d+)*(?=$|[-+])/.exec(version) ?? [];
  if (head === undefined) return version;
  return head.replace(/(?:\.0)+$/, "") + version.slice(head.length);
}
