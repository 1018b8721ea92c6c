/** A thread that opens the environment of a directory and says what came of it. */
import { parentPort, workerData } from "node:worker_threads";
import { nodeDisk } from "../../src/host/node-disk.js";
import { LmdbEnvironment } from "../../src/lmdb/lmdb.js";
import { isFault } from "../../src/model/fault.js";

const options = {
  directory: String(workerData),
  mapBytes: 64 * 1024 * 1024,
  keyspaces: ["left", "right"],
  syncsCommits: false,
};

try {
  const environment = await LmdbEnvironment.open(options, nodeDisk);
  await environment.close();
  parentPort?.postMessage("opened");
} catch (error) {
  parentPort?.postMessage(isFault(error) ? error.code : String(error));
}
