/**
 * The world that claims are read in, the slow way: who may what, which paths are one concept, how a
 * predicate is read, which epochs and sources are gone. Part of the model that the lenses are held
 * against (naive-lens.ts); it shares no code with them, and looks at every record for
 * every question it is asked.
 */

import type { Cut, Place, Said, WorldRecord, WorldRoot } from "../../src/lens/history.js";
import type {
  BodyKind,
  PredicateRecord,
  Revocation,
  Role,
  SourceClass,
} from "../../src/model/entry.js";
import { sourceClasses } from "../../src/model/entry.js";

const hexes = new WeakMap<Uint8Array, string>();

export function hex(bytes: Uint8Array): string {
  const known = hexes.get(bytes) ?? Buffer.from(bytes).toString("hex");
  hexes.set(bytes, known);
  return known;
}

/** Canonical order: recorded time, log id, index. */
export function byPlace(left: Place, right: Place): number {
  if (left.recorded !== right.recorded) return left.recorded < right.recorded ? -1 : 1;
  return Buffer.compare(left.logId, right.logId) || left.index - right.index;
}

/** Whole segments: the path itself, or below it. */
export const liesBelow = (path: string, prefix: string): boolean =>
  path === prefix || path.startsWith(`${prefix}/`);

/** What a right has to cover: these paths, or, with none, something that has no path. */
type Paths = readonly string[];

type RecordOf<Kind extends BodyKind> = WorldRecord & { readonly body: { readonly kind: Kind } };

interface Administration {
  readonly grants: readonly RecordOf<"grant">[];
  readonly revocations: readonly RecordOf<"revocation">[];
}

export class NaiveWorld {
  private known: Administration | undefined;
  /** Within the cut, in canonical order. */
  private readonly records: readonly WorldRecord[];
  private readonly root: WorldRoot;

  constructor(root: WorldRoot, records: readonly WorldRecord[], cut: Cut) {
    this.root = root;
    this.records = records.filter((record) => cut.includes(record)).sort(byPlace);
  }

  private of<Kind extends BodyKind>(kind: Kind): RecordOf<Kind>[] {
    return this.records.filter((record): record is RecordOf<Kind> => record.body.kind === kind);
  }

  /** Grants and revocations that have an effect: made by who was an administrator at that point. */
  private administration(): Administration {
    this.known ??= this.foldAdministration();
    return this.known;
  }

  private foldAdministration(): Administration {
    const grants: RecordOf<"grant">[] = [];
    const revocations: RecordOf<"revocation">[] = [];
    // An administrator of a prefix gives rights within it, and no more.
    const isAdministrator = (key: Uint8Array, recorded: bigint, within?: string): boolean => {
      const isGranted =
        hex(key) === hex(this.root.firstAdministrator) ||
        grants.some(({ body: { role, prefix, key: granted } }) => {
          if (role !== "administrator" || hex(granted) !== hex(key)) return false;
          return prefix === undefined || (within !== undefined && liesBelow(within, prefix));
        });
      return (
        isGranted &&
        !revocations.some(({ body }) => hex(body.key) === hex(key) && body.since <= recorded)
      );
    };
    for (const record of this.records) {
      const { body } = record;
      if (body.kind !== "grant" && body.kind !== "revocation") continue;
      if (hex(body.clusterId) !== hex(this.root.clusterId)) continue;
      const within = body.kind === "grant" ? body.prefix : undefined;
      if (!isAdministrator(record.author, record.recorded, within)) continue;
      if (body.kind === "grant") grants.push(record as RecordOf<"grant">);
      else revocations.push(record as RecordOf<"revocation">);
    }
    return { grants, revocations };
  }

  /** The revocation that takes the key's entries of that time out. */
  revocation(key: Uint8Array, recorded: bigint): (Said & { body: Revocation }) | undefined {
    return this.administration().revocations.find(
      ({ body }) => hex(body.key) === hex(key) && body.since <= recorded,
    );
  }

  isRevoked(key: Uint8Array, recorded: bigint): boolean {
    return this.revocation(key, recorded) !== undefined;
  }

  /** Grants to the key that cover all of the paths. */
  private grantsOver(key: Uint8Array, paths: Paths) {
    return this.administration()
      .grants.map(({ body }) => body)
      .filter((grant) => hex(grant.key) === hex(key))
      .filter(({ prefix }) => {
        if (prefix === undefined) return true;
        return paths.length > 0 && paths.every((path) => liesBelow(path, prefix));
      });
  }

