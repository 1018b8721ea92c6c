/**
 * The query part of a URL as typed fields: a name means the same in every route, so its schema says
 * what its text stands for. What does not read as that stays text, and the schema refuses it.
 */
import { parse } from "node:querystring";
import { assert } from "../invariant/assert.js";
import type { Schema } from "./schema.js";

type Kind = "string" | "integer" | "number" | "boolean" | "array";

const numberPattern = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d{1,3})?$/;

function typed(kind: Kind | undefined, text: string | readonly string[]): unknown {
  if (kind === "array") return typeof text === "string" ? [text] : text;
  if (typeof text !== "string") return text;
  if (kind === "boolean") return text === "true" ? true : text === "false" ? false : text;
  if (kind === "integer" || kind === "number") {
    return numberPattern.test(text) ? Number(text) : text;
  }
  return text;
}

/** @param schemas the query schemas of all routes */
export function queryParser(
  schemas: readonly Schema[],
): (query: string) => Record<string, unknown> {
  const kinds = new Map<string, Kind>();
  for (const schema of schemas) {
    const { properties } = schema as { properties: Readonly<Record<string, { type: Kind }>> };
    for (const [name, { type }] of Object.entries(properties)) {
      assert((kinds.get(name) ?? type) === type, `${name} means the same in every URL`);
      kinds.set(name, type);
    }
  }
  return (query) => {
    if (query === "") return {};
    const fields: Record<string, unknown> = {};
    for (const [name, text = ""] of Object.entries(parse(query))) {
      Object.defineProperty(fields, name, {
        value: typed(kinds.get(name), text),
        enumerable: true,
      });
    }
    return fields;
  };
}
