/**
 * Child processes, as an argument: so that a test can own them.
 *
 *     this process                                the child
 *     Children.start(module, data) ── data ──▶    await thisChild()
 *       post, onMessage            ◀─ channel ─▶    post, onMessage
 *       stop ── «stop» ─────────────────────────▶   onStop: finishes, then the process ends
 *       (ends, or is killed) ── channel closes ─▶   the process ends at once
 *
 * A child shares nothing with its parent: whatever it does wrong, up to a crash of a native module
 * or memory without end, ends one process and not the other. Messages are copied by structured
 * clone, so bytes, big integers and maps arrive as what they are.
 *
 * Invariants:
 *
 * - A child never outlives its parent: it ends when the channel closes; and where its own thread
 *   never comes back to notice that, a second one in child-watch.ts does, and kills it.
 * - A child ignores the signals that a terminal or a supervisor sends to a whole group: it is its
 *   parent that stops it, in order.
 * - It inherits no flags of Node: no inspector port, no heap limit that was meant for the parent;
 *   and no open files.
 */
import { fork, type ChildProcess as NodeProcess } from "node:child_process";
import { setPriority } from "node:os";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { closeInheritedFiles } from "./open-files.js";

export interface ChildProcess {
  /** Undefined where the system refused to start it. */
  readonly processId: number | undefined;
  /** Sends a message; one sent to a child that has ended is lost. */
  post(message: unknown): void;
  /** Register in the turn that started the child: messages without a listener are lost. */
  onMessage(call: (message: unknown) => void): void;
  /** Calls once, when the child has ended: with an error unless it was stopped. */
  onExit(call: (error?: Error) => void): void;
  /**
   * Asks the child to end, and kills it where it has not done so within a time. Returns when it has
   * ended; `true` where it did so by itself.
   */
  stop(withinMs: number): Promise<boolean>;
}

export interface ChildOptions {
  /** Bounds the child's JavaScript heap. */
  readonly heapMiB?: number;
  /** How much young memory it may fill before it looks for garbage; absent: Node's preset. */
  readonly semiSpaceMiB?: number;
  /** 0 to 19: how far the child stands back where processors are short. */
  readonly niceness?: number;
  /** Takes what the child writes to its standard output and error, line by line. */
  readonly onLine?: (line: string) => void;
}

export interface Children {
  /** Starts the module at `url`; `data` reaches it through `thisChild()`. */
  start(url: URL, data: unknown, options?: ChildOptions): ChildProcess;
}

/** A child's own side of the connection. */
export interface ChildSide {
  readonly data: unknown;
  post(message: unknown): void;
  /** Messages that came before are kept for it. */
  onMessage(call: (message: unknown) => void): void;
  /** What is done before the process ends in order. Without it, it ends at once. */
  onStop(call: () => Promise<void>): void;
}

/** What travels from the parent. */
type Sent =
  | { readonly kind: "start"; readonly data: unknown; readonly niceness: number }
  | { readonly kind: "message"; readonly message: unknown }
  | { readonly kind: "stop" };

/** Of what a child wrote last, for the reason of its end. */
const lineCharactersMax = 2_000;
/** The line of a stack trace or of a native failure that says what went wrong. */
const tellingPattern = /^(\w*Error|\w*Failure|Fault|FATAL ERROR)\b/;
const watchModule = new URL("./child-watch.js", import.meta.url);

class NodeChildProcess implements ChildProcess {
  readonly #process: NodeProcess;
  readonly #ended: Promise<Error | undefined>;
  /** The newest line that says what went wrong, and the first of the others. */
  #telling: string | undefined;
  #first: string | undefined;
  #isStopping = false;

