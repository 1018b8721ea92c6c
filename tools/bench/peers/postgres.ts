/** PostgreSQL, as its package configures it: COPY, and prepared inserts. */
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Writable } from "node:stream";
import { rowOf } from "./closed-loop.js";
import { inFlight, Missing, type Peer, type PeerContext, type PeerResult } from "./peer.js";
import {
  freePort,
  packageOf,
  packageVersion,
  printed,
  programPath,
  withServer,
} from "./program.js";

interface Client {
  connect(): Promise<void>;
  query(
    text: string | { name: string; text: string; values: readonly unknown[] },
  ): Promise<unknown>;
  query<Stream extends Writable>(stream: Stream): Stream;
  end(): Promise<void>;
}
interface PgPackage {
  readonly Client: new (options: object) => Client;
}
interface CopyPackage {
  from(statement: string): Writable;
}

const copyStatement = "COPY entries (entry) FROM STDIN WITH (FORMAT binary)";
const insert = { name: "insert", text: "INSERT INTO entries (entry) VALUES ($1)" };
const table = "CREATE TABLE entries (position bigserial PRIMARY KEY, entry bytea NOT NULL)";
const copyHeader = Buffer.concat([
  Buffer.from("PGCOPY\n\u00ff\r\n\0", "latin1"),
  Buffer.alloc(8), // flags, extension
]);

/** The binary form of COPY: rows of one column, and the end. */
function copyOf(entries: readonly Buffer[]): Buffer {
  const parts = entries.flatMap((entry) => {
    const head = Buffer.alloc(6);
    head.writeInt16BE(1, 0);
    head.writeInt32BE(entry.length, 2);
    return [head, entry];
  });
  return Buffer.concat([copyHeader, ...parts, Buffer.from([0xff, 0xff])]);
}

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

async function run(context: PeerContext): Promise<PeerResult> {
  const { packages, directory } = context;
  const server = programPath("postgres");
  const initdb = programPath("initdb");
  const pg = packageOf<PgPackage>(packages, "pg");
  const copy = packageOf<CopyPackage>(packages, "pg-copy-streams");
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
    const clients = Array.from({ length: inFlight.singles }, () => new pg.Client(database));
    for (const client of clients) await client.connect();
    const clientAt = (place: number): Client => clients[place] ?? new pg.Client(database);
    await clientAt(0).query(table);
    const inserting = (entries: readonly Buffer[], caller: number) =>
      clientAt(caller).query({ ...insert, values: entries });
    const copying = async (entries: readonly Buffer[], caller: number) => {
      const stream = clientAt(caller).query(copy.from(copyStatement));
      stream.end(copyOf(entries));
      await once(stream, "finish");
    };
    const client = `pg ${packageVersion(packages, "pg")}`;
    const rows = [
      await rowOf(context, `COPY, 8 connections, ${client}`, "batches", copying),
      await rowOf(context, `prepared INSERT, 64 connections, ${client}`, "singles", inserting),
      await rowOf(context, `prepared INSERT, ${client}`, "window-1", inserting),
    ];
    await Promise.all(clients.map((one) => one.end()));
    const durability = "durable: fsync on, synchronous_commit on";
    return { version: printed(server, ["--version"]).replace(/^.*\) /, ""), durability, rows };
  });
}

export const postgres: Peer = { name: "PostgreSQL", packages: ["pg", "pg-copy-streams"], run };
