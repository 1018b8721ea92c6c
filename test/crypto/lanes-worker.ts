/** A thread that hashes in an area its parent made, for sha256-lanes-threads.test.ts. */
import { parentPort, workerData } from "node:worker_threads";
import { openSha256Lanes } from "../../src/crypto/sha256-lanes.js";

const { memory, bytes } = workerData as { memory: WebAssembly.Memory; bytes: number };
const lanes = openSha256Lanes({ bytes, shared: memory });

parentPort?.on("message", (task: { table: number; count: number; out: number; rounds: number }) => {
  for (let round = 0; round < task.rounds; round++) lanes.many(task.table, task.count, task.out);
  parentPort?.postMessage("done");
});
