/** Values that histories of chance are about: near each other, and equal by some readings. */
import type { Value } from "../../src/model/entry.js";
import type { Seeded } from "./seeded.js";

export const randomValues: readonly Value[] = [
  { kind: "text", text: "yes" },
  { kind: "text", text: "no" },
  { kind: "text", text: "yes", language: "en" },
  { kind: "boolean", boolean: true },
  { kind: "integer", integer: 5n, bound: "exact" },
  { kind: "integer", integer: -3n, bound: "exact" },
  { kind: "number", number: 5.4, bound: "exact" },
  { kind: "number", number: 4.5, bound: "exact" },
  { kind: "number", number: 5.4, unit: "mg", bound: "exact" },
  { kind: "number", number: 5.1, unit: "mg", bound: "exact" },
  { kind: "number", number: 5, bound: "at_least" },
  { kind: "version", version: "1", bound: "exact" },
  { kind: "version", version: "1.0", bound: "exact" },
  { kind: "version", version: "1.0.0", bound: "exact" },
  { kind: "version", version: "1.0", bound: "at_most" },
  { kind: "version", version: "1.0.1", bound: "exact" },
  { kind: "version", version: "1.0.0-rc.1.0", bound: "exact" },
  { kind: "version", version: "1-rc.1.0", bound: "exact" },
  { kind: "unknown" },
];

/** A few that many agree on, or so many that not all are listed. */
export const crowdOfValues = (random: Seeded): Value[] =>
  Array.from({ length: random.pick([2, 90]) }, (_, number) => ({
    kind: "integer",
    integer: BigInt(number),
    bound: "exact",
  }));
