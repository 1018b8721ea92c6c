/**
 * A node that a test kills and starts again: `stemedb-api` as a child process, always with the same
 * data directory and on the same port.
 *
 * The port lies below those that the system hands out to connections: a client that keeps trying to
 * connect while the node is gone could be given that port as its own, and so connect to itself.
 */
import { createServer } from "node:net";
import { join } from "node:path";
import { apiPath } from "./node.js";
import { type Ended, type StartedProcess, startProcess } from "./process.js";
import { temporaryDirectory } from "./temporary.js";

const startMsMax = 30_000;
const portMin = 18_500;
const portMax = 32_000;

export interface ServerProcessOptions {
  readonly dataDir?: string;
  readonly port?: number;
  /** Further flags of `stemedb-api`, for every life. */
  readonly flags?: readonly string[];
}

/** A port that stays the node's own while the node is away. */
export async function stablePort(): Promise<number> {
  for (;;) {
    const port = portMin + Math.floor(Math.random() * (portMax - portMin));
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

/** What is set where the tests run is no setting of this node. */
function unset(): Record<string, undefined> {
  const names = Object.keys(process.env).filter((name) => name.startsWith("STEMEDB_"));
  return Object.fromEntries(names.map((name) => [name, undefined]));
}

export class ServerProcess {
  readonly dataDir: string;
  readonly address: string;
  readonly #flags: readonly string[];
  #process: StartedProcess | undefined;
  #lives = 0;

  private constructor(dataDir: string, port: number, flags: readonly string[]) {
    this.dataDir = dataDir;
    this.address = `127.0.0.1:${port}`;
    this.#flags = flags;
  }

  /** Nothing runs yet: `start()`. */
  static async create(options: ServerProcessOptions = {}): Promise<ServerProcess> {
    const dataDir = options.dataDir ?? join(temporaryDirectory("server"), "data");
    const port = options.port ?? (await stablePort());
    return new ServerProcess(dataDir, port, options.flags ?? []);
  }

  /** How often it was started. */
  get lives(): number {
    return this.#lives;
  }

  /** The current or last life. */
  get process(): StartedProcess {
    if (this.#process === undefined) throw new Error("the server was not started");
    return this.#process;
  }

  /** Starts it, and does not wait. */
  spawn(): StartedProcess {
    if (this.#process?.isRunning() === true) throw new Error("the server runs already");
    this.#lives++;
    const flags = [
      ...["--data-dir", this.dataDir, "--grpc-address", this.address],
      ...["--http-address", "127.0.0.1:0"],
    ];
    flags.push("--wal-reserve-bytes", "0", ...this.#flags);
    if (!flags.includes("--log-level")) flags.push("--log-level", "warn");
    this.#process = startProcess(process.execPath, [apiPath, ...flags], { env: unset() });
    return this.#process;
  }

  /** Starts it, and returns when it serves. */
  async start(): Promise<this> {
    this.spawn();
    await this.untilServing();
    return this;
  }

  async untilServing(): Promise<void> {
    await this.process.line(/^serving /, startMsMax);
  }

  /** SIGKILL, and returns when the process is gone. */
  kill(): Promise<Ended> {
    return this.process.kill("SIGKILL");
  }

  /** SIGTERM, and returns when the process is gone. */
  stop(): Promise<Ended> {
    return this.process.kill("SIGTERM");
  }
}
