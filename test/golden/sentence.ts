/** The words of a conversation: moments, values, and pairs of a name and a value. */
import type { Value } from "../../src/model/entry.js";

export type Pairs = Readonly<Record<string, string>>;

export const millionths = (text = "1"): number => Math.round(Number(text) * 1_000_000);
export const momentOf = (text: string): number => Date.parse(`${text.replace(" ", "T")}Z`);
export const wordsOf = (line: string): string[] =>
  [...line.matchAll(/"([^"]*)"|\S+/g)].map(([word, quoted]) => quoted ?? word);

export function valueIn(word: string): Value {
  if (/^(true|false)$/.test(word)) return { kind: "boolean", boolean: word === "true" };
  if (/^-?\d+$/.test(word)) return { kind: "integer", integer: BigInt(word), bound: "exact" };
  if (/^\d+(\.\d+)+$/.test(word)) return { kind: "version", version: word, bound: "exact" };
  return { kind: "text", text: word };
}

export function pairsOf(words: readonly string[]): Pairs {
  const pairs: Record<string, string> = {};
  for (let at = 0; at < words.length; at += 2) pairs[words[at] ?? ""] = words[at + 1] ?? "";
  return pairs;
}

export const moment = <Name extends string>(name: Name, text: string | undefined) =>
  (text === undefined ? {} : { [name]: momentOf(text) }) as { readonly [Key in Name]?: number };
