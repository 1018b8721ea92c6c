/** A PostgreSQL server as its package configures it, with data of its own. */
import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Writable } from "node:stream";
import { Missing } from "./peer.js";
import { freePort, packageOf, printed, programPath, withServer } from "./program.js";

export interface PostgresClient {
  connect(): Promise<void>;
  query(
    text: string | { name: string; text: string; values: readonly unknown[] },
  ): Promise<{ readonly rows: readonly Readonly<Record<string, unknown>>[] }>;
  query<Stream extends Writable>(stream: Stream): Stream;
  end(): Promise<void>;
}
interface PgPackage {
  readonly Client: new (options: object) => PostgresClient;
}

export interface Postgres {
  readonly version: string;
  /** Connections, all open. */
  readonly clients: readonly PostgresClient[];
}

/** What an acknowledgement promises. */
export const postgresDurability = "durable: fsync on, synchronous_commit on";

/** The server refuses to run as root: there its own user takes over. */
function userOf(directory: string): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const line = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .find((user) => /^postgres:/.test(user));
  if (line === undefined) throw new Missing("there is no user postgres, and root may not run it");
  const [uid, gid] = line.split(":").slice(2, 4).map(Number);
  if (uid === undefined || gid === undefined) throw new Missing("the user postgres has no id");
  chownSync(directory, uid, gid);
  for (let parent = join(directory, ".."); parent.length > 4; parent = join(parent, "..")) {
    if (process.getuid() === 0) chmodSync(parent, 0o755);
    if (parent.includes("stemedb-bench-") === false) break;
  }
  return { uid, gid };
}

/** Starts a server in a directory, uses it, and ends it. Throws `Missing`. */
export async function withPostgres<Result>(
  { directory, packages }: { readonly directory: string; readonly packages: string },
  connections: number,
  use: (postgres: Postgres) => Promise<Result>,
): Promise<Result> {
  const server = programPath("postgres");
  const initdb = programPath("initdb");
  const pg = packageOf<PgPackage>(packages, "pg");
  const user = userOf(directory);
  const data = join(directory, "data");
  const options = { ...user, cwd: directory };
  const initArgs = ["-D", data, "-A", "trust", "-U", "bench", "-E", "UTF8", "--no-instructions"];
  execFileSync(initdb, initArgs, { ...options, stdio: "ignore" });
  const port = await freePort();
  const set = [`unix_socket_directories=${directory}`, "listen_addresses=127.0.0.1"];
  const args = ["-D", data, "-p", String(port), ...set.flatMap((setting) => ["-c", setting])];
  return withServer(server, args, port, { ...options, endSignal: "SIGINT" }, async () => {
    const database = { host: "127.0.0.1", port, user: "bench", database: "postgres" };
    const clients = Array.from({ length: connections }, () => new pg.Client(database));
    for (const client of clients) await client.connect();
    const version = printed(server, ["--version"]).replace(/^.*\) /, "");
    const result = await use({ version, clients });
    await Promise.all(clients.map((one) => one.end()));
    return result;
  });
}
