/**
 * The time that a request has: its work is told by a signal when the time is over, or when nobody
 * waits for the answer any more, and the request ends then, whatever the work does.
 *
 * Fastify's own `request.signal` and `handlerTimeout` listen to the end of the *request*, which for
 * one with a body comes before its handler runs.
 */
import type { FastifyReply } from "fastify";
import type { Clock } from "../host/clock.js";
import { Fault } from "../model/fault.js";

export interface RequestTime {
  readonly clock: Clock;
  readonly handlerMs: number;
}

export function within<T>(
  { clock, handlerMs }: RequestTime,
  reply: FastifyReply,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const abort = new AbortController();
  return new Promise<T>((resolve, reject) => {
    const end = (fault: Fault) => {
      abort.abort();
      reject(fault);
    };
    const timer = clock.after(handlerMs, () => {
      const message = "the request took too long; ask for less at a time";
      end(new Fault("DEADLINE_EXCEEDED", message, { limit_ms: handlerMs }));
    });
    const leave = () => end(new Fault("CANCELLED", "the caller is gone"));
    const settle = () => {
      timer.cancel();
      reply.raw.off("close", leave);
    };
    reply.raw.on("close", leave);
    work(abort.signal).then(
      (result) => {
        settle();
        resolve(result);
      },
      (error: unknown) => {
        settle();
        reject(error);
      },
    );
  });
}
