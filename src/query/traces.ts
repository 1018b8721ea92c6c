/**
 * What became of the last queries, by their ids: the request, what it rested on, how long it took.
 *
 * A ring: the oldest goes when there are `tracesMax`, or when requests hold `traceBytesMax` between
 * them (a request may name 1,000 questions). Nothing of an answer is kept: asking again with the
 * same moment gives the same answer.
 */
import type { Basis } from "../model/answer.js";
import type { QueryInput } from "../model/query.js";

/** Most queries that are remembered. */
const tracesMax = 10_000;
/** Most bytes that their requests may hold, by estimate. */
const traceBytesMax = 16 * 1024 * 1024;
/** Objects and numbers of a trace whose request is short. */
const traceOverheadBytes = 400;

export interface QueryTrace {
  /** 16 bytes. */
  readonly queryId: Uint8Array;
  readonly request: QueryInput;
  /** The frontier and the moment among others. */
  readonly basis: Basis;
  readonly isBehind: boolean;
  readonly answerCount: number;
  /** Wall clock: milliseconds since 1970 UTC. */
  readonly askedAtMs: number;
  /** For freshness, in milliseconds. */
  readonly waitedMs: number;
  /** From the question to the answer, waiting included. */
  readonly tookMs: number;
  /** Questions whose answer was kept ready, and questions that were weighed. */
  readonly materialisedCount: number;
  readonly weighedCount: number;
}

export class Traces {
  readonly #byId = new Map<string, { readonly trace: QueryTrace; readonly bytes: number }>();
  #bytes = 0;

  add(trace: QueryTrace): void {
    const bytes = traceOverheadBytes + requestBytes(trace.request);
    this.#byId.set(keyOf(trace.queryId), { trace, bytes });
    this.#bytes += bytes;
    while (this.#byId.size > tracesMax || this.#bytes > traceBytesMax) this.#dropOldest();
  }

  find(queryId: Uint8Array): QueryTrace | undefined {
    return this.#byId.get(keyOf(queryId))?.trace;
  }

  get count(): number {
    return this.#byId.size;
  }

  #dropOldest(): void {
    for (const [key, { bytes }] of this.#byId) {
      this.#byId.delete(key);
      this.#bytes -= bytes;
      return;
    }
  }
}

const keyOf = (id: Uint8Array): string =>
  Buffer.from(id.buffer, id.byteOffset, id.byteLength).toString("latin1");

/** Two bytes for each character that a request's subject and lists hold. */
function requestBytes(request: QueryInput): number {
  const { subject, parameters } = request;
  let characters = 0;
  switch (subject.kind) {
    case "question":
      characters = subject.question.conceptPath.length;
      break;
    case "concept":
      characters = subject.conceptPath.length;
      break;
    case "prefix":
      characters = subject.prefix.length;
      break;
    case "questions":
      for (const one of subject.questions) {
        characters += one.conceptPath.length + one.predicate.length + 40;
      }
  }
  if (parameters !== undefined) {
    for (const list of Object.values(parameters)) {
      if (Array.isArray(list)) for (const item of list) characters += item.length + 16;
    }
  }
  return characters * 2;
}
