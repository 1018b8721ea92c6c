/**
 * What must be said so that the log says what the sources say now.
 *
 *     said before   says now    what is said
 *     nothing       A           A
 *     A             A           nothing, though it may stand in a newer version of the source
 *     A             B           B, with A as its parent
 *     A             nothing     a retraction of A
 *     retracted A   A           A, with the retracted one as its parent: another id
 */
import type { Body, SourceRecord } from "../../src/model/entry.js";
import { assertionOf, type Dataset, type SourceFacts } from "./claim.js";
import { type CurrentClaims, contentOf, identityOf } from "./current-claims.js";

/** What a source is going to say. */
export interface Saying {
  /** Its id. */
  readonly source: string;
  readonly body: Body;
}

/** Counted as they are handed out. */
export interface Differences {
  /** Claims that were not made before. */
  added: number;
  /** Claims with another content than before. */
  changed: number;
  /** Claims that the source makes no more. */
  retracted: number;
  /** Claims that stand in the log as they are. */
  unchanged: number;
  sourceRecords: number;
}

export const noDifferences = (): Differences => ({
  added: 0,
  changed: 0,
  retracted: 0,
  unchanged: 0,
  sourceRecords: 0,
});

export function sourceRecordOf(source: SourceFacts): SourceRecord {
  const { id, version, title, hash, uri, derivedFrom } = source;
  return {
    kind: "source_record",
    id,
    version,
    title,
    class: source.class,
    uri,
    ...(hash === undefined ? {} : { hash }),
    ...(derivedFrom === undefined ? {} : { derivedFrom }),
  };
}

/** The claims to make. Takes what it meets out of `current`. */
export function* claimDifferences(
  dataset: Dataset,
  current: CurrentClaims,
  counts: Differences,
): Generator<Saying, void, undefined> {
  const { source } = dataset;
  const isFirst = current.isEmpty;
  for (const claim of dataset.claims()) {
    const assertion = assertionOf(claim, source);
    if (isFirst) {
      counts.added += 1;
      yield { source: source.id, body: assertion };
      continue;
    }
    const identity = identityOf(source.id, assertion);
    const before = current.claim(identity);
    if (before !== undefined && before.content === contentOf(assertion)) {
      counts.unchanged += 1;
      continue;
    }
    const parent = before ?? current.retired(identity);
    if (before === undefined) counts.added += 1;
    else counts.changed += 1;
    const body =
      parent === undefined ? assertion : assertionOf(claim, source, current.idOf(parent));
    yield { source: source.id, body };
  }
}

/** The retractions of what no source says any more. */
export function* retractions(
  datasets: readonly Dataset[],
  current: CurrentClaims,
  counts: Differences,
): Generator<Saying, void, undefined> {
  const versions = new Map(datasets.map(({ source }) => [source.id, source.version]));
  for (const { path, source, id } of current.left()) {
    counts.retracted += 1;
    const reason = `no longer in ${source} ${versions.get(source) ?? ""}`.trimEnd();
    yield { source, body: { kind: "retraction", target: id, path, reason } };
  }
}
