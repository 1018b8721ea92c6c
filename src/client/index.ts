/** `stemedb/client`: append, subscribe, read. docs/reference/client.md tells it with examples. */

export type * from "../model/answer.js";
export type * from "../model/entry.js";
export { Fault, type FaultCode, isFault } from "../model/fault.js";
export { fromHex, toHex } from "../model/hex.js";
export { type HybridTime, millisecondsOf } from "../model/hybrid-time.js";
export type { EntryId, Index, LogId, Position } from "../model/position.js";
export { toIndex } from "../model/position.js";
export type * from "../model/query.js";
export { type AppendResult, appendMany, type EntrySource } from "./append-many.js";
export { encodeAppendRequest, type Level } from "./append-request.js";
export {
  type AssertionInput,
  assertionOf,
  type SourceInput,
  typedValue,
  type ValueInput,
} from "./assertion-input.js";
export { connect, StemeClient } from "./client.js";
export type { ClientOptions, ConnectOptions } from "./client-options.js";
export type { CallLimits } from "./connection.js";
export { EntriesFrame } from "./entries-frame.js";
export { type EntryDraft, type EntryInput, encodeInput } from "./entry-input.js";
export { EntryRecord, type Hole } from "./entry-record.js";
export type { AtomicReceipt } from "./group.js";
export type { Health } from "./health.js";
export { KeyPair } from "./key-pair.js";
export type { NodeStatus } from "./node-status.js";
export { toObservable } from "./observable.js";
export {
  type AppendReply,
  type BatchOutcome,
  type BatchReceipt,
  BatchRefused,
  type EntryReceipt,
  type EntryRefusal,
} from "./outcome.js";
export type { PresignedCall } from "./presigned.js";
export type { Reading, ReadOptions } from "./reading.js";
export { type SealedBatch, sealBatch } from "./sealed-batch.js";
export type { FilterInput, StartInput } from "./start-and-filter.js";
export type { BatchRecord, GetBy, StoredEntry } from "./stored-entry.js";
export type { Subscription, SubscriptionOptions } from "./subscription.js";
export type { SubscriptionEvent } from "./subscription-event.js";
export type { Writer } from "./writer.js";
export type { WriterInput, WriterOptions } from "./writer-options.js";
