/** What the views weigh, by keyspace: keys and values, without LMDB's own pages around them. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { LmdbEnvironment } from "../../../src/lmdb/lmdb.js";
import { keyspaces } from "../../../src/views/keyspaces.js";

const GiB = 1024 ** 3;

export interface KeyspaceBytes {
  readonly name: string;
  readonly rows: number;
  readonly bytes: number;
}

/** The generation that is in use: the newest one. */
function generationOf(dataDirectory: string): string {
  const directory = join(dataDirectory, "db");
  const numbers = readdirSync(directory).filter((name) => /^\d+$/.test(name));
  const [newest] = numbers.sort((left, right) => Number(right) - Number(left));
  if (newest === undefined) throw new Error(`there are no views in ${directory}`);
  return join(directory, newest);
}

/** Of a node that does not run. The heaviest first. */
export async function keyspaceBytes(dataDirectory: string): Promise<{
  readonly fileBytes: number;
  readonly keyspaces: readonly KeyspaceBytes[];
}> {
  const directory = generationOf(dataDirectory);
  const views = LmdbEnvironment.openReadOnly({ directory, mapBytes: 64 * GiB, keyspaces });
  try {
    const { usedBytes } = views.facts();
    const weighed = views.read((transaction) =>
      keyspaces.map((name) => {
        let [rows, bytes] = [0, 0];
        for (const { key, value } of transaction.rows(name)) {
          rows += 1;
          bytes += key.length + value.length;
        }
        return { name, rows, bytes };
      }),
    );
    const sorted = weighed.sort((left, right) => right.bytes - left.bytes);
    return { fileBytes: usedBytes, keyspaces: sorted };
  } finally {
    await views.close();
  }
}
