/**
 * Whether an author may grant and revoke, judged before the log takes a batch that does.
 *
 * What counts is decided by whoever folds the log: an entry about rights by anybody else has no
 * effect (lens/rights.ts). This check spares a log such entries, and tells their author why; it
 * judges by what the views have applied, which is all that the log held when the batch came.
 */
import { decodeEntry } from "../entry/codec.js";
import type { Grant, Revocation } from "../model/entry.js";
import { bytesEqual, toHex } from "../model/hex.js";
import type { AdmittedBatch } from "../wal/admitted-batch.js";
import type { EntryReason, Refusal } from "./admitted.js";

/** Rights as of one moment. */
export interface RightsNow {
  readonly clusterId: Uint8Array;
  /** Of what lies at a path and below; without one, of the whole cluster. */
  isAdministrator(key: Uint8Array, path: string | undefined): boolean;
}

/** Where the append path asks; throws VIEWS_UNAVAILABLE where nothing can be said now. */
export type RightsSource = () => Promise<RightsNow>;

const reasonsMax = 16;
const keyDigitsShown = 16;

/** Why a batch with entries about rights is not appended; `undefined`: it may be. */
export function rightsRefusal(batch: AdmittedBatch, rights: RightsNow): Refusal | undefined {
  const entries: EntryReason[] = [];
  let refused = 0;
  let start = 0;
  for (let index = 0; index < batch.count; index++) {
    const end = start + (batch.lengths[index] ?? 0);
    const { body } = decodeEntry(new Uint8Array(batch.entries.subarray(start, end)));
    start = end;
    if (body.kind !== "grant" && body.kind !== "revocation") continue;
    const reason = reasonFor(batch.author, body, rights);
    if (reason === undefined) continue;
    refused++;
    if (entries.length < reasonsMax) entries.push({ index, ...reason });
  }
  const [first] = entries;
  if (first === undefined) return undefined;
  const message = `${refused} of ${batch.count} entries of the batch are refused; none was stored`;
  return { code: first.code, message, entries, entriesRefused: refused };
}

function reasonFor(
  author: Uint8Array,
  body: Grant | Revocation,
  rights: RightsNow,
): Omit<EntryReason, "index"> | undefined {
  const path = body.kind === "grant" ? body.prefix : undefined;
  if (!rights.isAdministrator(author, path)) {
    const of = path === undefined ? "" : ` of ${path}`;
    const limit = `signed by an administrator${of}; the founding node keeps keys/administrator.key`;
    const number = body.kind === "grant" ? 40 : 41;
    const value = `body ${number} by key ${toHex(author).slice(0, keyDigitsShown)}…`;
    return { code: "BODY_NOT_ALLOWED", field: "body", limit, value };
  }
  if (bytesEqual(body.clusterId, rights.clusterId)) return undefined;
  const field = `${body.kind}.cluster_id`;
  return {
    code: "ENTRY_INVALID",
    field,
    limit: `the id of this cluster, ${toHex(rights.clusterId)}`,
    value: toHex(body.clusterId),
  };
}
