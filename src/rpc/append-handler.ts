/**
 * Serves one Append call.
 *
 *     data ─▶ AppendCall ─▶ outcomes, in any order ─▶ replies, in the order of the requests
 *
 * Back-pressure goes both ways by HTTP/2's windows: we stop reading where a request waits for
 * memory, where too many are unanswered, or where the client does not take its replies.
 *
 * What was taken goes on into the log whatever becomes of the call; only its replies are for nobody
 * then, and the same sequence, sent again, tells what became of it.
 */
import type { ServerDuplexStream } from "@grpc/grpc-js";
import type { AppendCall } from "../ingest/append-call.js";
import type { Ingest } from "../ingest/ingest.js";
import type { RequestOutcome } from "../ingest/outcome.js";
import type { Fault } from "../model/fault.js";
import { encodeReply } from "./append-reply.js";
import type { CallRegistry } from "./call-registry.js";
import { FrameWriter } from "./frame-writer.js";
import { requireFault, toServiceError } from "./status.js";

export type AppendStream = ServerDuplexStream<Buffer, Uint8Array>;

export interface AppendParts {
  readonly ingest: Ingest;
  readonly logId: Buffer;
  readonly calls: CallRegistry;
}

/** Requests of one call that may be unanswered before we stop reading. */
const requestsUnansweredMax = 1_024;
/** Replies that a client has not taken before we stop reading its requests. */
const repliesBytesMax = 256 * 1024;

interface PendingReply {
  outcome: RequestOutcome | undefined;
}

export function handleAppend(call: AppendStream, parts: AppendParts): void {
  const served = new ServedAppend(call, parts);
  call.on("data", (message: Buffer) => served.take(message));
  call.on("end", () => served.endRequests());
  call.on("cancelled", () => served.leave());
  call.on("error", () => {});
  if (call.cancelled) served.leave();
}

class ServedAppend {
  readonly #call: AppendStream;
  readonly #logId: Buffer;
  readonly #append: AppendCall;
  readonly #writer: FrameWriter;
  readonly #unregister: () => void;
  readonly #replies: PendingReply[] = [];
  #hasEnded = false;
  #isBlocked = false;

  constructor(call: AppendStream, parts: AppendParts) {
    this.#call = call;
    this.#logId = parts.logId;
    this.#append = parts.ingest.openCall();
    this.#writer = new FrameWriter(call, repliesBytesMax);
    this.#unregister = parts.calls.enter("append", {
      stop: (fault) => this.#fail(fault),
    });
  }

  take(message: Buffer): void {
    if (this.#writer.isClosed) return;
    const reply: PendingReply = { outcome: undefined };
    this.#replies.push(reply);
    this.#append.append(message).then(
      (outcome) => {
        reply.outcome = outcome;
        this.#send();
      },
      (error: unknown) => this.#fail(requireFault(error)),
    );
    this.#balance();
  }

  endRequests(): void {
    this.#hasEnded = true;
    this.#finishIfDone();
  }

  /** Returns whether this was the first end of the call. */
  leave(): boolean {
    if (this.#writer.isClosed) return false;
    this.#writer.close();
    this.#unregister();
    return true;
  }

  /** Replies that were written still reach the client, before the status. */
  #fail(fault: Fault): void {
    if (this.leave()) this.#call.emit("error", toServiceError(fault));
  }

  #finishIfDone(): void {
    if (this.#hasEnded && this.#replies.length === 0 && this.leave()) this.#call.end();
  }

  #send(): void {
    while (this.#replies[0]?.outcome !== undefined) {
      const reply = this.#replies.shift();
      if (reply?.outcome === undefined || this.#writer.isClosed) continue;
      const room = this.#writer.write(encodeReply(this.#logId, reply.outcome));
      if (room !== undefined && !this.#isBlocked) this.#waitFor(room);
    }
    this.#finishIfDone();
    this.#balance();
  }

  #waitFor(room: Promise<void>): void {
    this.#isBlocked = true;
    void room.then(() => {
      this.#isBlocked = false;
      this.#balance();
    });
  }

  #balance(): void {
    if (this.#writer.isClosed) return;
    const isFull = this.#append.backlogCount > 0 || this.#replies.length >= requestsUnansweredMax;
    if (isFull || this.#isBlocked) this.#call.pause();
    else if (this.#call.isPaused()) this.#call.resume();
  }
}
