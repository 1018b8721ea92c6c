/** A worker for tests: does what a message says, and tells what it did. */
import { thisWorker } from "../../src/host/workers.js";

export interface EchoData {
  readonly greeting: string;
  readonly memory: WebAssembly.Memory;
}

const self = thisWorker();
const { greeting, memory } = self.data as EchoData;

self.onMessage((message) => {
  if (message === "fail") throw new Error("told to fail");
  if (message === "exit") process.exit(3);
  if (message === "spin") for (;;);
  if (message === "count") {
    Atomics.add(new Int32Array(memory.buffer), 0, 1);
    return self.post("counted");
  }
  if (message instanceof ArrayBuffer) return self.post(message.byteLength, []);
  self.post(`${greeting} ${message}`);
});
