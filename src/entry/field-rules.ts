/** What a rule of a field is made of, and small builders that make schema.ts read as a table. */

export type FieldType =
  | "bytes"
  | "text"
  | "texts"
  | "uint"
  | "sint32"
  | "sint64"
  | "fixed64"
  | "double"
  | "floats"
  | "boolean"
  | "enum"
  | "message"
  | "messages";

/**
 * What a text must look like, beyond UTF-8 in normalisation form C.
 *
 * `plain` has no control characters; `path` is a concept path; `predicate` has no control
 * characters and no `/`; `language` is a well-formed BCP 47 tag.
 */
export type Shape = "free" | "plain" | "path" | "predicate" | "language";

/** Rules over several fields of a message, by the message that they belong to. */
export type CrossCheck = string;

export interface FieldRule {
  readonly number: number;
  /** The proto's name. */
  readonly name: string;
  /** The model's name. */
  readonly property: string;
  /** Names from the entry down, for example `assertion.concept_path`. */
  readonly path: string;
  readonly type: FieldType;
  /** Written exactly when it is set, default or not; else never written with its default. */
  readonly explicit: boolean;
  readonly required: boolean;
  /** Member of a group of which at most one is set. */
  readonly oneof: string | undefined;
  /** Without presence, and in the model even where it has its default. */
  readonly kept: boolean;
  readonly shape: Shape;
  /** Least and most: bytes of a text or of bytes, value of an integer, bytes of each of `texts`. */
  readonly min: number;
  readonly max: number;
  /** Most items of a repeated field. */
  readonly countMax: number;
  /** Above 0. */
  readonly positive: boolean;
  /** Names of the values 1, 2, … of an enum. */
  readonly names: readonly string[];
  /** The rules of a nested message. */
  readonly message: MessageRule | undefined;
  /** The rule in words. */
  readonly limit: string;
  /** The wire type that protobuf gives it: 0, 1, 2 or 5. */
  readonly wireType: number;
}

export interface MessageRule {
  /** The message's field, `""` for the entry itself. */
  readonly path: string;
  readonly fields: readonly FieldRule[];
  /** The rule of each field number, `undefined` where there is none. */
  readonly byNumber: readonly (FieldRule | undefined)[];
  /** A group of which exactly one member must be set. */
  readonly oneof: string | undefined;
  readonly check: CrossCheck | undefined;
  /** A bit for the number of each required field; such numbers are below 31. */
  readonly requiredMask: number;
}

export interface FieldOptions {
  readonly optional?: boolean;
  readonly required?: boolean;
  readonly oneof?: string;
  readonly kept?: boolean;
  readonly shape?: Shape;
  readonly max?: number;
  readonly positive?: boolean;
  readonly check?: CrossCheck;
}

const wireTypes: Readonly<Record<FieldType, number>> = {
  bytes: 2,
  text: 2,
  texts: 2,
  uint: 0,
  sint32: 0,
  sint64: 0,
  fixed64: 1,
  double: 1,
  floats: 2,
  boolean: 0,
  enum: 0,
  message: 2,
  messages: 2,
};

const shapeLimits: Readonly<Record<Shape, string>> = {
  free: "",
  plain: ", no control characters",
  path: ", segments joined by `/`, none empty, no control characters",
  predicate: ", no `/`, no control characters",
  language: ", a BCP 47 language tag",
};

export const grouped = (value: number): string =>
  String(value).replace(/\B(?=(\d{3})+(?!\d))/g, ",");

const range = (min: number, max: number): string =>
  min === max ? grouped(min) : `${grouped(min)}..${grouped(max)}`;

const camelCase = (name: string): string =>
  name.replace(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase());

function rule(
  number: number,
  name: string,
  type: FieldType,
  limit: string,
  options: FieldOptions,
  more: Partial<FieldRule> = {},
): FieldRule {
  const explicit = options.optional === true || options.oneof !== undefined;
  return {
    number,
    name,
    property: camelCase(name),
    path: name,
    type,
    explicit: explicit || type === "message",
    required: options.required ?? (!explicit && (more.min ?? 0) > 0),
    oneof: options.oneof,
    kept: options.kept ?? type !== "text",
    shape: options.shape ?? "free",
    min: 0,
    max: 0,
    countMax: 0,
    positive: options.positive ?? false,
    names: [],
    message: undefined,
    limit,
    wireType: wireTypes[type],
    ...more,
  };
}

