/**
 * Goal: docs/reference/json.md tells the truth: every `--json` output has the shape of its example,
 * and every record that the page shows can be imported. Method: the commands run against a node in
 * a process of its own; shapes (names and types, recursively) are compared.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { jsonExamples, recordExamples } from "../../tools/docs/json-examples.js";
import { type StartedNode, startNode } from "../support/node.js";
import { type Ran, runSteme } from "../support/program.js";
import { temporaryDirectory } from "../support/temporary.js";

const test = suite("integration: cli json");
const directory = temporaryDirectory("cli-json");
const seen = new Set<string>();
let node: StartedNode;

/** Names and types; of a list, the shape of its first element. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, 1).map(shapeOf);
  if (typeof value !== "object" || value === null) return value === null ? "null" : typeof value;
  const entries = Object.entries(value).map(([name, inside]) => [name, shapeOf(inside)] as const);
  return Object.fromEntries(entries.sort(([left], [right]) => (left < right ? -1 : 1)));
}

function exampleOf(name: string): unknown {
  const example = jsonExamples.find((one) => one.name === name);
  assert.ok(example, `${name} has an example`);
  seen.add(name);
  return example?.value;
}

const steme = (...typed: string[]): Promise<Ran> =>
  runSteme([...typed, "--json"], {
    environment: { STEMEDB_ADDRESS: node.address, STEMEDB_KEY: join(directory, "key") },
  });

async function resultOf(...typed: string[]): Promise<unknown> {
  const { exitCode, stdout, stderr } = await steme(...typed);
  assert.is(exitCode, 0, stderr);
  assert.is(stdout.split("\n").length, 2, "one line");
  return JSON.parse(stdout);
}

async function matches(name: string, ...typed: string[]): Promise<unknown> {
  const result = await resultOf(...typed);
  assert.equal(shapeOf(result), shapeOf(exampleOf(name)), name);
  return result;
}

test.before(async () => {
  node = await startNode();
});

test.after(async () => {
  await node.stop();
});

test("keys and receipts: the shapes of their examples", async () => {
  await matches("keys", "keys", "generate");
  await matches("keys", "keys", "show");
  const claim = ["web/feature/grid/chrome", "supported_since", "57", "--type", "version"];
  await matches("assert", "assert", ...claim, "--source", "caniuse");
});

test("records: read, tail and get, the shapes of their examples", async () => {
  await matches("record", "read", "--from", "-1");
  await matches("record", "tail", "--from", "-1", "--until-end");
  const { id } = (await matches("get", "get", "-1")) as { id: string };
  assert.equal(await resultOf("get", id), await resultOf("get", "-1"));
});

test("get: entries of the log's own key have no batch", async () => {
  const { batch } = (await resultOf("get", "0")) as { batch: unknown };
  assert.is(batch, null);
});

test("status, config, help and version: the shapes of their examples", async () => {
  await matches("status", "status");
  await matches("config show", "config", "show");
  await matches("help", "help", "keys", "show");
  await matches("version", "--version");
});

const chrome = ["web/feature/grid/chrome", "supported_since"];

/** The receipt of a claim. */
async function claimed(...typed: string[]): Promise<{ id: string; index: number }> {
  return (await resultOf("assert", ...typed)) as { id: string; index: number };
}

test("answers: query, explain and diff, the shapes of their examples", async () => {
  await matches("query", "query", ...chrome);
  await matches("explain", "explain", ...chrome);
  await matches("diff", "diff", ...chrome, "--from", "3");
});

test("lists: concepts, conflicts and sources, the shapes of their examples", async () => {
  await matches("concepts", "concepts", "web");
  await matches("sources list", "sources", "--limit", "1");
  await matches("sources show", "sources", "show", "caniuse");
  // Of another interval of validity: it does not revise what the same voice said before.
  const since = ["--valid-from", "2000-01-01"];
  await claimed(...chrome, "58", "--type", "version", "--source", "blog", ...since);
  await matches("conflicts", "conflicts");
});

test("acts: on claims and sources, the shapes of their examples", async () => {
  const { id } = await claimed("json/act", "p", "57", "--type", "version");
  const dryRun = await matches("retract --dry-run", "retract", id, "--dry-run");
  assert.is((dryRun as { winner_changed: boolean }).winner_changed, true);
  await matches("vote", "vote", id, "--against");
  await matches("vote", "endorse", id);
  await matches("retract", "retract", id, "--reason", "an example");
  await claimed("json/act", "q", "1", "--source", "study/17");
  await matches("sources retract", "sources", "retract", "study/17");
});

test("views: status, verify and rebuild, the shapes of their examples", async () => {
  await matches("views status", "views", "status");
  await matches("views verify", "views", "verify");
  await matches("views rebuild", "views", "rebuild");
});

test("grants: list, add and revoke, the shapes of their examples", async () => {
  const { stdout } = await steme("grants", "list");
  const last = stdout.trimEnd().split("\n").at(-1) ?? "";
  assert.equal(shapeOf(JSON.parse(last)), shapeOf(exampleOf("grants list")));
  const { public_key: key } = (await resultOf("keys", "show")) as { public_key: string };
  const signed = ["--key", join(node.dataDir, "keys", "administrator.key")];
  await matches("grants add", "grants", "add", key, "--role", "curator", ...signed);
  // Of a moment when it had said nothing yet.
  const since = ["--since", "2000-01-01"];
  await matches("grants add", "grants", "revoke", "00".repeat(32), ...since, ...signed);
});

test("serve: what it printed has the shape of its example", () => {
  const [line = ""] = node.process.stdout().split("\n");
  assert.equal(shapeOf(JSON.parse(line)), shapeOf(exampleOf("serve")));
});

test("benches: the shapes of their examples", async () => {
  const brief = [
    "--seconds",
    "300ms",
    "--warm-up",
    "0s",
    "--batch",
    "8",
    "--prepare-memory",
    "1MiB",
  ];
  await matches("bench append", "bench", "append", ...brief);
  await matches("bench subscribe", "bench", "subscribe");
  await matches("bench subscribe --rate", "bench", "subscribe", "--rate", "500", ...brief);
});

test("import: takes every record of the page; the shape of its example", async () => {
  // The last one is a line that somebody else's `read` printed.
  const lines = recordExamples.slice(0, -1).map(([, record]) => JSON.stringify(record));
  const own = (await steme("read", "--from", "-1", "--kind", "assertion")).stdout;
  const file = join(directory, "records.jsonl");
  writeFileSync(file, `${lines.join("\n")}\n`);
  const result = await matches("import", "import", file);
  const { appended, refused } = result as { appended: number; refused: number };
  assert.is(appended, lines.length);
  assert.is(refused, 0);
  assert.ok(own !== undefined);
});

test("errors: the shape of their example", async () => {
  const { exitCode, stdout, stderr } = await steme("get", "999999");
  assert.is(exitCode, 1);
  assert.is(stdout, "");
  const shape = shapeOf(JSON.parse(stderr)) as { error: Record<string, unknown> };
  const expected = shapeOf(exampleOf("error")) as { error: Record<string, unknown> };
  assert.equal({ ...shape.error, detail: {} }, { ...expected.error, detail: {} });
});

test("page: every example was held against a command", () => {
  assert.equal([...seen].sort(), jsonExamples.map((example) => example.name).sort());
});

test.run();
