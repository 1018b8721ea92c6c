/** A child process for tests: does what a message says, and tells what it did. */
import { writeSync } from "node:fs";
import { getPriority } from "node:os";
import { thisChild } from "../../src/host/children.js";

const self = await thisChild();
let stopsNever = false;

self.onStop(async () => {
  if (stopsNever) await new Promise(() => {});
  self.post("finished");
});

self.onMessage((message) => {
  if (message === "fail") throw new Error("told to fail");
  if (message === "fail long") {
    const facts = Array.from(
      { length: 60 },
      (_, at) => `a fact that takes a line of its own ${at}`,
    );
    throw Object.assign(new Error("told to fail"), { facts, cause: new TypeError("within") });
  }
  if (message === "exit") process.exit(3);
  if (message === "spin") {
    self.post("spinning");
    setImmediate(() => {
      for (;;);
    });
    return;
  }
  if (message === "stay") {
    stopsNever = true;
    return self.post("staying");
  }
  if (message === "write") return void writeSync(2, "a line\nand another\n");
  if (message === "facts") {
    return self.post({
      priority: getPriority(),
      flags: process.execArgv,
      options: process.env["NODE_OPTIONS"],
    });
  }
  self.post({ data: self.data, message });
});
