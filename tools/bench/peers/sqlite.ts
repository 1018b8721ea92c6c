/** SQLite in the process of its client: better-sqlite3, or Node's own where that is missing. */
import { join } from "node:path";
import { oneByOne, rowOf } from "./closed-loop.js";
import { Missing, type Peer, type PeerContext, type PeerResult } from "./peer.js";
import { packageOf, packageVersion } from "./program.js";

interface Statement {
  run(...values: readonly unknown[]): unknown;
  get(...values: readonly unknown[]): unknown;
}
interface Database {
  exec(sql: string): unknown;
  prepare(sql: string): Statement;
  close(): void;
}
type DatabaseClass = new (path: string) => Database;

function openDatabase(packages: string, path: string): { database: Database; client: string } {
  try {
    const Better = packageOf<DatabaseClass>(packages, "better-sqlite3");
    const client = `better-sqlite3 ${packageVersion(packages, "better-sqlite3")}`;
    return { database: new Better(path), client };
  } catch (missing) {
    if (!(missing instanceof Missing)) throw missing;
    const own = packageOf<{ DatabaseSync: DatabaseClass }>(packages, "node:sqlite");
    return { database: new own.DatabaseSync(path), client: "node:sqlite" };
  }
}

async function run(context: PeerContext): Promise<PeerResult> {
  const path = join(context.directory, "entries.db");
  const { database, client } = openDatabase(context.packages, path);
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
  database.exec("CREATE TABLE entries (position INTEGER PRIMARY KEY, entry BLOB NOT NULL)");
  const insert = database.prepare("INSERT INTO entries (entry) VALUES (?)");
  const [begin, commit] = [database.prepare("BEGIN IMMEDIATE"), database.prepare("COMMIT")];
  // Its calls do not return before the commit: so one is in flight, and nothing else can run.
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
  const one = (entries: readonly Buffer[]) => {
    insert.run(entries[0]);
    return turn();
  };
  const many = (entries: readonly Buffer[]) => {
    begin.run();
    for (const entry of entries) insert.run(entry);
    commit.run();
    return turn();
  };
  const { version } = database.prepare("SELECT sqlite_version() AS version").get() as {
    version: string;
  };
  const rows = [
    await oneByOne(
      context,
      `transactions of 256, 1 in flight, ${client}, in its own process`,
      many,
    ),
    await rowOf(context, `INSERT, ${client}, in its own process`, "window-1", one),
  ];
  database.close();
  return { version, durability: "durable: WAL, synchronous FULL", rows };
}

export const sqlite: Peer = { name: "SQLite", packages: ["better-sqlite3"], run };
