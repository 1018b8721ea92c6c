/**
 * The processes of a benchmark: a node, and a load on it. Each is ended by its id, and none
 * outlives the benchmark, however that ends.
 */
import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Job, JobMessage, RunResult } from "./jobs.js";

const serverProgram = fileURLToPath(new URL("../../cli/stemedb-api.js", import.meta.url));
const loadProgram = fileURLToPath(new URL("./load-process.js", import.meta.url));
const endMsMax = 20_000;

const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGTERM"); // a peer's process ends its server in turn
});
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => process.exit(130)); // the handler above ends the others
}

/** Minds a child until it ends. */
export function mind<Child extends ChildProcess>(child: Child): Child {
  running.add(child);
  child.once("exit", () => running.delete(child));
  return child;
}

/** Asks a child to end, and ends it if it does not. */
export async function endChild(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill(signal);
  const timer = setTimeout(() => child.kill("SIGKILL"), endMsMax);
  await exited;
  clearTimeout(timer);
}

/** Processor time, in seconds: of the process, and of its first thread. */
export interface CpuSeconds {
  readonly all: number;
  readonly main: number;
}

const ticksPerSecond = 100;

/** Nothing where the system has no /proc. */
function secondsIn(statPath: string): number {
  try {
    const stat = readFileSync(statPath, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  } catch {
    return 0;
  }
}

const cpuSecondsOf = (pid: number): CpuSeconds => ({
  all: secondsIn(`/proc/${pid}/stat`),
  main: secondsIn(`/proc/${pid}/task/${pid}/stat`),
});

/** Anonymous resident memory of a process: what is its own, without the page cache. */
function anonymousMebibytesOf(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return Number(/^RssAnon:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

/** The line that a node says when it serves. */
interface Said {
  readonly grpc_address: string;
  readonly http_address?: string;
}

/** A node under load: `stemedb-api` as it is installed. */
export class ServedNode {
  readonly address: string;
  /** Where the node answers HTTP. */
  readonly httpAddress: string | undefined;
  /** From the start of the process until it serves. */
  readonly startMs: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, said: Said, startMs: number) {
    this.#child = child;
    this.address = said.grpc_address;
    this.httpAddress = said.http_address;
    this.startMs = startMs;
  }

  static async start(dataDirectory: string, flags: readonly string[] = []): Promise<ServedNode> {
    const place = [
      ...["--data-dir", dataDirectory, "--grpc-address", "127.0.0.1:0"],
      ...["--http-address", "127.0.0.1:0"],
    ];
    const begin = performance.now();
    const child = mind(
      spawn(
        process.execPath,
        [serverProgram, "--json", "--log-level", "warn", ...place, ...flags],
        {
          stdio: ["ignore", "pipe", "inherit"],
        },
      ),
    );
    const line = await new Promise<string>((resolve, reject) => {
      createInterface({ input: child.stdout }).once("line", resolve);
      child.once("close", (code) => reject(new Error(`the node ended with ${code}`)));
    });
    return new ServedNode(child, JSON.parse(line) as Said, performance.now() - begin);
  }

  get cpuSeconds(): CpuSeconds {
    return cpuSecondsOf(this.#child.pid ?? 0);
  }

  get anonymousMebibytes(): number {
    return anonymousMebibytesOf(this.#child.pid ?? 0);
  }

  stop(): Promise<void> {
    return endChild(this.#child, "SIGTERM");
  }

  kill(): Promise<void> {
    return endChild(this.#child, "SIGKILL");
  }
}

/** What the two processes used of the cores while a run was measured. */
export interface CoresUsed {
  readonly server: number;
  readonly serverMain: number;
  readonly load: number;
}

export interface MeasuredRun extends RunResult {
  readonly cores: CoresUsed;
  /** Largest anonymous memory of the node during the run. */
  readonly serverMebibytes: number;
}

/** Looks at a node while a run is measured. */
class Watch {
  readonly #node: ServedNode;
  readonly #beginMs = performance.now();
  readonly #begin: CpuSeconds;
  readonly #timer: NodeJS.Timeout;
  #mebibytes = 0;

  constructor(node: ServedNode) {
    this.#node = node;
    this.#begin = node.cpuSeconds;
    this.#timer = setInterval(() => this.#look(), 500);
    this.#look();
  }

  #look(): void {
    this.#mebibytes = Math.max(this.#mebibytes, this.#node.anonymousMebibytes);
  }

  end() {
    clearInterval(this.#timer);
    this.#look();
    const seconds = (performance.now() - this.#beginMs) / 1000;
    const { all, main } = this.#node.cpuSeconds;
    const server = (all - this.#begin.all) / seconds;
    const serverMain = (main - this.#begin.main) / seconds;
    return { server, serverMain, serverMebibytes: this.#mebibytes };
  }
}

/** Runs a load on a node to its end. */
export async function runLoad(
  node: ServedNode,
  job: Job,
  onMeasuring: () => void = () => {},
): Promise<readonly MeasuredRun[]> {
  const child = mind(fork(loadProgram, [], { stdio: ["ignore", "inherit", "inherit", "ipc"] }));
  const runs: MeasuredRun[] = [];
  let watch: Watch | undefined;
  let failure: string | undefined;
  child.on("message", (message: JobMessage) => {
    if (message.kind === "measuring") {
      watch = new Watch(node);
      onMeasuring();
    }
    if (message.kind === "failed") failure = message.message;
    if (message.kind !== "measured") return;
    const { server, serverMain, serverMebibytes } = (watch ?? new Watch(node)).end();
    watch = undefined;
    const cores = { server, serverMain, load: message.result.loadCores };
    runs.push({ ...message.result, cores, serverMebibytes });
  });
  child.send(job);
  const [code] = (await once(child, "close")) as [number | null];
  watch?.end();
  if (failure !== undefined) throw new Error(failure);
  if (runs.length === 0) throw new Error(`the load ended with ${code} and measured nothing`);
  return runs;
}

/** A subscriber that is there and reads nothing; gives back what ends it. */
export async function standStill(address: string): Promise<() => Promise<void>> {
  const child = mind(fork(loadProgram, [], { stdio: ["ignore", "inherit", "inherit", "ipc"] }));
  const standing = new Promise<void>((resolve, reject) => {
    child.on("message", (message: JobMessage) => {
      if (message.kind === "standing") resolve();
      else if (message.kind === "failed") reject(new Error(message.message));
    });
    child.once("close", (code) => reject(new Error(`the subscriber ended with ${code}`)));
  });
  child.send({ kind: "stuck", address } satisfies Job);
  await standing;
  return async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit"); // `close` does not come to the side that disconnects
    child.disconnect();
    await exited;
  };
}