  constructor(url: URL, data: unknown, options: ChildOptions) {
    const { heapMiB, semiSpaceMiB, niceness = 0, onLine = () => {} } = options;
    const { NODE_OPTIONS: _dropped, ...environment } = process.env;
    this.#process = fork(fileURLToPath(url), [], {
      execArgv: [
        ...(heapMiB === undefined ? [] : [`--max-old-space-size=${heapMiB}`]),
        ...(semiSpaceMiB === undefined ? [] : [`--max-semi-space-size=${semiSpaceMiB}`]),
      ],
      env: environment,
      serialization: "advanced",
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    this.#ended = this.#untilEnded();
    const take = (line: string) => {
      const short = line.slice(0, lineCharactersMax);
      // The line that says why stands at the head of a stack, and stacks may be long.
      if (tellingPattern.test(short)) this.#telling = short;
      else if (short.trim() !== "") this.#first ??= short;
      onLine(short);
    };
    for (const stream of [this.#process.stdout, this.#process.stderr]) readLines(stream, take);
    this.#send({ kind: "start", data, niceness });
  }

  get processId(): number | undefined {
    return this.#process.pid;
  }

  post(message: unknown): void {
    this.#send({ kind: "message", message });
  }

  onMessage(call: (message: unknown) => void): void {
    this.#process.on("message", call);
  }

  onExit(call: (error?: Error) => void): void {
    void this.#ended.then(call);
  }

  async stop(withinMs: number): Promise<boolean> {
    this.#isStopping = true;
    this.#send({ kind: "stop" });
    let wasKilled = false;
    const timer = setTimeout(() => {
      wasKilled = true;
      this.#process.kill("SIGKILL");
    }, withinMs);
    await this.#ended;
    clearTimeout(timer);
    return !wasKilled;
  }

  #send(sent: Sent): void {
    // Whether the child still lives is told by `onExit`.
    if (this.#process.connected) this.#process.send(sent, () => {});
  }

  #untilEnded(): Promise<Error | undefined> {
    return new Promise((resolve) => {
      let failure: Error | undefined;
      this.#process.on("error", (error) => {
        failure ??= error;
        if (this.#process.pid === undefined) resolve(error);
      });
      this.#process.on("close", (code, signal) => {
        if (this.#isStopping) return resolve(undefined);
        const how = signal === null ? `with code ${code}` : `by ${signal}`;
        const reason = this.#telling ?? this.#first ?? "";
        resolve(failure ?? new Error(`ended ${how}${reason && `: ${reason}`}`));
      });
    });
  }
}

function readLines(stream: Readable | null | undefined, take: (line: string) => void): void {
  if (!stream) return; // the system refused to start the child
  createInterface({ input: stream }).on("line", take);
  stream.on("error", () => {}); // the child's end, which is told elsewhere
}

/** The system had no room for another process: its end is told like that of any other. */
class UnstartedChild implements ChildProcess {
  readonly processId = undefined;
  readonly #error: Error;

  constructor(error: Error) {
    this.#error = error;
  }

  post(): void {}

  onMessage(): void {}

  onExit(call: (error?: Error) => void): void {
    queueMicrotask(() => call(this.#error));
  }

  stop(): Promise<boolean> {
    return Promise.resolve(true);
  }
}

export const systemChildren: Children = {
  start: (url, data, options = {}) => {
    try {
      return new NodeChildProcess(url, data, options);
    } catch (error) {
      return new UnstartedChild(error instanceof Error ? error : new Error(String(error)));
    }
  },
};

/** What a module sees that was started as a child; it ends with its parent from then on. */
export function thisChild(): Promise<ChildSide> {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});
  process.on("disconnect", () => process.exit(0));
  if (!process.connected) process.exit(0);
  closeInheritedFiles();
  new Worker(watchModule, { workerData: process.ppid }).unref();
  return new Promise((resolve) => {
    const waiting: unknown[] = [];
    const unsent = new Set<Promise<void>>();
    let take = (message: unknown): void => {
      waiting.push(message);
    };
    let finish = async (): Promise<void> => {};
    const stop = async () => {
      await finish();
      await Promise.all(unsent);
      process.exit(0);
    };
    process.on("message", (sent: Sent) => {
      if (sent.kind === "message") return take(sent.message);
      // What finishing throws is not caught: the parent is told that the child failed.
      if (sent.kind === "stop") return void stop();
      if (sent.niceness > 0) setPriority(sent.niceness);
      resolve({
        data: sent.data,
        post: (message) => {
          const done = sendToParent(message);
          unsent.add(done);
          void done.then(() => unsent.delete(done));
        },
        onMessage: (call) => {
          take = call;
          for (const message of waiting.splice(0)) call(message);
        },
        onStop: (call) => {
          finish = call;
        },
      });
    });
  });
}

/** Returns when the message left this process, or never will. */
function sendToParent(message: unknown): Promise<void> {
  return new Promise((resolve) => {
    if (!process.connected || process.send === undefined) return resolve();
    process.send(message, undefined, undefined, () => resolve());
  });
}
