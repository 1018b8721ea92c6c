/**
 * Goal: the command line does what its reference says, as a user starts it: real processes, real
 * signals, pipes that close, nodes that go away. Method: one node in a process of its own; each
 * test says something to it and reads it back another way.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { within } from "../support/expect.js";
import { apiPath, type StartedNode, startNode, stemePath } from "../support/node.js";
import { freePort } from "../support/ports.js";
import { type Finished, runProcess, startProcess } from "../support/process.js";
import { temporaryDirectory } from "../support/temporary.js";

const test = suite("integration: cli");
const directory = temporaryDirectory("cli");
const key = join(directory, "key");
let node: StartedNode;

const environment = () => ({ STEMEDB_ADDRESS: node.address, STEMEDB_KEY: key });

const steme = (typed: string, input = ""): Promise<Finished> =>
  runProcess(process.execPath, [stemePath, ...typed.split(" ")], 20_000, {
    env: environment(),
    input,
  });

async function linesOf(typed: string): Promise<Record<string, unknown>[]> {
  const { code, stdout, stderr } = await steme(typed);
  assert.is(code, 0, stderr);
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

const indexesOf = async (typed: string): Promise<unknown[]> =>
  (await linesOf(`${typed} --json`)).map((record) => record["index"]);

const claim = (path: string, value: number): string =>
  JSON.stringify({
    concept_path: path,
    predicate: "p",
    value,
    source: { id: "s" },
    asserted_at: "2026-01-01T00:00:00Z",
  });

test.before(async () => {
  node = await startNode();
  const { code, stderr } = await steme("keys generate");
  assert.is(code, 0, stderr);
});

test.after(async () => {
  const { code } = await node.stop();
  assert.is(code, 0, node.process.stderr());
});

test("assert, get: what was said is there, with its id, as the receipt says", async () => {
  const typed =
    "assert lake/zurich temperature 18.4 --unit Cel --confidence 0.9 --label a=b --json";
  const [receipt = {}] = await linesOf(typed);
  const [found = {}] = await linesOf(`get ${receipt["id"]} --json`);
  assert.is(found["index"], receipt["index"]);
  assert.is(found["hybrid_time"], receipt["hybrid_time"]);
  const { value, confidence, labels } = found["entry"] as Record<string, unknown>;
  assert.equal(value, { kind: "number", number: 18.4, unit: "Cel", bound: "exact" });
  assert.is(confidence, 0.9);
  assert.equal(labels, { a: "b" });
  const again = await linesOf(`get ${receipt["log_id"]}:${receipt["index"]} --json`);
  assert.equal(again, [found]);
});

test("assert: what a rule forbids is refused with field, limit and value", async () => {
  const { code, stderr } = await steme("assert bad//path p 1 --json");
  assert.is(code, 1);
  const { error } = JSON.parse(stderr) as { error: { code: string; detail: object } };
  assert.is(error.code, "ENTRY_INVALID");
  assert.equal(Object.keys(error.detail).sort(), ["field", "limit", "value"]);
});

test("import: bad records are named by file and line, the others are appended", async () => {
  const file = join(directory, "claims.jsonl");
  const lines = [claim("im/a", 1), "", "nonsense", claim("im//a", 2), claim("im/b", 3)];
  writeFileSync(file, `${lines.join("\n")}\n`);
  const { code, stdout, stderr } = await steme(`import ${file}`);
  assert.is(code, 1);
  assert.match(stdout, /^appended 2, existed 0, refused 2;/);
  assert.ok(stderr.includes(`${file}:3: the line is not JSON`), stderr);
  assert.ok(stderr.includes(`${file}:4: assertion.concept_path`), stderr);
  assert.match(stderr, "IMPORT_INCOMPLETE");
  const found = await linesOf("read --prefix im --json");
  assert.equal(
    found.map(({ entry }) => (entry as Record<string, unknown>)["concept_path"]),
    ["im/a", "im/b"],
  );
});

test("import: a repeat gives the same ids, from a pipe as from a file", async () => {
  const input = `${claim("re/a", 1)}\n${claim("re/b", 2)}\n`;
  for (let i = 0; i < 2; i++) assert.is((await steme("import -", input)).code, 0);
  const found = await linesOf("read --prefix re --json");
  const ids = found.map((record) => record["id"]);
  assert.is(ids.length, 4);
  assert.equal(ids.slice(2), ids.slice(0, 2));
});

test("import: lines of `read --json` of one's own come back as the same entries", async () => {
  const { stdout } = await steme("read --prefix re -n 1 --json");
  const { code, stderr } = await steme("import -", stdout);
  assert.is(code, 0, stderr);
  const [last = {}] = await linesOf("read --prefix re --from -1 --json");
  assert.is(last["id"], (JSON.parse(stdout) as { id: string }).id);
});

test("import: of ten thousand records every one is there, in order", async () => {
  const input = Array.from({ length: 10_000 }, (_unused, i) => claim("many/x", i)).join("\n");
  const [summary = {}] = (await steme("import - --json", input)).stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.is(summary["appended"], 10_000);
  const found = await linesOf("read --from start:end --prefix many --json");
  assert.equal(
    found.map(({ entry }) => (entry as Record<string, unknown>)["value"]),
    Array.from({ length: 10_000 }, (_unused, i) => i),
  );
});

test("read: ranges, counts and directions", async () => {
  assert.equal(await indexesOf("read -n 3"), [0, 1, 2]);
  assert.equal(await indexesOf("read --from 2:5"), [2, 3, 4]);
  assert.equal(await indexesOf("read --from 2:5 --backwards"), [4, 3, 2]);
  assert.equal(await indexesOf("read --from 2:+2"), [2, 3]);
  assert.equal(await indexesOf("read --from 2:5 --backwards -n 2"), [4, 3]);
  assert.equal(await indexesOf("read --from end"), []);
  assert.equal(await indexesOf("read --from 999999999"), []);
  const [size] = (await linesOf("status --json")).map((status) => status["size"] as number);
  assert.equal(await indexesOf("read --from -2"), [(size ?? 0) - 2, (size ?? 0) - 1]);
});

test("read: from a moment, what was recorded since; from the future, nothing", async () => {
  assert.equal(await indexesOf("read --from @-1h -n 1"), [0]);
  assert.equal(await indexesOf("read --from @2099-01-01"), []);
  const [receipt = {}] = await linesOf("assert time/x p 1 --json");
  const since = `read --from @${receipt["recorded_at"]} --kind assertion --json`;
  const [first = {}] = await linesOf(since);
  assert.is(first["index"], receipt["index"]);
});

test("read: a filter ends at the end of the range, both ways", async () => {
  const all = (await indexesOf("read --from start: --kind assertion")) as number[];
  const middle = all.slice(1, 4);
  const range = `${middle[0]}:${(middle[2] ?? 0) + 1}`;
  assert.equal(await indexesOf(`read --from ${range} --kind assertion`), middle);
  const reversed = await indexesOf(`read --from ${range} --kind assertion --backwards`);
  assert.equal(reversed, middle.toReversed());
});

test("tail: replays, then follows; Ctrl-C ends it with 0", async () => {
  const tail = startProcess(
    process.execPath,
    [stemePath, "tail", "--from", "end", "--prefix", "live", "--json"],
    { env: environment() },
  );
  await steme("status"); // gives the subscription time to stand before the end moves on
  await new Promise((resolve) => setTimeout(resolve, 500));
  for (let value = 0; value < 3; value++)
    assert.is((await steme(`assert live/x p ${value}`)).code, 0);
  await tail.line(/"value":2/, 10_000);
  const { code } = await tail.kill("SIGINT");
  assert.is(code, 0, tail.stderr());
  const values = tail
    .stdout()
    .trim()
    .split("\n")
    .map((line) => (JSON.parse(line) as { entry: { value: number } }).entry.value);
  assert.equal(values, [0, 1, 2]);
});

test("tail: as many as asked for, and no more", async () => {
  assert.equal(await indexesOf("tail --from start -n 5"), [0, 1, 2, 3, 4]);
});

test("output: a reader that goes away is no error", async () => {
  const child = spawn(process.execPath, [stemePath, "read", "--from", "start:end"], {
    env: { ...process.env, ...environment() },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stderr = "";
  child.stderr.on("data", (text) => {
    stderr += text;
  });
  const closed = once(child, "close");
  await once(createInterface(child.stdout), "line");
  child.stdout.destroy();
  const [code] = await within(15_000, closed);
  assert.is(code, 0, stderr);
  assert.is(stderr, "");
});

test("serve: a data directory or address in use is one sentence, and exit code 1", async () => {
  const same = await steme(`serve --data-dir ${node.dataDir} --grpc-address 127.0.0.1:0`);
  assert.is(same.code, 1);
  assert.match(same.stderr, "DATA_DIRECTORY_IN_USE");
  const other = join(directory, "other");
  const taken = await steme(
    `serve --data-dir ${other} --http-address 127.0.0.1:0 --grpc-address ${node.address}`,
  );
  assert.is(taken.code, 1);
  assert.match(taken.stderr, /^error: .*--grpc-address.*\(ADDRESS_IN_USE\)$/m);
});

test("stemedb-api: the same as `steme serve`; an empty wal/ counts as unformatted", async () => {
  const dataDir = join(directory, "api");
  mkdirSync(join(dataDir, "wal"), { recursive: true });
  const address = `127.0.0.1:${await freePort()}`;
  const api = startProcess(process.execPath, [apiPath, "--data-dir", dataDir], {
    env: {
      STEMEDB_GRPC_ADDRESS: address,
      STEMEDB_HTTP_ADDRESS: "127.0.0.1:0",
      STEMEDB_LOG_LEVEL: "warn",
      STEMEDB_WAL_RESERVE_BYTES: "0",
    },
  });
  await api.line(/^serving .* on /, 20_000);
  assert.is((await steme(`status --address ${address}`)).code, 0);
  const { code } = await api.kill("SIGTERM");
  assert.is(code, 0, api.stderr());
  assert.is((await steme(`status --address ${address} --timeout 300ms`)).code, 10);
});

test("serve: log, size and root are the same after a restart", async () => {
  const first = await startNode();
  const ask = async (address: string) => {
    const [status = {}] = await linesOf(`status --address ${address} --json`);
    return [status["log_id"], status["size"], status["root"]];
  };
  assert.is((await steme(`assert a b c --address ${first.address}`)).code, 0);
  const before = await ask(first.address);
  assert.is((await first.stop()).code, 0);
  const second = await startNode([], first.dataDir);
  assert.equal(await ask(second.address), before);
  assert.is((await second.stop()).code, 0);
});

test.run();
