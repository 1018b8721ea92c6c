/**
 * The order of one append call: its batches enter the log as they were sent, save the refused.
 *
 *     append() ─▶ backlog (no room yet) ─▶ admitting (any thread, any order) ─▶ submit in order
 *
 * A request leaves `admitting` only from the front, and the next one is submitted only when the one
 * before has its places in the log, not when it is synced: the group commit takes them together.
 */
import { RequestScanner } from "../entry/request-scanner.js";
import { Fault, isFault } from "../model/fault.js";
import { messageBytesMax } from "../model/limits.js";
import { type Admitted, isRefusal } from "./admission-pool.js";
import type { Ingest } from "./ingest.js";
import {
  type BatchOutcome,
  outcomeOfFault,
  type RequestOutcome,
  refusal,
  refused,
} from "./outcome.js";
import { Submission } from "./submission.js";

/** LEVEL_UNSPECIFIED: the node's default, which is what it can promise. */
const LEVEL_DEFAULT = 0;
/** LEVEL_DURABLE: the best that a single node can promise. */
const LEVEL_DURABLE = 1;

interface TakenRequest {
  message: Uint8Array;
  /** A fault where admission itself failed. */
  admitted: Admitted | Fault | undefined;
  /** Whether a node that stops waits for the answer. */
  readonly isAwaited: boolean;
  readonly resolve: (outcome: RequestOutcome) => void;
  readonly reject: (fault: Fault) => void;
}

export class AppendCall {
  readonly #ingest: Ingest;
  readonly #backlog: TakenRequest[] = [];
  readonly #admitting: TakenRequest[] = [];
  #isWaitingForRoom = false;
  #isSubmitting = false;

  constructor(ingest: Ingest) {
    this.#ingest = ingest;
  }

  /** Requests that wait for memory: the caller stops reading while there are some. */
  get backlogCount(): number {
    return this.#backlog.length;
  }

  /**
   * Takes a request as it came; settles with its outcome. Rejects where the node cannot judge it
   * any more, with the fault that the call is to end with: nothing of it was stored.
   */
  append(message: Uint8Array): Promise<RequestOutcome> {
    const isAwaited = this.#ingest.requestTaken();
    return new Promise<RequestOutcome>((resolve, reject) => {
      const request = { message, admitted: undefined, isAwaited, resolve, reject };
      if (message.length > messageBytesMax) this.#refuseTooLarge(request);
      else {
        this.#backlog.push(request);
        this.#admitBacklog();
      }
    });
  }

