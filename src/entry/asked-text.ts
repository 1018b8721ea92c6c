/**
 * Paths, predicates and prefixes that are asked for, on every interface: judged by the rules that
 * the fields of entries are judged by. What no entry can say is refused, and never just not found.
 */
import type { Shape } from "./field-rules.js";
import { checkText, TEXT_NOT_NFC, TEXT_OK, TEXT_TOO_MANY_MARKS } from "./text-check.js";

export const conceptPathBytesMax = 400;
export const predicateBytesMax = 64;

/** Refuses a field for the rule that it breaks. */
export type RefuseText = (field: string, limit: string, value: string) => never;

export interface TextRule {
  readonly shape: Shape;
  readonly bytesMax: number;
}

const shapes: Readonly<Record<Shape, string>> = {
  free: "",
  plain: ", no control characters",
  path: ", segments joined by `/`, none empty, no control characters",
  predicate: ", no `/`, no control characters",
  language: ", a BCP 47 language tag",
};

/** A text of 1 to `bytesMax` bytes. */
export function askedText(
  field: string,
  text: string,
  { shape, bytesMax }: TextRule,
  refuse: RefuseText,
): string {
  const limit = `1 to ${bytesMax} bytes${shapes[shape]}`;
  if (text.length > bytesMax) return refuse(field, limit, text);
  const bytes = Buffer.from(text);
  if (bytes.length < 1 || bytes.length > bytesMax) return refuse(field, limit, text);
  const code = checkText(bytes, 0, bytes.length, shape, "edge");
  if (code === TEXT_OK) return text;
  if (code === TEXT_NOT_NFC) return refuse(field, "in Unicode normalisation form C", text);
  if (code === TEXT_TOO_MANY_MARKS) return refuse(field, "with fewer combining marks", text);
  return refuse(field, limit, text);
}

export const askedPath = (field: string, text: string, refuse: RefuseText): string =>
  askedText(field, text, { shape: "path", bytesMax: conceptPathBytesMax }, refuse);

export const askedPredicate = (field: string, text: string, refuse: RefuseText): string =>
  askedText(field, text, { shape: "predicate", bytesMax: predicateBytesMax }, refuse);

/** Whole segments: empty, a path, a path with a slash behind it, or a scheme alone. */
export function askedPrefix(field: string, text: string, refuse: RefuseText): string {
  if (text === "") return "";
  if (/^[A-Za-z][A-Za-z0-9+.-]*:\/\/$/.test(text)) return text;
  return askedPath(field, text.endsWith("/") ? text.slice(0, -1) : text, refuse);
}
