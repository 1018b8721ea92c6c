/**
 * Who may what: administrative entries, folded in canonical order.
 *
 *     first administrator ─ grants ─▶ administrators ─ grant ─▶ curators, gateways, class ceilings
 *                                                    └ revoke ▶ any key, from a recorded time on
 *
 * - An administrative entry counts if its author is an administrator by what stands before it, and
 *   is not revoked by what stands before it.
 * - All other rights count wherever their grant stands: a claim is read by what is known now, not
 *   by what was known when it was made.
 * - Nothing undoes a revocation: the key is ineffective from `since` on, and a new key is the way
 *   back.
 * - A right with a prefix holds for that path and below. An administrator of a prefix grants rights
 *   within it, and no more: revocations and grants without a prefix need the whole.
 *
 * A key is asked for by the voice it has of its own (voices.ts): the one string made of it.
 */
import type { Grant, Revocation } from "../model/entry.js";
import { bytesEqual } from "../model/hex.js";
import type { EntryId } from "../model/position.js";
import type { WorldRecord, WorldRoot } from "./history.js";
import { covers } from "./keys.js";
import { tierOf, tierUngranted } from "./tiers.js";
import { authorVoice } from "./voices.js";

type Prefixes = Map<string, (string | undefined)[]>;

interface Ceiling {
  readonly prefix: string | undefined;
  readonly tier: number;
}

interface KeyRevocation {
  readonly since: bigint;
  readonly id: EntryId;
}

export class Rights {
  readonly #clusterId: Uint8Array;
  readonly #administrators: Prefixes = new Map();
  readonly #curators: Prefixes = new Map();
  readonly #gateways: Prefixes = new Map();
  readonly #ceilings = new Map<string, Ceiling[]>();
  readonly #revocations = new Map<string, KeyRevocation[]>();

  private constructor(root: WorldRoot) {
    this.#clusterId = root.clusterId;
    this.#administrators.set(authorVoice(root.firstAdministrator), [undefined]);
  }

  /** `records` in canonical order; those that are not administrative are passed over. */
  static fold(root: WorldRoot, records: readonly WorldRecord[]): Rights {
    const rights = new Rights(root);
    for (const record of records) rights.#apply(record);
    return rights;
  }

  /** The entry that made a key ineffective at a recorded time. */
  revocationOf(key: string, recorded: bigint): EntryId | undefined {
    if (this.#revocations.size === 0) return undefined;
    return this.#revocations.get(key)?.find(({ since }) => since <= recorded)?.id;
  }

  /** Of the whole cluster, or of what lies at a path and below. */
  isAdministrator(key: string, recorded: bigint, ...paths: readonly string[]): boolean {
    return this.#holds(this.#administrators, key, paths) && !this.revocationOf(key, recorded);
  }

  /** Without a path: for what concerns every path. */
  isCurator(key: string, recorded: bigint, ...paths: readonly string[]): boolean {
    return this.#holds(this.#curators, key, paths) && !this.revocationOf(key, recorded);
  }

  /** May speak on behalf of others about this path; without one, about what is global. */
  isGateway(key: string, recorded: bigint | undefined, path: string | undefined): boolean {
    const paths = path === undefined ? [] : [path];
    if (!this.#holds(this.#gateways, key, paths)) return false;
    return recorded === undefined || !this.revocationOf(key, recorded);
  }

  /** The best tier that claims of a key about a path may have. */
  ceilingOf(key: string, path: string): number {
    let best: number | undefined;
    for (const { prefix, tier } of this.#ceilings.get(key) ?? []) {
      if (covers(prefix, path) && (best === undefined || tier < best)) best = tier;
    }
    return best ?? tierUngranted;
  }

  /** One grant covers all the paths; no path at all takes a grant without a prefix. */
  #holds(granted: Prefixes, key: string, paths: readonly string[]): boolean {
    const prefixes = granted.get(key);
    if (prefixes === undefined) return false;
    return prefixes.some((prefix) =>
      paths.length === 0 ? prefix === undefined : paths.every((path) => covers(prefix, path)),
    );
  }

  #apply(record: WorldRecord): void {
    const { body } = record;
    if (body.kind !== "grant" && body.kind !== "revocation") return;
    if (!bytesEqual(body.clusterId, this.#clusterId)) return;
    const author = authorVoice(record.author);
    const scope = body.kind === "grant" && body.prefix !== undefined ? [body.prefix] : [];
    if (!this.#holds(this.#administrators, author, scope)) return;
    if (this.revocationOf(author, record.recorded)) return;
    if (body.kind === "grant") this.#grant(body);
    else this.#revoke(body, record.id);
  }

  #grant(grant: Grant): void {
    const key = authorVoice(grant.key);
    const { role, classCeiling, prefix } = grant;
    if (classCeiling !== undefined)
      append(this.#ceilings, key, { prefix, tier: tierOf(classCeiling) });
    if (role === "administrator") append(this.#administrators, key, prefix);
    if (role === "curator") append(this.#curators, key, prefix);
    if (role === "gateway") append(this.#gateways, key, prefix);
  }

  #revoke(revocation: Revocation, id: EntryId): void {
    append(this.#revocations, authorVoice(revocation.key), { since: revocation.since, id });
  }
}

function append<Item>(lists: Map<string, Item[]>, key: string, item: Item): void {
  const list = lists.get(key);
  if (list) list.push(item);
  else lists.set(key, [item]);
}
