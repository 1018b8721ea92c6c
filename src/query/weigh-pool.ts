/**
 * A thread for large questions, and the line before it.
 *
 * The event loop that serves receipts and answers must not stand still while 100,000 claims are
 * weighed, so that they are weighed elsewhere, one question at a time: the machine's other cores
 * belong to appends. The line is bounded by jobs and by the bytes that they copied; who finds it
 * full is told OVERLOADED, who goes away gives up the place.
 *
 * The thread is started when it is first needed, and anew if it ends: it holds nothing that another
 * could not compute again.
 */
import type { Workers, WorkerThread } from "../host/workers.js";
import type { OutcomeSaid } from "../lens/history.js";
import { Fault, isFault } from "../model/fault.js";
import { bytesCopied } from "./copied-question.js";
import { cancelled } from "./freshness.js";
import type { FromWorker, ToWorker, Voices, WeighJob, WorkResult } from "./weigh-job.js";

/** Most jobs in line. */
const jobsMax = 256;
/** Most bytes that they hold; one job may be larger alone. */
const jobBytesMax = 256 * 1024 * 1024;

const workerModule = new URL("./weigh-worker.js", import.meta.url);

/** What was said about the trust in these voices. */
type FindOutcomes = (voices: Voices) => Promise<readonly OutcomeSaid[]>;

interface Waiting {
  readonly job: WeighJob;
  readonly bytes: number;
  readonly findOutcomes: FindOutcomes;
  readonly resolve: (result: WorkResult) => void;
  readonly reject: (fault: Fault) => void;
}

export class WeighPool {
  readonly #workers: Workers;
  readonly #line: Waiting[] = [];
  #bytes = 0;
  #thread: WorkerThread | undefined;
  #current: Waiting | undefined;
  #isClosed = false;

  constructor(workers: Workers) {
    this.#workers = workers;
  }

  /** Jobs that wait or run. */
  get count(): number {
    return this.#line.length + (this.#current === undefined ? 0 : 1);
  }

  /** Throws OVERLOADED, CANCELLED, SHUTTING_DOWN. */
  run(job: WeighJob, findOutcomes: FindOutcomes, signal: AbortSignal): Promise<WorkResult> {
    const bytes = job.questions.reduce((sum, question) => sum + bytesCopied(question), 0);
    const isFull = this.#line.length >= jobsMax || this.#bytes + bytes > jobBytesMax;
    if (this.#isClosed) return Promise.reject(stopping());
    if (isFull && this.count > 0) return Promise.reject(overloaded(this.count));
    return new Promise((resolve, reject) => {
      const leave = () => signal.removeEventListener("abort", giveUp);
      const waiting: Waiting = {
        job,
        bytes,
        findOutcomes,
        resolve: (result) => {
          leave();
          resolve(result);
        },
        reject: (fault) => {
          leave();
          reject(fault);
        },
      };
      const giveUp = () => {
        const place = this.#line.indexOf(waiting);
        if (place >= 0) this.#take(place);
        waiting.reject(cancelled(signal.reason));
      };
      if (signal.aborted) return waiting.reject(cancelled(signal.reason));
      signal.addEventListener("abort", giveUp, { once: true });
      this.#line.push(waiting);
      this.#bytes += bytes;
      this.#next();
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const waiting of this.#line.splice(0)) waiting.reject(stopping());
    this.#current?.reject(stopping());
    this.#current = undefined;
    await this.#thread?.stop();
  }

  #take(place: number): Waiting | undefined {
    const [waiting] = this.#line.splice(place, 1);
    this.#bytes -= waiting?.bytes ?? 0;
    return waiting;
  }

  #next(): void {
    if (this.#current !== undefined || this.#isClosed) return;
    this.#current = this.#take(0);
    if (this.#current === undefined) return;
    const { job } = this.#current;
    this.#post({ kind: "job", job }, memoryOf(job));
  }

  #post(message: ToWorker, transfer: readonly ArrayBuffer[] = []): void {
    this.#thread ??= this.#start();
    this.#thread.post(message, transfer);
  }

  #start(): WorkerThread {
    const thread = this.#workers.start(workerModule, undefined);
    thread.onMessage((message) => this.#hear(message as FromWorker));
    thread.onExit((error) => {
      this.#thread = undefined;
      if (error === undefined) return; // it was stopped
      this.#current?.reject(failed(error));
      this.#current = undefined;
      this.#next();
    });
    return thread;
  }

  #hear(said: FromWorker): void {
    const current = this.#current;
    if (current === undefined) return; // closing
    if (said.kind === "result") {
      this.#current = undefined;
      current.resolve(said.result);
      this.#next();
      return;
    }
    current.findOutcomes(said).then(
      (outcomes) => {
        if (this.#current === current) this.#post({ kind: "outcomes", outcomes });
      },
      (error: unknown) => this.#abandon(current, error),
    );
  }

  /** What a job needs cannot be had: the thread goes on with the next. */
  #abandon(waiting: Waiting, error: unknown): void {
    if (!isFault(error)) throw error;
    waiting.reject(error);
    if (this.#current !== waiting) return;
    this.#current = undefined;
    this.#next();
  }
}

/** Copies are handed over, not copied again: each piece stands in memory of its own. */
function memoryOf({ questions }: WeighJob): readonly ArrayBuffer[] {
  const pieces = new Set(questions.flatMap((question) => question.pieces.flat()));
  return [...pieces].map(({ buffer }) => buffer as ArrayBuffer);
}

const stopping = (): Fault =>
  new Fault("SHUTTING_DOWN", "the node is stopping; connect again and ask again");

const overloaded = (count: number): Fault =>
  new Fault("OVERLOADED", "too many large questions are waiting; ask again later", {
    waiting: count,
  });

const failed = (error: Error): Fault =>
  new Fault("INTERNAL", `a question could not be weighed: ${error.message}`, {}, error);
