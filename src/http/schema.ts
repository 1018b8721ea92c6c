/**
 * JSON Schema in few words: what requests are checked against, and what the API description shows.
 */
import type { JsonObject } from "../entry/json.js";

export type Schema = JsonObject;
type Schemas = Readonly<Record<string, Schema>>;

export const text = (description: string, more: JsonObject = {}): Schema => ({
  type: "string",
  description,
  ...more,
});
export const oneOf = (description: string, names: readonly string[]): Schema => ({
  type: "string",
  enum: names,
  description,
});
export const truth = (description: string): Schema => ({ type: "boolean", description });
export const whole = (description: string, minimum = 0, maximum?: number): Schema => ({
  type: "integer",
  description,
  minimum,
  ...(maximum === undefined ? {} : { maximum }),
});
/** 0 to 1, in millionths. */
export const share = (description: string): Schema => ({
  type: "number",
  description,
  minimum: 0,
  maximum: 1,
});
export const amount = (description: string): Schema => ({ type: "number", description });
export const hex = (description: string, bytes: number): Schema =>
  text(description, { pattern: `^[0-9a-fA-F]{${bytes * 2}}$` });
/** Hexadecimal of any length up to a bound. */
export const anyHex = (description: string, bytesMax: number): Schema =>
  text(description, { pattern: "^([0-9a-fA-F]{2})*$", maxLength: bytesMax * 2 });
export const moment = (description: string): Schema =>
  text(`${description} RFC 3339.`, { maxLength: 64 });
export const list = (description: string, items: Schema, maxItems?: number): Schema => ({
  type: "array",
  description,
  items,
  ...(maxItems === undefined ? {} : { maxItems }),
});
/** What is taken: no other fields. */
export const object = (description: string, required: Schemas, optional: Schemas = {}): Schema => ({
  type: "object",
  description,
  additionalProperties: false,
  ...(Object.keys(required).length === 0 ? {} : { required: Object.keys(required) }),
  properties: { ...required, ...optional },
});
/** What is sent: later versions may add fields. */
export const shape = (description: string, required: Schemas, optional: Schemas = {}): Schema => ({
  type: "object",
  description,
  required: Object.keys(required),
  properties: { ...required, ...optional },
});
/** Of the headers that a request has, those that we read. */
export const headers = (known: Schemas): Schema => ({
  type: "object",
  description: "Headers.",
  properties: known,
});
/** Any value that a claim can have, or (in answers) null where there is none. */
export const anything = (description: string): Schema => ({ description });
/** A schema that has a name of its own in the API description. */
export const named = (name: string): Schema => ({ $ref: `${name}#` });
/** With examples, the first of which a page shows. */
export const withExamples = (schema: Schema, ...examples: readonly JsonObject[]): Schema => ({
  ...schema,
  examples,
});
