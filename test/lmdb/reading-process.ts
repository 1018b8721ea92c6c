/**
 * Opens directories one after the other and walks all their rows; says per directory how many there
 * were, or the fault. Ends with 0 whatever it found.
 *
 *     node reading-process.js <directory>…
 */
import { nodeDisk } from "../../src/host/node-disk.js";
import { LmdbEnvironment } from "../../src/lmdb/lmdb.js";
import { isFault } from "../../src/model/fault.js";

const keyspaces = ["left", "right"];

async function rowCount(directory: string): Promise<number> {
  const options = { directory, mapBytes: 256 * 1024 * 1024, keyspaces, syncsCommits: false };
  const environment = await LmdbEnvironment.open(options, nodeDisk);
  try {
    return environment.read((tx) => {
      let count = 0;
      for (const keyspace of keyspaces) for (const _ of tx.rows(keyspace)) count += 1;
      return count;
    });
  } finally {
    await environment.close();
  }
}

for (const directory of process.argv.slice(2)) {
  try {
    console.log(`${await rowCount(directory)} rows`);
  } catch (error) {
    if (!isFault(error)) throw error;
    console.log(error.code);
  }
}
