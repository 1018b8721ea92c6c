/**
 * Questions: claims and the acts upon them, by question.
 *
 *     assertion ─▶ its question            known already? the earlier place counts
 *     act       ─▶ its target's question   target not known yet? pending, until it comes
 *     redaction ─▶ the claim is erased, if by its author or an administrator; for good
 *     outcome   ─▶ under the voices of its target
 *     the rest of what lenses read ─▶ world-rows.ts
 *
 * An id counts once, at its first occurrence in canonical order, in whatever order the logs of
 * several nodes are applied. A question's acts stand with its claims, so that it is read at once.
 */

import { clusterIdOf } from "../crypto/cluster-id.js";
import { readEntry } from "../entry/decoder.js";
import { assert } from "../invariant/assert.js";
import { bodyKinds } from "../model/entry.js";
import { bytesEqual } from "../model/hex.js";
import { ClaimWriter } from "./claim-writer.js";
import { EntryFacts } from "./entry-facts.js";
import type { CommittedEntries, ViewProjection, ViewTransaction } from "./view-types.js";
import { type ClaimEffect, ViewWriting } from "./view-writing.js";

const facts = new EntryFacts();

export class QuestionsProjection implements ViewProjection {
  readonly name = "questions";

  apply(transaction: ViewTransaction, blocks: readonly CommittedEntries[]): void {
    assert(transaction instanceof ViewWriting, "a projection writes into its store's transaction");
    for (const block of unapplied(transaction, this.name, blocks)) {
      applyBlock(transaction, block);
      advance(transaction, this.name, block);
    }
  }
}

/** The blocks behind a projection's frontier. */
export function* unapplied(
  writing: ViewWriting,
  name: ViewProjection["name"],
  blocks: readonly CommittedEntries[],
): Generator<CommittedEntries> {
  for (const block of blocks) {
    const size = writing.applied(name, block.logId)?.size ?? 0;
    if (block.firstIndex + block.count <= size) continue;
    assert(block.firstIndex === size, "blocks are applied whole and without gaps");
    yield block;
  }
}

export function advance(
  writing: ViewWriting,
  name: ViewProjection["name"],
  block: CommittedEntries,
): void {
  const { logId, firstIndex, count, rootPrefix, recorded } = block;
  writing.setApplied(name, logId, { size: firstIndex + count, rootPrefix, recorded });
}

function applyBlock(writing: ViewWriting, block: CommittedEntries): void {
  const { counters } = writing;
  const effects: ClaimEffect[] = [];
  const claims = new ClaimWriter(writing, effects);
  const log = writing.words.number(block.logId);
  counters.newestMs = Math.max(counters.newestMs, Number(block.recorded >> 16n));
  for (let i = 0; i < block.count; i++) {
    const entry = block.entry(i);
    const id = block.id(i);
    const place = { recorded: block.recorded, log, index: block.firstIndex + i };
    if (entry === undefined) {
      claims.hole(id, block.batchAuthor(i));
      continue;
    }
    if (!facts.read(entry, block.batchAuthor(i))) {
      counters.skippedCount += 1;
      continue;
    }
    applyEntry(writing, claims, entry, id, place, block);
  }
  writing.effects.set(block, effects);
}

function applyEntry(
  writing: ViewWriting,
  claims: ClaimWriter,
  entry: Uint8Array,
  id: Uint8Array,
  place: { readonly recorded: bigint; readonly log: number; readonly index: number },
  block: CommittedEntries,
): void {
  const at = { recorded: place.recorded, logId: block.logId, index: place.index };
  switch (facts.kind) {
    case bodyKinds.assertion:
      claims.assertion(entry, facts, id, place);
      return;
    case bodyKinds.retraction:
    case bodyKinds.supersession:
    case bodyKinds.vote:
    case bodyKinds.endorsement:
    case bodyKinds.trust_outcome:
    case bodyKinds.redaction:
      claims.act(entry, facts, id, place);
      return;
    case bodyKinds.source_record:
      writing.worldRows.addSourceRecord(entry, id, at);
      return;
    case bodyKinds.source_retraction:
    case bodyKinds.predicate_record:
    case bodyKinds.alias:
    case bodyKinds.epoch:
      writing.worldRows.add(entry, id, at);
      return;
    case bodyKinds.grant:
    case bodyKinds.revocation:
    case bodyKinds.setting:
      writing.worldRows.add(entry, id, at);
      claims.rightsChanged();
      return;
    case bodyKinds.log_genesis:
      readGenesis(writing, entry, place.index);
      claims.rightsChanged();
      return;
    default:
  }
}

/** The genesis that founded a cluster says whose word is the first: its cluster id proves it. */
function readGenesis(writing: ViewWriting, entry: Uint8Array, index: number): void {
  const { body } = readEntry(entry);
  if (writing.counters.root !== undefined || index !== 0 || body.kind !== "log_genesis") return;
  const { firstAdministrator, clusterId, nonce } = body;
  if (firstAdministrator === undefined) return;
  if (!bytesEqual(clusterIdOf(firstAdministrator, nonce), clusterId)) return;
  writing.counters.root = { clusterId, firstAdministrator };
  writing.worldRows.rootChanged();
}
