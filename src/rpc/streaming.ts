/** What the server-streaming calls share: opening, failing, stopping, ending. */
import type { ServerWritableStream } from "@grpc/grpc-js";
import type { Fault } from "../model/fault.js";
import type { CallKind, CallRegistry } from "./call-registry.js";
import { FrameWriter } from "./frame-writer.js";
import { requireFault, toServiceError } from "./status.js";

export interface Reader {
  readonly calls: CallRegistry;
  readonly kind: CallKind;
  /** Memory for what the reader has not yet taken. */
  readonly bufferBytesMax: number;
}

/** Whether the call may not begin; it has been told why then. */
export function isRefused(
  call: { emit(event: "error", error: Error): boolean },
  calls: CallRegistry,
): boolean {
  const fault = calls.refusal();
  if (fault !== undefined) call.emit("error", toServiceError(fault));
  return fault !== undefined;
}

/** Writes the messages that `produce` makes, one by one, until it ends, fails, or is cancelled. */
export async function streamMessages<Request>(
  call: ServerWritableStream<Request, Uint8Array>,
  reader: Reader,
  produce: (request: Request, signal: AbortSignal) => AsyncIterable<Uint8Array>,
): Promise<void> {
  const abort = new AbortController();
  const writer = new FrameWriter(call, reader.bufferBytesMax);
  let fault: Fault | undefined;
  const end = () => {
    writer.close();
    abort.abort();
  };
  const leave = reader.calls.enter(reader.kind, {
    stop: (reason) => {
      fault = reason;
      end();
    },
  });
  call.on("cancelled", end);
  call.on("error", () => {});
  if (call.cancelled) end();
  try {
    if (writer.isClosed) return;
    for await (const message of produce(call.request, abort.signal)) {
      if (writer.isClosed) break;
      const waiting = writer.write(message);
      if (waiting !== undefined) await waiting;
    }
  } catch (error) {
    fault = requireFault(error);
  } finally {
    leave();
  }
  if (call.cancelled) return;
  if (fault === undefined) call.end();
  else call.emit("error", toServiceError(fault));
}
