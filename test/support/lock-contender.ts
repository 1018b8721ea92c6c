/**
 * A process that takes and gives back directory locks on command. Lines in: `acquire <directory>`,
 * `release`. Lines out: `held`, `free`, or `refused {"code", "detail"}`.
 */
import { createInterface } from "node:readline";
import { DirectoryLock } from "../../src/host/directory-lock.js";
import { Fault } from "../../src/model/fault.js";

let lock: DirectoryLock | undefined;

const say = (line: string) => process.stdout.write(`${line}\n`);

createInterface({ input: process.stdin }).on("line", async (line) => {
  if (line === "release") {
    await lock?.release();
    lock = undefined;
    say("free");
    return;
  }
  try {
    lock = await DirectoryLock.acquire(line.slice("acquire ".length));
    say("held");
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    say(`refused ${JSON.stringify({ code: error.code, detail: error.detail })}`);
  }
});

say("ready");
