/** Children that never ran: a test says what they say, and when they end. */
import type { ChildOptions, ChildProcess, Children } from "../../src/host/children.js";

export class FakeChild implements ChildProcess {
  readonly data: unknown;
  readonly options: ChildOptions;
  readonly processId: number;
  readonly posted: unknown[] = [];
  isStopped = false;
  #onMessage: (message: unknown) => void = () => {};
  #onExit: (error?: Error) => void = () => {};

  constructor(processId: number, data: unknown, options: ChildOptions) {
    this.processId = processId;
    this.data = data;
    this.options = options;
  }

  post(message: unknown): void {
    this.posted.push(message);
  }

  onMessage(call: (message: unknown) => void): void {
    this.#onMessage = call;
  }

  onExit(call: (error?: Error) => void): void {
    this.#onExit = call;
  }

  async stop(): Promise<boolean> {
    this.isStopped = true;
    this.#onExit();
    return true;
  }

  say(message: unknown): void {
    this.#onMessage(message);
  }

  end(reason = "ended by SIGKILL"): void {
    this.#onExit(new Error(reason));
  }
}

export class FakeChildren implements Children {
  readonly started: FakeChild[] = [];

  start(_url: URL, data: unknown, options: ChildOptions = {}): FakeChild {
    const child = new FakeChild(this.started.length + 1, data, options);
    this.started.push(child);
    return child;
  }

  get newest(): FakeChild {
    const child = this.started.at(-1);
    if (child === undefined) throw new Error("no child was started");
    return child;
  }
}
