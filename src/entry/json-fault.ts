/** What JSON is, to the compiler; and how a record of it is refused. */
import { Fault } from "../model/fault.js";
import { shorten } from "./scan-value.js";

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [name: string]: JsonValue;
}

/** What was found, for people: lists and objects are not looked into, however deep they are. */
export function shownJson(value: unknown): string {
  if (value === undefined) return "absent";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object" && value !== null) {
    const names = Object.keys(value);
    return names.length === 0 ? "an empty object" : shorten(`an object with ${names.join(", ")}`);
  }
  return shorten(JSON.stringify(value) ?? String(value));
}

/** A record's field is not what it must be. */
export function jsonFault(field: string, limit: string, value: unknown): Fault {
  const found = shownJson(value);
  const message = `${field} must be ${limit}; it is ${found}`;
  return new Fault("ARGUMENT_INVALID", message, { field, limit, value: found });
}

/** A value as an object; arrays and null are none. */
export function objectOf(field: string, value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw jsonFault(field, "a JSON object", value);
  }
  return value as Readonly<Record<string, unknown>>;
}

/** Refuses the first name that is not known. */
export function refuseUnknown(
  field: string,
  record: Readonly<Record<string, unknown>>,
  known: readonly string[],
): void {
  for (const name of Object.keys(record)) {
    if (known.includes(name)) continue;
    const path = field === "" ? name : `${field}.${name}`;
    const limit = known.length === 0 ? "absent" : `one of ${known.join(", ")}`;
    const fault = jsonFault(path, limit, record[name]);
    const message = `${path} is not a field here: fields are ${known.join(", ") || "none"}`;
    throw new Fault(fault.code, message, fault.detail);
  }
}