export const bytes = (
  number: number,
  name: string,
  min: number,
  max: number,
  options: FieldOptions = {},
): FieldRule => rule(number, name, "bytes", `${range(min, max)} bytes`, options, { min, max });

export function text(
  number: number,
  name: string,
  min: number,
  max: number,
  options: FieldOptions = {},
): FieldRule {
  const limit = `${range(min, max)} bytes${shapeLimits[options.shape ?? "free"]}`;
  return rule(number, name, "text", limit, options, { min, max });
}

/** Texts in ascending order of their bytes, none twice. */
export function texts(
  number: number,
  name: string,
  countMax: number,
  min: number,
  max: number,
): FieldRule {
  const limit =
    `0..${countMax} texts of ${range(min, max)} bytes, no control characters, ` +
    "sorted bytewise, none twice";
  const options = { shape: "plain", required: false } as const;
  return rule(number, name, "texts", limit, options, { min, max, countMax });
}

/** uint32 and uint64: what fits 32 bits is a uint32. */
export const uint = (
  number: number,
  name: string,
  min: number,
  max: number,
  options: FieldOptions = {},
): FieldRule => rule(number, name, "uint", range(min, max), options, { min, max });

export const sint32 = (number: number, name: string, min: number, max: number): FieldRule =>
  rule(number, name, "sint32", range(min, max), {}, { min, max });

/** Without a maximum any value of 64 bits, as bigint in the model. */
export function sint64(number: number, name: string, options: FieldOptions): FieldRule {
  const { max } = options;
  if (max === undefined) return rule(number, name, "sint64", "64 bits", options);
  const more = { min: -max, max, required: options.required ?? false };
  return rule(number, name, "sint64", range(-max, max), options, more);
}

export const fixed64 = (number: number, name: string): FieldRule =>
  rule(number, name, "fixed64", "a hybrid time", {});

export function double(number: number, name: string, options: FieldOptions): FieldRule {
  const limit = options.positive ? "finite, above 0" : "finite, not -0";
  return rule(number, name, "double", limit, options);
}

/** Packed; an empty list is not written. */
export const floats = (number: number, name: string, countMax: number): FieldRule =>
  rule(number, name, "floats", `0..${grouped(countMax)} finite numbers, not -0`, {}, { countMax });

export const boolean = (number: number, name: string, options: FieldOptions): FieldRule =>
  rule(number, name, "boolean", "true or false", options);

/** `names` are the values 1, 2, …; 0 is refused. */
export function enumeration(
  number: number,
  name: string,
  names: readonly string[],
  options: FieldOptions,
): FieldRule {
  const limit = `one of ${names.join(", ")}`;
  return rule(number, name, "enum", limit, options, { names, min: 1, max: names.length });
}

export function message(
  number: number,
  name: string,
  options: FieldOptions,
  fields: readonly FieldRule[],
): FieldRule {
  const more = { message: rulesOf(fields, options.check), required: options.required ?? false };
  return rule(number, name, "message", "a message", options, more);
}

/** Messages in their order. */
export function messages(
  number: number,
  name: string,
  countMax: number,
  fields: readonly FieldRule[],
): FieldRule {
  const limit = `0..${countMax}, sorted by (key, value) bytewise, no pair twice`;
  return rule(number, name, "messages", limit, {}, { countMax, message: rulesOf(fields) });
}

/** A message's rules, with paths that begin at the message. */
export function rulesOf(fields: readonly FieldRule[], check?: CrossCheck): MessageRule {
  const required = fields.filter((field) => field.required);
  const requiredMask = required.reduce((mask, field) => mask | (1 << field.number), 0);
  const byNumber = numbered(fields);
  return { path: "", fields, byNumber, oneof: groupOf(fields), check, requiredMask };
}

/** The same rules with paths that begin at the entry. */
export function locate(rules: MessageRule, path: string): MessageRule {
  const fields = rules.fields.map((field) => {
    const own = path === "" ? field.name : `${path}.${field.name}`;
    const nested = field.message === undefined ? undefined : locate(field.message, own);
    return { ...field, path: own, message: nested };
  });
  return { ...rules, path, fields, byNumber: numbered(fields) };
}

function numbered(fields: readonly FieldRule[]): readonly (FieldRule | undefined)[] {
  const highest = Math.max(0, ...fields.map((field) => field.number));
  const table = new Array<FieldRule | undefined>(highest + 1).fill(undefined);
  for (const field of fields) table[field.number] = field;
  return table;
}

const groupOf = (fields: readonly FieldRule[]): string | undefined =>
  fields.find((field) => field.oneof !== undefined)?.oneof;
