/**
 * Serves one Append call.
 *
 *     data ─▶ AppendCall ─▶ outcomes, in any order ─▶ replies, in the order of the requests
 *
 * Back-pressure goes both ways by HTTP/2's windows: we stop reading where a request waits for
 * memory, where too many are unanswered, or where the client does not take its replies.
 */
import type { ServerDuplexStream } from "@grpc/grpc-js";
import type { Ingest } from "../ingest/ingest.js";
import type { RequestOutcome } from "../ingest/outcome.js";
import { Fault } from "../model/fault.js";
import { encodeReply } from "./append-reply.js";
import type { CallRegistry } from "./call-registry.js";
import { toServiceError } from "./status.js";

export type AppendStream = ServerDuplexStream<Buffer, Uint8Array>;

/** Requests of one call that may be unanswered before we stop reading. */
const requestsUnansweredMax = 1_024;

interface PendingReply {
  outcome: RequestOutcome | undefined;
}

export function handleAppend(
  call: AppendStream,
  parts: { readonly ingest: Ingest; readonly logId: Buffer; readonly calls: CallRegistry },
): void {
  const append = parts.ingest.openCall();
  const replies: PendingReply[] = [];
  let isEnded = false;
  let isClosed = false;
  let isBlocked = false;

  const finish = () => {
    if (isClosed) return;
    isClosed = true;
    leave();
    call.end();
  };
  const leave = parts.calls.enter("append", {
    stop: () => {
      if (isClosed) return;
      isClosed = true;
      leave();
      const fault = new Fault("SHUTTING_DOWN", "the node is stopping; connect again");
      call.emit("error", toServiceError(fault));
    },
  });

  const balance = () => {
    const isFull = append.backlogCount > 0 || replies.length >= requestsUnansweredMax;
    if (isFull || isBlocked) call.pause();
    else if (call.isPaused()) call.resume();
  };

  const send = () => {
    while (replies[0]?.outcome !== undefined) {
      const reply = replies.shift();
      if (reply?.outcome === undefined || isClosed) continue;
      if (!call.write(encodeReply(parts.logId, reply.outcome))) isBlocked = true;
    }
    if (isEnded && replies.length === 0) finish();
    else balance();
  };

  call.on("data", (message: Buffer) => {
    const reply: PendingReply = { outcome: undefined };
    replies.push(reply);
    void append.append(message).then((outcome) => {
      reply.outcome = outcome;
      send();
    });
    balance();
  });
  call.on("drain", () => {
    isBlocked = false;
    balance();
  });
  call.on("end", () => {
    isEnded = true;
    if (replies.length === 0) finish();
  });
  // What was taken goes on into the log; only its replies are for nobody.
  call.on("cancelled", () => {
    if (isClosed) return;
    isClosed = true;
    leave();
  });
  call.on("error", () => {});
}
