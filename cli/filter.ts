/** The flags that choose entries, for `tail`, `read` and `bench subscribe`. */
import type { FilterInput } from "../src/client/index.js";
import { type BodyKind, bodyKinds, sourceClasses } from "../src/model/entry.js";
import { fromHex } from "../src/model/hex.js";
import type { Arguments } from "./arguments.js";
import type { FlagFacts } from "./command.js";
import { Usage } from "./usage.js";

const kindNames = Object.keys(bodyKinds) as readonly BodyKind[];

export const filterFlags: readonly FlagFacts[] = [
  {
    name: "prefix",
    value: "PATH",
    repeats: true,
    doc: "Only entries about this concept path or below it, by whole segments.",
  },
  { name: "predicate", value: "NAME", repeats: true, doc: "Only assertions with this predicate." },
  {
    name: "author",
    value: "KEY",
    repeats: true,
    doc: "Only entries of this author: 64 hexadecimal digits.",
  },
  {
    name: "class",
    value: "CLASS",
    repeats: true,
    doc: `Only what claims a source of this class: ${sourceClasses.join(", ")}.`,
  },
  {
    name: "kind",
    value: "KIND",
    repeats: true,
    doc: "Only entries of this kind, such as assertion, retraction or vote.",
  },
];

function authorOf(text: string): Uint8Array {
  const author = fromHex(text, 32);
  if (author !== undefined) return author;
  throw new Usage(`--author is ${text}, and must be 64 hexadecimal digits`, { flag: "--author" });
}

/** Throws `Usage`. `undefined` where nothing is filtered. */
export function filterFrom(given: Arguments): FilterInput | undefined {
  if (filterFlags.every((flag) => !given.has(flag.name))) return undefined;
  return {
    conceptPrefixes: given.many("prefix").map((path) => path.normalize("NFC")),
    predicates: given.many("predicate").map((name) => name.normalize("NFC")),
    authors: given.many("author").map(authorOf),
    sourceClasses: given.choices("class", sourceClasses),
    kinds: given.choices("kind", kindNames),
  };
}
