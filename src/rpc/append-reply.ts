/** The append path's outcomes, as bytes of an AppendResponse. */
import type { Refusal } from "../ingest/admitted.js";
import type { BatchOutcome, Receipt, RequestOutcome } from "../ingest/outcome.js";
import { unreachable } from "../invariant/assert.js";
import {
  AppendResponse,
  Level,
  type BatchOutcome as WireOutcome,
  type Receipt as WireReceipt,
  type Refusal as WireRefusal,
} from "../wire/steme/v1/log_service.js";

const toWireRefusal = (refusal: Refusal): WireRefusal => ({
  code: refusal.code,
  message: refusal.message,
  reason: refusal.reason,
  entries: refusal.entries.map(({ index, code, field, limit, value }) => ({
    index,
    code,
    reason: { field, limit, value },
  })),
  entriesRefused: refusal.entriesRefused,
});

function toWireOutcome(logId: Buffer, outcome: BatchOutcome): WireOutcome {
  const receiptOf = (receipt: Receipt): WireReceipt => ({
    logId,
    firstIndex: BigInt(receipt.firstIndex),
    count: receipt.count,
    hybridTime: receipt.hybridTime,
    level: Level.DURABLE,
  });
  switch (outcome.kind) {
    case "appended":
      return { outcome: { $case: "appended", value: receiptOf(outcome.receipt) } };
    case "exists":
      return { outcome: { $case: "exists", value: receiptOf(outcome.receipt) } };
    case "refused":
      return { outcome: { $case: "refused", value: toWireRefusal(outcome.refusal) } };
    case "unknown":
      return { outcome: { $case: "unknown", value: toWireRefusal(outcome.refusal) } };
    default:
      return unreachable(outcome);
  }
}

export function encodeReply(logId: Buffer, request: RequestOutcome): Uint8Array {
  const outcomes = request.outcomes.map((outcome) => toWireOutcome(logId, outcome));
  const reply = { number: request.number, outcomes };
  return AppendResponse.encode({ frame: { $case: "reply", value: reply } }).finish();
}
