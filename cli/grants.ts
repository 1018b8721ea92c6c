/**
 * What the log says of rights, and whether it counts: grants and revocations in their order, judged
 * by the rule that answers are judged by (src/lens/rights.ts).
 */
import type { StemeClient } from "../src/client/index.js";
import type { WorldRecord } from "../src/lens/history.js";
import { Rights } from "../src/lens/rights.js";
import { authorVoice } from "../src/lens/voices.js";
import type { Grant, Revocation } from "../src/model/entry.js";
import { bytesEqual, toHex } from "../src/model/hex.js";
import { millisecondsOf, toHybridTime } from "../src/model/hybrid-time.js";
import { visible } from "./output.js";

/** A grant or a revocation, as it stands in the log. */
export interface SaidRight {
  readonly record: WorldRecord;
  readonly body: Grant | Revocation;
}

export interface JudgedRight extends SaidRight {
  /** Its author might say it. */
  readonly isEffective: boolean;
  /** Of a grant: its key is revoked, from this hybrid time on. */
  readonly revokedSince?: bigint;
}

export interface RightsRoot {
  readonly clusterId: Uint8Array;
  readonly firstAdministrator: Uint8Array;
}

/** All that the log says of rights up to its present end. */
export async function saidRights(client: StemeClient, signal: AbortSignal): Promise<SaidRight[]> {
  const said: SaidRight[] = [];
  const filter = { kinds: ["grant", "revocation"] as const };
  const subscription = client.subscribe({ start: "start", filter, untilEnd: true, signal });
  for await (const event of subscription) {
    if (event.kind !== "entries") continue;
    for (let place = 0; place < event.count; place++) {
      const record = event.record(place);
      const { id, logId, index, hybridTime: recorded } = record;
      // One that was said before counts there.
      const entry = record.first === undefined ? record.decode() : undefined;
      const body = entry?.body;
      if (entry === undefined || (body?.kind !== "grant" && body?.kind !== "revocation")) continue;
      said.push({ body, record: { logId, index, recorded, id, author: entry.author, body } });
    }
  }
  return said;
}

export function judgeRights(root: RightsRoot, said: readonly SaidRight[]): JudgedRight[] {
  const records = said.map(({ record }) => record);
  const all = Rights.fold(root, records);
  const revoked = new Map<string, bigint>();
  const judged = said.map((one, place): JudgedRight => {
    const { body, record } = one;
    const before = Rights.fold(root, records.slice(0, place));
    const scope = body.kind === "grant" && body.prefix !== undefined ? [body.prefix] : [];
    const isEffective =
      bytesEqual(body.clusterId, root.clusterId) &&
      before.isAdministrator(authorVoice(record.author), record.recorded, ...scope);
    const key = toHex(body.key);
    const known = revoked.get(key);
    if (isEffective && body.kind === "revocation" && (known === undefined || body.since < known)) {
      revoked.set(key, body.since);
    }
    return { ...one, isEffective };
  });
  const end = 2n ** 64n - 1n;
  return judged.map((one) => {
    if (one.body.kind === "revocation") return one;
    const revokedSince = revoked.get(toHex(one.body.key));
    if (
      revokedSince === undefined ||
      all.revocationOf(authorVoice(one.body.key), end) === undefined
    )
      return one;
    return { ...one, revokedSince };
  });
}

const at = (hybridTime: bigint): string =>
  new Date(millisecondsOf(toHybridTime(hybridTime))).toISOString();

const rightOf = (body: Grant): string =>
  body.role ?? `claims up to ${body.classCeiling ?? "community"}`;

export const rightJson = (one: JudgedRight): Record<string, unknown> => {
  const { body, record, isEffective, revokedSince } = one;
  const place = {
    id: toHex(record.id),
    log_id: toHex(record.logId),
    index: record.index,
    recorded_at: at(record.recorded),
    author: toHex(record.author),
    effective: isEffective,
    kind: body.kind,
    key: toHex(body.key),
  };
  if (body.kind === "revocation") {
    return { ...place, since: at(body.since), reason: body.reason ?? null };
  }
  return {
    ...place,
    role: body.role ?? null,
    class_ceiling: body.classCeiling ?? null,
    prefix: body.prefix ?? null,
    note: body.note ?? null,
    revoked_since: revokedSince === undefined ? null : at(revokedSince),
  };
};

export function rightText({ body, record, isEffective, revokedSince }: JudgedRight): string {
  const what =
    body.kind === "grant"
      ? `${rightOf(body)}${body.prefix === undefined ? "" : ` below ${visible(body.prefix)}`}`
      : `revoked since ${at(body.since)}`;
  const why = body.kind === "grant" ? body.note : body.reason;
  const state = isEffective
    ? revokedSince === undefined
      ? ""
      : `  (the key is revoked since ${at(revokedSince)})`
    : `  (without effect: ${toHex(record.author).slice(0, 16)}… was no administrator of this)`;
  const told = why === undefined ? "" : `  ${visible(why)}`;
  return `${toHex(body.key)}  ${what}${told}${state}`;
}
