/** A child process that talks in lines. Killed by its own id, whatever a test does. */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { within } from "./expect.js";

const answerMsMax = 20_000;

export interface ChildOptions {
  /** Run as this user; only a privileged test process may ask for it. */
  readonly userId?: number;
}

export class LineChild {
  readonly process: ChildProcess;
  private readonly lines: string[] = [];
  private readonly waiting: ((line: string) => void)[] = [];
  private readonly ended: Promise<void>;

  /** Starts a compiled module of the tree. */
  constructor(module: URL, parameters: readonly string[] = [], options: ChildOptions = {}) {
    this.process = spawn(process.execPath, [fileURLToPath(module), ...parameters], {
      stdio: ["pipe", "pipe", "inherit"],
      ...(options.userId === undefined ? {} : { uid: options.userId, gid: options.userId }),
    });
    this.ended = new Promise((resolve) => this.process.once("close", () => resolve()));
    const output = this.process.stdout;
    if (output === null) throw new Error("the child has no output");
    createInterface({ input: output }).on("line", (line) => {
      const next = this.waiting.shift();
      if (next === undefined) this.lines.push(line);
      else next(line);
    });
  }

  get id(): number {
    return this.process.pid ?? 0;
  }

  say(line: string): void {
    this.process.stdin?.write(`${line}\n`);
  }

  /** The next line that was not yet asked for. */
  next(): Promise<string> {
    const line = this.lines.shift();
    if (line !== undefined) return Promise.resolve(line);
    return within(answerMsMax, new Promise<string>((resolve) => this.waiting.push(resolve)));
  }

  ask(line: string): Promise<string> {
    this.say(line);
    return this.next();
  }

  /** SIGKILL, and returns when the process is gone. */
  async kill(): Promise<void> {
    this.process.kill("SIGKILL");
    await this.ended;
  }
}
