/**
 * The world that claims are read in, as of a cut: rights, aliases, predicate records, epochs and
 * withdrawn sources. Folded once from entries, asked for every question.
 *
 *     records ─▶ in the cut? ─▶ Rights ─▶ effective? ─▶ aliases · predicates · epochs · sources
 *
 * A record without effect is passed over; nothing here fails. A right counts wherever its grant
 * stands, so rights are folded first and the rest is judged by all of them.
 */
import { assert } from "../invariant/assert.js";
import type { PredicateRecord } from "../model/entry.js";
import type { EntryId } from "../model/position.js";
import { Aliases } from "./aliases.js";
import { comparePlaces } from "./cut.js";
import type { Cut, Said, WorldRecord, WorldRoot } from "./history.js";
import { covers } from "./keys.js";
import { Reading } from "./reading.js";
import { Rights } from "./rights.js";
import { authorVoice, voiceOf } from "./voices.js";

interface WorldInput {
  readonly root: WorldRoot;
  /** In canonical order. */
  readonly records: readonly WorldRecord[];
  readonly cut: Cut;
}

const exactReading = new Reading(undefined);

export class World {
  readonly rights: Rights;
  readonly #aliases: Aliases;
  /** By predicate, then by prefix ("" for none): the latest. */
  readonly #predicates = new Map<string, Map<string, PredicateRecord>>();
  readonly #epochsSuperseded = new Map<string, EntryId>();
  readonly #sourcesRetracted = new Map<string, EntryId>();

  private constructor(rights: Rights, records: readonly WorldRecord[]) {
    this.rights = rights;
    const next = new Map<string, string>();
    const registrars = new Map<string, string>();
    for (const record of records) {
      if (record.body.kind === "source_record" && !registrars.has(record.body.id)) {
        registrars.set(record.body.id, this.voiceOf(record, undefined));
      }
    }
    for (const record of records) this.#apply(record, next, registrars);
    this.#aliases = new Aliases(next);
  }

  static fold(input: WorldInput): World {
    const { root, cut } = input;
    let last: WorldRecord | undefined;
    const records = input.records.filter((record) => {
      assert(last === undefined || comparePlaces(last, record) < 0, "records stand in order");
      last = record;
      return cut.includes(record);
    });
    return new World(Rights.fold(root, records), records);
  }

  /** What a path is read as. */
  canonicalPath(path: string): string {
    return this.#aliases.canonicalPath(path);
  }

  /** All paths that resolve to this one, itself included, in the order of their bytes. */
  pathsOf(canonical: string): readonly string[] {
    return this.#aliases.pathsOf(canonical);
  }

  /** The record of the longest prefix that covers a canonical path; of that, the latest. */
  predicateRecord(predicate: string, canonical: string): PredicateRecord | undefined {
    let best: PredicateRecord | undefined;
    for (const record of this.#predicates.get(predicate)?.values() ?? []) {
      if (!covers(record.prefix, canonical)) continue;
      // Prefixes of one path lie within one another: the longer text is the narrower.
      const isNarrower = (record.prefix?.length ?? 0) > (best?.prefix?.length ?? 0);
      if (best === undefined || isNarrower) best = record;
    }
    return best;
  }

  /** How the values of a question are read. */
  readingOf(predicate: string, canonical: string): Reading {
    const record = this.predicateRecord(predicate, canonical);
    return record === undefined ? exactReading : new Reading(record);
  }

  /** Of an entry about a path; without one, of a global entry. */
  voiceOf(said: Said, path: string | undefined): string {
    return voiceOf(said, { rights: this.rights, path, recorded: said.recorded });
  }

  /** The entry that superseded an epoch. */
  epochSuperseded(name: string): EntryId | undefined {
    return this.#epochsSuperseded.get(name);
  }

  /** The entry that withdrew a source. */
  sourceRetracted(sourceId: string): EntryId | undefined {
    return this.#sourcesRetracted.get(sourceId);
  }

  #apply(
    record: WorldRecord,
    next: Map<string, string>,
    registrars: ReadonlyMap<string, string>,
  ): void {
    const { body, id } = record;
    switch (body.kind) {
      case "alias":
        if (this.#isCurated(record, body.path, body.canonical)) next.set(body.path, body.canonical);
        return;
      case "predicate_record":
        if (this.#isCurated(record, ...(body.prefix === undefined ? [] : [body.prefix]))) {
          const records = this.#predicates.get(body.predicate) ?? new Map();
          this.#predicates.set(body.predicate, records.set(body.prefix ?? "", body));
        }
        return;
      case "epoch":
        if (body.supersedes === undefined || this.#epochsSuperseded.has(body.supersedes)) return;
        if (this.#isCurated(record)) this.#epochsSuperseded.set(body.supersedes, id);
        return;
      case "source_retraction":
        if (this.#sourcesRetracted.has(body.sourceId)) return;
        if (this.#isCurated(record) || this.#isRegistrar(record, registrars.get(body.sourceId))) {
          this.#sourcesRetracted.set(body.sourceId, id);
        }
        return;
      default:
    }
  }

  #isCurated(record: WorldRecord, ...paths: readonly string[]): boolean {
    return this.rights.isCurator(authorVoice(record.author), record.recorded, ...paths);
  }

  #isRegistrar(record: WorldRecord, registrar: string | undefined): boolean {
    if (this.rights.revocationOf(authorVoice(record.author), record.recorded)) return false;
    return registrar === this.voiceOf(record, undefined);
  }
}