  /** The message is let go at once: a client may have many of them unanswered. */
  #refuseTooLarge(request: TakenRequest): void {
    const { message } = request;
    const limit = `at most ${messageBytesMax} bytes`;
    const reason = { field: "message", limit, value: `${message.length} bytes` };
    const what = refusal("MESSAGE_TOO_LARGE", "send smaller requests", reason);
    const scanner = new RequestScanner();
    scanner.scan(message, 0, message.length);
    const { number } = scanner;
    request.message = nothing;
    request.admitted = { number, level: 0, batches: [], request: what, release: doNothing };
    this.#admitting.push(request);
    this.#submitReady();
  }

  #admitBacklog(isWoken = false): void {
    let hasTurn = isWoken;
    while (this.#backlog[0] !== undefined && !this.#isWaitingForRoom) {
      const request = this.#backlog[0];
      const admitted = this.#tryAdmit(request.message, hasTurn);
      if (admitted === undefined) {
        this.#isWaitingForRoom = true;
        void this.#ingest.whenRoom(hasTurn).then(() => {
          this.#isWaitingForRoom = false;
          this.#admitBacklog(true);
        });
        return;
      }
      hasTurn = false;
      this.#backlog.shift();
      request.message = nothing;
      this.#admitting.push(request);
      if (admitted instanceof Promise) this.#follow(request, admitted);
      else {
        request.admitted = admitted;
        this.#submitReady();
      }
    }
  }

  #tryAdmit(
    message: Uint8Array,
    hasTurn: boolean,
  ): Admitted | Promise<Admitted> | Fault | undefined {
    try {
      return this.#ingest.admit(message, hasTurn);
    } catch (error) {
      if (isFault(error)) return error;
      throw error;
    }
  }

  #follow(request: TakenRequest, admitted: Promise<Admitted>): void {
    admitted.then(
      (found) => {
        request.admitted = found;
        this.#submitReady();
      },
      (error: unknown) => {
        if (!isFault(error)) throw error;
        request.admitted = error;
        this.#submitReady();
      },
    );
  }

  #submitReady(): void {
    while (!this.#isSubmitting && this.#admitting[0]?.admitted !== undefined) {
      const request = this.#admitting.shift();
      if (request?.admitted === undefined) return;
      this.#submit(request, request.admitted);
    }
  }

  #submit(request: TakenRequest, admitted: Admitted | Fault): void {
    if (admitted instanceof Fault) {
      request.reject(admitted);
      this.#ingest.requestAnswered(request.isAwaited);
      return;
    }
    const early = this.#refuseWhole(admitted);
    if (early !== undefined) {
      for (const outcome of early) this.#ingest.countRefused(outcome);
      admitted.release();
      this.#answer(request, admitted.number, early);
      return;
    }
    const outcomes: (Promise<BatchOutcome> | BatchOutcome)[] = [];
    this.#submitBatches(request, admitted, outcomes);
  }

  /** Submits from the batch behind `outcomes` on; waits where a writer must be looked up first. */
  #submitBatches(
    request: TakenRequest,
    admitted: Admitted,
    outcomes: (Promise<BatchOutcome> | BatchOutcome)[],
  ): void {
    for (let at = outcomes.length; at < admitted.batches.length; at++) {
      const batch = admitted.batches[at];
      if (batch === undefined) break;
      if (isRefusal(batch)) {
        const outcome = refused(batch);
        this.#ingest.countRefused(outcome);
        outcomes.push(outcome);
        continue;
      }
      const submitted = this.#ingest.submit(batch);
      if (submitted instanceof Submission) {
        this.#isSubmitting = true;
        void submitted.placed.then((outcome) => {
          outcomes.push(outcome.outcome);
          this.#isSubmitting = false;
          this.#submitBatches(request, admitted, outcomes);
          this.#submitReady();
        });
        return;
      }
      outcomes.push(submitted);
    }
    this.#finish(request, admitted, outcomes);
  }

  #finish(
    request: TakenRequest,
    admitted: Admitted,
    outcomes: readonly (Promise<BatchOutcome> | BatchOutcome)[],
  ): void {
    const only = outcomes.length === 1 ? outcomes[0] : undefined;
    if (only !== undefined && !(only instanceof Promise)) {
      admitted.release();
      this.#answer(request, admitted.number, [only]);
      return;
    }
    void Promise.all(outcomes).then((settled) => {
      admitted.release();
      this.#answer(request, admitted.number, settled);
    });
  }

  /** Where no batch of the request can be appended, whatever it holds. */
  #refuseWhole(admitted: Admitted): readonly BatchOutcome[] | undefined {
    if (admitted.request !== undefined) return [refused(admitted.request)];
    const fault = this.#ingest.unavailable();
    if (fault !== undefined) return admitted.batches.map(() => outcomeOfFault(fault));
    if (admitted.level === LEVEL_DEFAULT || admitted.level === LEVEL_DURABLE) return undefined;
    const reason = {
      field: "level",
      limit: "DURABLE on a single node",
      value: String(admitted.level),
    };
    const what = refusal("ARGUMENT_INVALID", "this node cannot reach the level asked for", reason);
    return admitted.batches.map(() => refused(what));
  }

  #answer(request: TakenRequest, number: bigint, outcomes: readonly BatchOutcome[]): void {
    request.resolve({ number, outcomes });
    this.#ingest.requestAnswered(request.isAwaited);
  }
}

const nothing = new Uint8Array(0);
const doNothing = () => {};
