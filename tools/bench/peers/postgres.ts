/** PostgreSQL, as its package configures it: COPY, and prepared inserts. */
import { once } from "node:events";
import type { Writable } from "node:stream";
import { rowOf } from "./closed-loop.js";
import { inFlight, type Peer, type PeerContext, type PeerResult } from "./peer.js";
import { type PostgresClient, postgresDurability, withPostgres } from "./postgres-server.js";
import { packageOf, packageVersion } from "./program.js";

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

async function run(context: PeerContext): Promise<PeerResult> {
  const { packages } = context;
  const copy = packageOf<CopyPackage>(packages, "pg-copy-streams");
  return withPostgres(context, inFlight.singles, async ({ version, clients }) => {
    const clientAt = (place: number) => clients[place] as PostgresClient;
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
    return { version, durability: postgresDurability, rows };
  });
}

export const postgres: Peer = { name: "PostgreSQL", packages: ["pg", "pg-copy-streams"], run };
