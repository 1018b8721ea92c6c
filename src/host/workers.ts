/**
 * Threads, as an argument: so that a simulator or a test can own them.
 *
 * A worker is a module that runs on a thread of its own. Memory is shared only where `data` holds a
 * SharedArrayBuffer or a shared WebAssembly.Memory; everything else is copied or transferred.
 */
import { parentPort, Worker, workerData } from "node:worker_threads";
import { assert } from "../invariant/assert.js";

export interface WorkerThread {
  /** Sends a message; one sent to a thread that has ended is lost. */
  post(message: unknown, transfer?: readonly ArrayBuffer[]): void;
  /** Register in the turn that started the thread: messages without a listener are lost. */
  onMessage(call: (message: unknown) => void): void;
  /** Calls once, when the thread has ended: with an error unless it was stopped. */
  onExit(call: (error?: Error) => void): void;
  /** Ends the thread wherever it stands. Returns when it has ended. */
  stop(): Promise<void>;
}

export interface Workers {
  /** Starts the module at `url`; `data` reaches it through `thisWorker()`. */
  start(url: URL, data: unknown): WorkerThread;
}

/** A worker's own side of the connection. */
export interface WorkerSide {
  readonly data: unknown;
  post(message: unknown, transfer?: readonly ArrayBuffer[]): void;
  onMessage(call: (message: unknown) => void): void;
}

class NodeWorkerThread implements WorkerThread {
  private readonly worker: Worker;
  private readonly ended: Promise<Error | undefined>;
  private isStopping = false;

  constructor(url: URL, data: unknown) {
    this.worker = new Worker(url, { workerData: data });
    this.ended = new Promise((resolve) => {
      let failure: Error | undefined;
      const note = (error: unknown) => {
        failure ??= error instanceof Error ? error : new Error(String(error));
      };
      this.worker.on("error", note);
      // A message that cannot be decoded would be waited for in vain: the thread is of no use.
      this.worker.on("messageerror", (error) => {
        note(error);
        void this.worker.terminate();
      });
      this.worker.on("exit", (code) => {
        if (this.isStopping) resolve(undefined);
        else resolve(failure ?? new Error(`a worker thread ended by itself, with code ${code}`));
      });
    });
  }

  post(message: unknown, transfer: readonly ArrayBuffer[] = []): void {
    this.worker.postMessage(message, transfer);
  }

  onMessage(call: (message: unknown) => void): void {
    this.worker.on("message", call);
  }

  onExit(call: (error?: Error) => void): void {
    void this.ended.then(call);
  }

  async stop(): Promise<void> {
    this.isStopping = true;
    await this.worker.terminate();
    await this.ended;
  }
}

export const systemWorkers: Workers = {
  start: (url, data) => new NodeWorkerThread(url, data),
};

/** What a module sees that was started as a worker. */
export function thisWorker(): WorkerSide {
  const port = parentPort;
  assert(port !== null, "the module runs as a worker");
  return {
    data: workerData,
    post: (message, transfer = []) => port.postMessage(message, transfer),
    onMessage: (call) => {
      port.on("message", call);
    },
  };
}
