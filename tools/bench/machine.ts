/** The machine under the numbers. */
import { execFileSync } from "node:child_process";
import {
  closeSync,
  fdatasyncSync,
  openSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeSync,
} from "node:fs";
import { availableParallelism, cpus, release, tmpdir, totalmem, type } from "node:os";
import { join } from "node:path";
import { short } from "./figures.js";

const syncs = 200;
const blockBytes = 4_096;

/** The median time in milliseconds to write 4 KiB into a file that is there, and sync it. */
function syncMs(): number {
  const path = join(tmpdir(), `stemedb-bench-sync-${process.pid}`);
  const file = openSync(path, "w");
  try {
    const block = Buffer.alloc(blockBytes, 1);
    for (let i = 0; i < syncs; i++) writeSync(file, block, 0, blockBytes, i * blockBytes);
    fdatasyncSync(file);
    const times = Array.from({ length: syncs }, (_unused, i) => {
      const begin = performance.now();
      writeSync(file, block, 0, blockBytes, i * blockBytes);
      fdatasyncSync(file);
      return performance.now() - begin;
    });
    return times.sort((left, right) => left - right)[syncs / 2] ?? 0;
  } finally {
    closeSync(file);
    rmSync(path, { force: true });
  }
}

/** Model of the processor; `lscpu` says it better where it is there. */
function processor(): string {
  const model = cpus()[0]?.model ?? "an unknown processor";
  const features = ["sha_ni", "avx512f"].filter((name) => flags().includes(name));
  return features.length === 0 ? model : `${model} (${features.join(", ")})`;
}

function flags(): string {
  try {
    return /^flags\s*:(.*)$/m.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1] ?? "";
  } catch {
    return "";
  }
}

/** Type and device of the file system that temporary files are on. */
function disk(): string {
  const free = statfsSync(tmpdir());
  const gibibytes = (free.bavail * free.bsize) / 1024 ** 3;
  try {
    const [, line = ""] = execFileSync("df", ["--output=source,fstype", tmpdir()], {
      encoding: "utf8",
    }).split("\n");
    return `${line.trim().replace(/\s+/, ", ")}, ${gibibytes.toFixed(0)} GiB free`;
  } catch {
    return `${gibibytes.toFixed(0)} GiB free`;
  }
}

/** Facts of the machine, by name, in the order in which they are printed. */
export function machineFacts(): ReadonlyMap<string, string> {
  return new Map([
    ["processor", processor()],
    ["cores", String(availableParallelism())],
    ["memory", `${(totalmem() / 1024 ** 3).toFixed(0)} GiB`],
    ["system", `${type()} ${release()}`],
    ["disk", disk()],
    ["4 KiB write and fdatasync", `${short(syncMs())} ms, median of ${syncs}`],
    ["Node.js", process.version],
  ]);
}
