/**
 * What became of the last queries, by their ids: the request, what it rested on, how long it took.
 *
 * A ring: the oldest goes when there are `tracesMax`, or when requests hold `traceBytesMax` between
 * them (a request may name 1,000 questions). Nothing of an answer is kept: asking again with the
 * same moment gives the same answer.
 */
import type { Basis } from "../model/answer.js";
import { bytesEqual } from "../model/hex.js";
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

/** Traces in the order of asking. An id is looked for one by one: that is asked for rarely. */
export class Traces {
  readonly #ring: (QueryTrace | undefined)[] = new Array(tracesMax).fill(undefined);
  /** Of all that were added: the slot of the next one, and of the oldest that is kept. */
  #next = 0;
  #oldest = 0;
  #bytes = 0;

  add(trace: QueryTrace): void {
    this.#bytes += bytesOf(trace);
    if (this.#next - this.#oldest === tracesMax) this.#dropOldest();
    this.#ring[this.#next % tracesMax] = trace;
    this.#next++;
    while (this.#bytes > traceBytesMax) this.#dropOldest();
  }

  find(queryId: Uint8Array): QueryTrace | undefined {
    for (let at = this.#next - 1; at >= this.#oldest; at--) {
      const trace = this.#ring[at % tracesMax];
      if (trace !== undefined && bytesEqual(trace.queryId, queryId)) return trace;
    }
    return undefined;
  }

  #dropOldest(): void {
    const slot = this.#oldest++ % tracesMax;
    const trace = this.#ring[slot];
    if (trace !== undefined) this.#bytes -= bytesOf(trace);
    this.#ring[slot] = undefined;
  }
}

const bytesOf = ({ request }: QueryTrace): number => traceOverheadBytes + requestBytes(request);

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
