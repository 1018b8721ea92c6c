/** Values from the wire to the model. */
import { type Bound, bounds, type Value } from "../model/entry.js";
import { Fault } from "../model/fault.js";
import { DatePrecision, type Value as WireValue } from "../wire/steme/v1/entry.js";

const malformed = (): Fault =>
  new Fault("MESSAGE_MALFORMED", "the node's answer has a value that this client does not know");

function boundOf(value: WireValue): Bound {
  const bound = bounds[(value.bound ?? 0) - 1];
  if (bound === undefined) throw malformed();
  return bound;
}

/** Throws MESSAGE_MALFORMED for a value without a kind, or without the bound that it needs. */
export function modelValueOf(value: WireValue | undefined): Value {
  const kind = value?.kind;
  if (value === undefined || kind === undefined) throw malformed();
  switch (kind.$case) {
    case "text": {
      const { text, language } = kind.value;
      return { kind: "text", text, ...(language === undefined ? {} : { language }) };
    }
    case "integer":
      return { kind: "integer", integer: kind.value, bound: boundOf(value) };
    case "number": {
      const { number, unit } = kind.value;
      const bound = boundOf(value);
      return { kind: "number", number, ...(unit === undefined ? {} : { unit }), bound };
    }
    case "boolean":
      return { kind: "boolean", boolean: kind.value };
    case "reference":
      return { kind: "reference", reference: kind.value };
    case "instantNs":
      return { kind: "instant", instantNs: kind.value, bound: boundOf(value) };
    case "date": {
      const { year, month, day, precision } = kind.value;
      const hasMonth = precision !== DatePrecision.YEAR;
      const parts = hasMonth ? (precision === DatePrecision.DAY ? { month, day } : { month }) : {};
      return { kind: "date", year, ...parts, bound: boundOf(value) };
    }
    case "version":
      return { kind: "version", version: kind.value, bound: boundOf(value) };
    case "bytes":
      return { kind: "bytes", bytes: kind.value };
    case "unknown":
      return { kind: "unknown" };
  }
}
