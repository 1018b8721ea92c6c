/** What a schema refused, in the words of the database: field, limit, value. */
import { shownJson } from "../entry/json-fault.js";
import { Fault } from "../model/fault.js";

/** What ajv says of the first thing that is wrong, with `verbose`. */
export interface SchemaRefusal {
  readonly keyword: string;
  readonly instancePath: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly message?: string;
  readonly data?: unknown;
  readonly parentSchema?: Readonly<Record<string, unknown>>;
}

const typeWords: Readonly<Record<string, string>> = {
  string: "a text",
  integer: "a whole number",
  number: "a number",
  boolean: "true or false",
  array: "a list",
  object: "a JSON object",
};
const hexPattern = /^\^\[0-9a-fA-F\]\{(\d+)\}\$$/;

/** `/questions/3/predicate` is `questions.3.predicate`. */
const fieldOf = (path: string): string =>
  path
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"))
    .join(".");

function rangeOf(schema: Readonly<Record<string, unknown>>, low: string, high: string): string {
  const { [low]: least, [high]: most } = schema;
  if (most === undefined) return `at least ${least}`;
  return least === undefined ? `at most ${most}` : `${least}..${most}`;
}

function patternOf(pattern: string): string {
  const digits = hexPattern.exec(pattern)?.[1];
  return digits === undefined ? "hexadecimal" : `${digits} hexadecimal digits`;
}

function limitOf(refusal: SchemaRefusal): string {
  const { keyword, params, parentSchema = {} } = refusal;
  switch (keyword) {
    case "type": {
      const { type } = params;
      return typeWords[String(type)] ?? `of type ${String(type)}`;
    }
    case "enum":
      return `one of ${(parentSchema as { enum: readonly unknown[] }).enum.join(", ")}`;
    case "pattern":
      return patternOf(String((params as { pattern?: unknown }).pattern));
    case "minimum":
    case "maximum":
      return rangeOf(parentSchema, "minimum", "maximum");
    case "minLength":
    case "maxLength":
      return `${rangeOf(parentSchema, "minLength", "maxLength")} characters`;
    case "minItems":
    case "maxItems":
      return `${rangeOf(parentSchema, "minItems", "maxItems")} items`;
    default:
      return refusal.message ?? keyword;
  }
}

/** @param where `body`, `querystring`, `params` or `headers` */
export function validationFault(refusals: readonly SchemaRefusal[], where: string): Fault {
  const [refusal] = refusals;
  if (refusal === undefined) return new Fault("ARGUMENT_INVALID", "the request breaks a rule");
  const { keyword, params, parentSchema = {} } = refusal;
  const parent = fieldOf(refusal.instancePath);
  const inside = (name: string): string => (parent === "" ? name : `${parent}.${name}`);
  if (keyword === "additionalProperties") {
    const name = String((params as { additionalProperty?: unknown }).additionalProperty);
    const known = Object.keys((parentSchema as { properties?: object }).properties ?? {});
    const field = inside(name);
    const limit = known.length === 0 ? "absent" : `one of ${known.join(", ")}`;
    const message = `${field} is not a field here: fields are ${known.join(", ") || "none"}`;
    return new Fault("ARGUMENT_INVALID", message, { field, limit });
  }
  if (keyword === "required") {
    const name = inside(String((params as { missingProperty?: unknown }).missingProperty));
    const message = `${name} is missing: it must be given`;
    return new Fault("ARGUMENT_INVALID", message, { field: name, limit: "given", value: "absent" });
  }
  const field = parent === "" ? where : parent;
  const limit = limitOf(refusal);
  const value = shownJson(refusal.data);
  const message = `${field} must be ${limit}; it is ${value}`;
  return new Fault("ARGUMENT_INVALID", message, { field, limit, value });
}
