/** What a generation counts, in one row: read when a transaction begins, put when it ends. */
import type { WorldRoot } from "../lens/history.js";
import type { LmdbReader, LmdbWriter } from "../lmdb/lmdb-transaction.js";
import { RowReader, RowWriter } from "./row-bytes.js";

export interface Counters {
  /** The number that the next new question gets. */
  nextQuestion: number;
  nextWord: number;
  /** Questions with a claim. */
  questionCount: number;
  assertionCount: number;
  skippedCount: number;
  /** Entries that were met without their bytes. */
  holeCount: number;
  /** Changes with what changes how every claim is read. */
  worldStamp: number;
  /** Changes with trust outcomes. */
  trustStamp: number;
  /** Every question that is not in `stale` was folded under these stamps or after them. */
  sweptWorldStamp: number;
  sweptTrustStamp: number;
  /** Where the sweep stands, for the stamps it goes towards; empty: nowhere. */
  sweepKey: Uint8Array;
  sweepWorldStamp: number;
  sweepTrustStamp: number;
  /** Of the newest block: the moment that materialised answers are evaluated at. */
  newestMs: number;
  root: WorldRoot | undefined;
}

const countersKey = new Uint8Array(Buffer.from("counters"));
const writer = new RowWriter(256);
const nothing = new Uint8Array(0);

/** Of no key and no cluster. */
export const nobody: WorldRoot = {
  clusterId: new Uint8Array(16),
  firstAdministrator: new Uint8Array(32),
};

export function readCounters(transaction: LmdbReader): Counters {
  const row = transaction.get("meta", countersKey);
  const reader = new RowReader(row ?? new Uint8Array(32));
  const counters = {
    nextQuestion: reader.varint(),
    nextWord: reader.varint(),
    questionCount: reader.varint(),
    assertionCount: reader.varint(),
    skippedCount: reader.varint(),
    holeCount: reader.varint(),
    worldStamp: reader.varint(),
    trustStamp: reader.varint(),
    sweptWorldStamp: reader.varint(),
    sweptTrustStamp: reader.varint(),
    sweepKey: new Uint8Array(reader.sized()),
    sweepWorldStamp: reader.varint(),
    sweepTrustStamp: reader.varint(),
    newestMs: reader.varint(),
  };
  const clusterId = new Uint8Array(reader.sized());
  const firstAdministrator = new Uint8Array(reader.sized());
  const root = clusterId.length === 0 ? undefined : { clusterId, firstAdministrator };
  return { ...counters, root };
}

export function writeCounters(transaction: LmdbWriter, counters: Counters): void {
  writer.clear();
  writer.varint(counters.nextQuestion);
  writer.varint(counters.nextWord);
  writer.varint(counters.questionCount);
  writer.varint(counters.assertionCount);
  writer.varint(counters.skippedCount);
  writer.varint(counters.holeCount);
  writer.varint(counters.worldStamp);
  writer.varint(counters.trustStamp);
  writer.varint(counters.sweptWorldStamp);
  writer.varint(counters.sweptTrustStamp);
  writer.sized(counters.sweepKey);
  writer.varint(counters.sweepWorldStamp);
  writer.varint(counters.sweepTrustStamp);
  writer.varint(counters.newestMs);
  writer.sized(counters.root?.clusterId ?? nothing);
  writer.sized(counters.root?.firstAdministrator ?? nothing);
  transaction.put("meta", countersKey, writer.copy());
}
