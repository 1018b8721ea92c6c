/** Anything as text that a person can read: bytes as short hex, 64-bit numbers as digits. */
import { inspect } from "node:util";

function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) {
    const hex = Buffer.from(value).toString("hex");
    return hex.length > 16 ? `${hex.slice(0, 8)}…` : hex;
  }
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, plain(part)]));
}

export const printable = (value: unknown): string =>
  inspect(plain(value), { depth: 12, breakLength: 110, maxArrayLength: 200 });
