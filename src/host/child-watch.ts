/**
 * A thread of a child process that ends it when its parent is gone, even where the child's own
 * thread never comes back to its messages: a child that nobody owns would go on writing.
 *
 * A process whose parent has ended is given another one. So this thread looks at who the parent is;
 * it sleeps in between, and needs no turn of anybody.
 */
import { workerData } from "node:worker_threads";

const lookIntervalMs = 500;

const sleeping = new Int32Array(new SharedArrayBuffer(4));
while (process.ppid === workerData) Atomics.wait(sleeping, 0, 0, lookIntervalMs);
process.kill(process.pid, "SIGKILL");