  hasRole(role: Role, said: Pick<Said, "author" | "recorded">, paths: Paths): boolean {
    if (this.isRevoked(said.author, said.recorded)) return false;
    return this.isGranted(role, said.author, paths);
  }

  /** Of the whole cluster, by rights that stand anywhere. */
  isAdministrator(key: Uint8Array, recorded: bigint): boolean {
    if (this.isRevoked(key, recorded)) return false;
    return (
      hex(key) === hex(this.root.firstAdministrator) || this.isGranted("administrator", key, [])
    );
  }

  isGranted(role: Role, key: Uint8Array, paths: Paths): boolean {
    return this.grantsOver(key, paths).some((grant) => grant.role === role);
  }

  /** `on_behalf_of` counts only from gateways. */
  voice(said: Said, paths: Paths): string {
    const isOnBehalf = said.onBehalfOf !== undefined && this.hasRole("gateway", said, paths);
    return isOnBehalf ? `behalf:${said.onBehalfOf}` : `author:${hex(said.author)}`;
  }

  /** The lower of the claimed class and the author's ceiling. */
  effectiveClass(author: Uint8Array, path: string, claimed: SourceClass): SourceClass {
    const tier = (name: SourceClass): number => sourceClasses.indexOf(name);
    let ceiling: SourceClass | undefined;
    for (const { classCeiling } of this.grantsOver(author, [path])) {
      if (classCeiling === undefined) continue;
      if (ceiling === undefined || tier(classCeiling) < tier(ceiling)) ceiling = classCeiling;
    }
    ceiling ??= "community";
    return tier(claimed) > tier(ceiling) ? claimed : ceiling;
  }

  /** Where a path leads: at most eight steps. */
  canonicalPath(path: string): string {
    const seen = [path];
    for (let hop = 0; hop < 8; hop++) {
      const next = this.aliasOf(seen[seen.length - 1] as string);
      if (next === undefined) break;
      const start = seen.indexOf(next);
      if (start >= 0) {
        const cycle = seen.slice(start);
        return cycle.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))[0] as string;
      }
      seen.push(next);
    }
    return seen[seen.length - 1] as string;
  }

  private aliasOf(path: string): string | undefined {
    return this.of("alias")
      .filter((record) =>
        this.hasRole("curator", record, [record.body.path, record.body.canonical]),
      )
      .findLast((record) => record.body.path === path)?.body.canonical;
  }

  /** All paths that lead there, and the path itself. */
  pathsOf(canonical: string): string[] {
    const known = this.of("alias").flatMap(({ body }) => [body.path, body.canonical]);
    const leading = known.filter((path) => this.canonicalPath(path) === canonical);
    return [...new Set([canonical, ...leading])];
  }

  /** How the predicate is read: the longest prefix, then the latest. */
  predicateRecord(canonical: string, predicate: string): PredicateRecord | undefined {
    let best: PredicateRecord | undefined;
    for (const record of this.of("predicate_record")) {
      const { prefix } = record.body;
      if (record.body.predicate !== predicate) continue;
      if (prefix !== undefined && !liesBelow(canonical, prefix)) continue;
      if (!this.hasRole("curator", record, prefix === undefined ? [] : [prefix])) continue;
      const length = prefix === undefined ? -1 : prefix.length;
      const bestLength = best?.prefix === undefined ? -1 : best.prefix.length;
      if (best === undefined || length >= bestLength) best = record.body;
    }
    return best;
  }

  isEpochSuperseded(epoch: string): boolean {
    return this.of("epoch").some(
      (record) => record.body.supersedes === epoch && this.hasRole("curator", record, []),
    );
  }

  isSourceRetracted(sourceId: string): boolean {
    const registered = this.of("source_record").find(({ body }) => body.id === sourceId);
    return this.of("source_retraction").some((record) => {
      if (record.body.sourceId !== sourceId) return false;
      if (this.isRevoked(record.author, record.recorded)) return false;
      if (this.hasRole("curator", record, [])) return true;
      return registered !== undefined && this.voice(record, []) === this.voice(registered, []);
    });
  }
}
