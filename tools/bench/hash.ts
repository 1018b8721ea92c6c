/**
 * What one hash costs: the SHA-256 lanes as machine code and on node:crypto, and libsodium into
 * kept buffers. One thread, nothing else.
 *
 *     node dist/tools/bench/hash.js [rounds]
 *
 * Rows are medians over rounds of about 50 ms each, in microseconds per hash. Messages are hashed
 * by the hundreds, as admission does; `uniform` has lengths spread evenly over 150..350 bytes.
 */
import { fileURLToPath } from "node:url";
import { openSha256Lanes, type Sha256Lanes } from "../../src/crypto/sha256-lanes.js";
import { sodium } from "../../src/crypto/sodium.js";

export interface HashBenchOptions {
  readonly rounds: number;
  readonly roundMs: number;
}

/** One row: microseconds per hash by implementation. */
export interface HashBenchRow {
  readonly name: string;
  readonly wasm: number;
  readonly portable: number;
  readonly sodium: number;
}

const count = 256;
const tableOffset = 512 * 1024;
const outOffset = 600 * 1024;
const areaBytes = 1024 * 1024;

/** Measures all rows; `report` is called with each as soon as it is known. */
export async function runHashBench(
  options: HashBenchOptions,
  report: (row: HashBenchRow) => void = () => {},
): Promise<readonly HashBenchRow[]> {
  const wasm = openSha256Lanes({ bytes: areaBytes });
  const portable = openSha256Lanes({ bytes: areaBytes, implementation: "portable" });
  const rows: HashBenchRow[] = [];
  const add = (
    name: string,
    hashes: number,
    run: (lanes: Sha256Lanes) => void,
    bare: () => void,
  ) => {
    const each = (call: () => void): number => measure(options, hashes, call);
    const row: HashBenchRow = {
      name,
      wasm: each(() => run(wasm)),
      portable: each(() => run(portable)),
      sodium: each(bare),
    };
    rows.push(row);
    report(row);
  };

  const uniform = (index: number): number => 150 + ((index * 77) % 201);
  for (const [name, lengthOf] of [
    ["40 bytes (a concept path)", () => 40],
    ["65 bytes", () => 65],
    ["251 bytes (a leaf)", () => 251],
    ["uniform 150..350 bytes", uniform],
    ["1024 bytes", () => 1024],
  ] as const) {
    for (const lanes of [wasm, portable]) writeTable(lanes, lengthOf);
    const bare = sodiumLoop(wasm, lengthOf);
    add(name, count, (lanes) => lanes.many(tableOffset, count, outOffset), bare);
  }
  const nodes = sodiumLoop(wasm, () => 65);
  add("65 bytes as tree nodes", count, (lanes) => lanes.nodes(0, count, outOffset), nodes);
  const root = (lanes: Sha256Lanes): void => void lanes.root(0, count, outOffset);
  add("root of 256, per node", count - 1, root, nodes);
  return rows;
}

function writeTable(lanes: Sha256Lanes, lengthOf: (index: number) => number): void {
  const view = new DataView(lanes.bytes.buffer, lanes.bytes.byteOffset, lanes.bytes.length);
  for (let index = 0; index < count; index++) {
    view.setUint32(tableOffset + index * 8, index * 1025, true);
    view.setUint32(tableOffset + index * 8 + 4, lengthOf(index), true);
  }
}

/** libsodium at its best: every view made beforehand, hashes into one kept place. */
function sodiumLoop(lanes: Sha256Lanes, lengthOf: (index: number) => number): () => void {
  const library = sodium();
  const hash = new Uint8Array(32);
  const messages = Array.from({ length: count }, (_, index) =>
    lanes.bytes.slice(index * 1025, index * 1025 + lengthOf(index)),
  );
  return () => {
    for (const message of messages) library.crypto_hash_sha256(hash, message);
  };
}

/** Median microseconds per hash of a call that makes `hashes` of them. */
function measure(options: HashBenchOptions, hashes: number, call: () => void): number {
  const results: number[] = [];
  for (let round = 0; round <= options.rounds; round++) {
    const start = performance.now();
    let done = 0;
    while (performance.now() - start < options.roundMs) {
      call();
      done += hashes;
    }
    // The first round warms up.
    if (round > 0) results.push(((performance.now() - start) * 1000) / done);
  }
  results.sort((left, right) => left - right);
  return results[results.length >>> 1] ?? Number.NaN;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const rounds = Number(process.argv[2] ?? 7);
  console.log(`us per hash, ${"".padEnd(13)}    wasm  portable  sodium`);
  await runHashBench({ rounds, roundMs: 50 }, (row) => {
    const cells = [row.wasm, row.portable, row.sodium].map((cell) => cell.toFixed(3).padStart(8));
    console.log(`${row.name.padEnd(26)}${cells.join(" ")}`);
  });
}
