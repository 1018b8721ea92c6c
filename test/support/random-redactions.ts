/**
 * Redactions of chance: of a claim or of a record of a source, and now and then of what nobody may
 * erase or knows. Most name the question of their target; some another one, or none.
 */
import type { Body, EntryFields, Redaction } from "../../src/model/entry.js";
import type { EntryId } from "../../src/model/position.js";
import { questionDigest } from "./naive-redactions.js";
import type { Seeded } from "./seeded.js";

/** Of histories: what a digest that names another question may be about. */
const otherPaths = ["a/b", "a", "d", "x://y/z"] as const;

interface Spoken {
  readonly id: EntryId;
  readonly fields: EntryFields;
}

/** `target`: absent where nobody knows it. */
export function randomRedaction(
  random: Seeded,
  claims: readonly Spoken[],
  said: readonly Spoken[],
): { readonly target: EntryFields | undefined; readonly body: Redaction } {
  const records = said.filter(({ fields }) => fields.body.kind === "source_record");
  const others = random.chance(50) ? records : said;
  const some = random.chance(75) ? claims : others;
  const target = some.length === 0 || random.chance(6) ? undefined : random.pick(some);
  const body: Redaction = {
    kind: "redaction",
    target: target?.id ?? random.bytes(32),
    ...digestFor(random, target?.fields.body),
  };
  return { target: target?.fields, body };
}

function digestFor(random: Seeded, target: Body | undefined): { questionDigest?: Uint8Array } {
  if (random.chance(12)) return {};
  if (target?.kind === "assertion" && random.chance(90)) {
    return { questionDigest: questionDigest(target) };
  }
  const conceptPath = random.pick(otherPaths);
  return { questionDigest: questionDigest({ conceptPath, predicate: "p" }) };
}
