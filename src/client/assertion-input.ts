/**
 * Claims in plain values: what a program has at hand, made into an `Assertion` with the defaults
 * of the contract (affirms, proposed, confidence 1, class community, asserted now).
 */
import type {
  Assertion,
  Bound,
  Label,
  Lifecycle,
  Polarity,
  Source,
  SourceClass,
  Value,
} from "../model/entry.js";
import { Fault } from "../model/fault.js";

/** A string is text, an integral number or bigint an integer, a Date an instant, null unknown. */
export type ValueInput = Value | string | number | bigint | boolean | Date | Uint8Array | null;

export type SourceInput = Omit<Source, "class"> & { readonly class?: SourceClass };

export interface AssertionInput {
  /** What the claim is about, for example `web/feature/grid/chrome`. */
  readonly conceptPath: string;
  /** Which property of it, for example `supported_since`. */
  readonly predicate: string;
  readonly value: ValueInput;
  /** Where the author has it from: an id, or all that is known. */
  readonly source: string | SourceInput;
  /** 0 to 1; absent: 1. */
  readonly confidence?: number;
  readonly polarity?: Polarity;
  readonly lifecycle?: Lifecycle;
  /** Milliseconds since 1970 UTC; absent: now. Fix it where a repeat must give the same id. */
  readonly assertedMs?: number;
  readonly validFromMs?: number;
  readonly validUntilMs?: number;
  readonly epoch?: string;
  /** Id of the assertion that this one revises. */
  readonly parent?: Uint8Array;
  /** Pairs, or an object of them; sorted here. */
  readonly labels?: readonly Label[] | Readonly<Record<string, string>>;
  readonly vector?: readonly number[];
  readonly visualHash?: Uint8Array;
}

const MILLION = 1_000_000;

/** Throws ENTRY_INVALID where a plain value has no counterpart; the rest is checked on encoding. */
export function assertionOf(input: AssertionInput, nowMs: number): Assertion {
  const { conceptPath, predicate, value, source, confidence = 1, labels, ...rest } = input;
  const { polarity = "affirms", lifecycle = "proposed", assertedMs = nowMs, ...optional } = rest;
  return {
    kind: "assertion",
    conceptPath,
    predicate,
    value: typedValue(value),
    polarity,
    confidenceMillionths: millionthsOf(confidence),
    source: sourceOf(source),
    assertedMs,
    lifecycle,
    ...given(optional),
    ...(labels === undefined ? {} : { labels: labelsOf(labels) }),
  };
}

/** The typed value of a plain one. */
export function typedValue(value: ValueInput, bound: Bound = "exact"): Value {
  if (value === null) return { kind: "unknown" };
  if (value instanceof Uint8Array) return { kind: "bytes", bytes: value };
  if (value instanceof Date) {
    const ms = value.getTime();
    if (Number.isNaN(ms)) throw invalid("assertion.value", "a valid date", "Invalid Date");
    return { kind: "instant", instantNs: BigInt(ms) * 1_000_000n, bound };
  }
  switch (typeof value) {
    case "string":
      return { kind: "text", text: value };
    case "boolean":
      return { kind: "boolean", boolean: value };
    case "bigint":
      return { kind: "integer", integer: value, bound };
    case "number":
      return Number.isSafeInteger(value)
        ? { kind: "integer", integer: BigInt(value), bound }
        : { kind: "number", number: value, bound };
    default:
      return value;
  }
}

function millionthsOf(confidence: number): number {
  if (!(confidence >= 0 && confidence <= 1)) {
    throw invalid("assertion.confidence", "0..1", confidence);
  }
  return Math.round(confidence * MILLION);
}

function sourceOf(source: string | SourceInput): Source {
  if (typeof source === "string") return { id: source, class: "community" };
  return { ...source, class: source.class ?? "community" };
}

function labelsOf(labels: readonly Label[] | Readonly<Record<string, string>>): readonly Label[] {
  const pairs = isPairs(labels)
    ? [...labels]
    : Object.entries(labels).map(([key, value]) => ({ key, value }));
  return pairs.sort(
    (left, right) =>
      Buffer.compare(Buffer.from(left.key), Buffer.from(right.key)) ||
      Buffer.compare(Buffer.from(left.value), Buffer.from(right.value)),
  );
}

const isPairs = (
  labels: readonly Label[] | Readonly<Record<string, string>>,
): labels is readonly Label[] => Array.isArray(labels);

/** Without what is `undefined`: a field is present exactly when it was given. */
function given<T extends object>(fields: T): T {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as T;
}

const invalid = (field: string, limit: string, value: string | number): Fault =>
  new Fault("ENTRY_INVALID", `${field}: ${limit}`, { field, limit, value: String(value) });
