/** The index's thread as the main thread sees it: requests, each with its reply. */
import type { Workers, WorkerThread } from "../host/workers.js";
import { Fault } from "../model/fault.js";
import type { Probe } from "../observability/probe.js";
import {
  faultOfParts,
  type IdAnswers,
  type IdReply,
  type IdRequest,
  type IdThreadData,
  type NumberedRequest,
} from "./id-messages.js";

const workerModule = new URL("./id-worker.js", import.meta.url);

interface Waiting {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (fault: Fault) => void;
}

export class IdThread {
  readonly #thread: WorkerThread;
  readonly #probe: Probe;
  readonly #waiting = new Map<number, Waiting>();
  #nextNumber = 0;
  #end: Fault | undefined;
  #stopping: Promise<void> | undefined;

  constructor(workers: Workers, data: IdThreadData, probe: Probe) {
    this.#probe = probe;
    this.#thread = workers.start(workerModule, data);
    this.#thread.onMessage((message) => this.#take(message as IdReply));
    this.#thread.onExit((error) => this.#fail(error));
  }

  /** Buffers in `transfer` are the thread's from then on. */
  ask<K extends IdRequest["kind"]>(
    request: Extract<IdRequest, { kind: K }>,
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<IdAnswers[K]> {
    if (this.#end !== undefined) return Promise.reject(this.#end);
    const number = this.#nextNumber++;
    const answer = new Promise<unknown>((resolve, reject) => {
      this.#waiting.set(number, { resolve, reject });
    });
    const message: NumberedRequest = { number, request };
    this.#thread.post(message, transfer);
    return answer as Promise<IdAnswers[K]>;
  }

  /**
   * Refuses what is asked and waits, and ends the thread once it has come to rest: Node.js 20 ends
   * the whole process where a thread is ended within an operation on files.
   */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    const hasEnded = this.#end !== undefined;
    const fault = new Fault("SHUTTING_DOWN", "the index of ids is closed");
    this.#rejectAll(fault);
    // Fails where the thread ends by itself meanwhile.
    const resting = hasEnded ? undefined : this.ask<"close">({ kind: "close" });
    this.#end ??= fault;
    await resting?.catch(() => {});
    await this.#thread.stop();
  }

  #take(reply: IdReply): void {
    if ("told" in reply) {
      const { level, message, fields } = reply.told;
      this.#probe[level](message, fields);
      return;
    }
    const waiting = this.#waiting.get(reply.number);
    this.#waiting.delete(reply.number);
    if ("fault" in reply) waiting?.reject(faultOfParts(reply.fault));
    else waiting?.resolve(reply.answer);
  }

  #fail(error: Error | undefined): void {
    if (error === undefined) return; // stopped
    this.#probe.error("id thread ended", { reason: error.message });
    const message = `the thread of the index of ids ended (${error.message}); restart the node`;
    const fault = new Fault("INTERNAL", message, {}, error);
    this.#end ??= fault;
    this.#rejectAll(fault);
  }

  #rejectAll(fault: Fault): void {
    for (const { reject } of this.#waiting.values()) reject(fault);
    this.#waiting.clear();
  }
}
