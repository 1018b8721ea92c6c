/**
 * Goal: a curator curates with `steme` alone, and answers change by it; without the right nothing
 * does. Method: a node in a process of its own; the same questions before and after each record.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type StartedNode, startNode } from "../support/node.js";
import { type Ran, runSteme } from "../support/program.js";
import { temporaryDirectory } from "../support/temporary.js";

const test = suite("integration: curation");
const directory = temporaryDirectory("curation");
const curator = join(directory, "curator");
const ann = join(directory, "ann");
const bob = join(directory, "bob");
let node: StartedNode;

type Json = Record<string, unknown>;

const steme = (key: string, ...typed: string[]): Promise<Ran> =>
  runSteme([...typed, "--json"], {
    environment: { STEMEDB_ADDRESS: node.address, STEMEDB_KEY: key },
  });

async function done(key: string, ...typed: string[]): Promise<Json[]> {
  const { exitCode, stdout, stderr } = await steme(key, ...typed);
  assert.is(exitCode, 0, stderr);
  return stdout.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Json]));
}

/** The receipt. */
async function say(key: string, body: Json): Promise<Json> {
  const [receipt = {}] = await done(key, "say", "--body", JSON.stringify(body));
  return receipt;
}

async function claim(key: string, ...typed: string[]): Promise<string> {
  const [receipt] = await done(key, "assert", ...typed, "--source", "study");
  return String(receipt?.["id"]);
}

async function winners(...typed: string[]): Promise<unknown[]> {
  return (await done(curator, "query", ...typed)).map((answer) => answer["winner"] ?? null);
}

async function faultOf(ran: Promise<Ran>, exitCode: number): Promise<Json> {
  const { exitCode: found, stderr } = await ran;
  assert.is(found, exitCode, stderr);
  return (JSON.parse(stderr) as { error: Json }).error;
}

test.before(async () => {
  node = await startNode();
  for (const key of [curator, ann, bob]) await done(key, "keys", "generate");
});

test.after(async () => {
  await node.stop();
});

test("predicate record: values stand side by side once its author is a curator", async () => {
  await claim(ann, "drug/a", "side_effect", "headache");
  await claim(bob, "drug/a", "side_effect", "nausea");
  const fields = { predicate: "side_effect", cardinality: "many", comparator: "exact" };
  await say(curator, { predicate_record: { prefix: "drug", ...fields } });
  assert.is((await winners("drug/a", "side_effect")).length, 1, "no right yet");
  const [{ public_key: key } = {}] = await done(curator, "keys", "show");
  const administrator = join(node.dataDir, "keys", "administrator.key");
  await done(administrator, "grants", "add", String(key), "--role", "curator");
  assert.equal((await winners("drug/a", "side_effect")).sort(), ["headache", "nausea"]);
});

test("alias: a path means the other concept", async () => {
  await claim(ann, "drug/paracetamol", "dose", "500");
  assert.equal(await winners("drug/acetaminophen", "dose"), []);
  await say(curator, { alias: { path: "drug/acetaminophen", canonical: "drug/paracetamol" } });
  assert.equal(await winners("drug/acetaminophen", "dose"), [500]);
});

test("epoch: claims of the one that it supersedes count no more", async () => {
  await claim(ann, "drug/b", "dose", "10", "--epoch", "2026");
  assert.equal(await winners("drug/b", "dose"), [10]);
  await say(curator, { epoch: { name: "2027", supersedes: "2026" } });
  assert.equal(await winners("drug/b", "dose"), [null]);
});

test("trust outcome: authority says otherwise than consensus", async () => {
  await claim(ann, "drug/c", "dose", "1", "--confidence", "0.9");
  await claim(bob, "drug/c", "dose", "2");
  const said = await claim(bob, "drug/d", "dose", "7");
  const question = ["drug/c", "dose", "--lens"];
  assert.equal(await winners(...question, "authority"), [2]);
  const outcome = { trust_outcome: { target: said, path: "drug/d", outcome: "wrong" } };
  await say(ann, outcome);
  assert.equal(await winners(...question, "authority"), [2], "ann is no curator");
  await say(curator, outcome);
  assert.equal(await winners(...question, "consensus"), [2]);
  assert.equal(await winners(...question, "authority"), [1]);
});

test("import: takes the same records, and supersedes with them", async () => {
  const old = await claim(ann, "drug/e", "dose", "3");
  const fresh = await claim(bob, "drug/e", "dose", "4", "--confidence", "0.5");
  assert.equal(await winners("drug/e", "dose"), [3]);
  const records = [
    { source_record: { id: "study", title: "A study", class: "clinical" } },
    { log_genesis: {} },
    { supersession: { old, new: fresh, path: "drug/e" } },
  ];
  const file = join(directory, "curated.jsonl");
  writeFileSync(file, records.map((record) => `${JSON.stringify(record)}\n`).join(""));
  const { exitCode, stdout, stderr } = await steme(curator, "import", file);
  assert.is(exitCode, 1, "one was refused");
  const { appended, refused } = JSON.parse(stdout) as Json;
  assert.equal([appended, refused], [2, 1]);
  assert.match(stderr, `${file}:2: log_genesis is a body that only a node writes`);
  assert.equal(await winners("drug/e", "dose"), [4]);
});

test("import: takes what tail printed, with the same ids", async () => {
  const { stdout } = await steme(curator, "tail", "--from", "start", "--until-end");
  const [{ public_key: key } = {}] = await done(curator, "keys", "show");
  const isOwn = (line: string) => line.includes(`"author":"${String(key)}"`);
  const own = stdout.split("\n").filter(isOwn);
  assert.ok(own.length >= 6);
  const file = join(directory, "printed.jsonl");
  writeFileSync(file, own.join("\n"));
  const [counts = {}] = await done(curator, "import", file);
  assert.is(counts["refused"], 0);
  // Stamps stand between them, one to a block.
  const newest = await done(curator, "read", "--from", `-${2 * own.length}`);
  const again = newest.filter((line) => isOwn(JSON.stringify(line))).slice(-own.length);
  const ids = (lines: readonly Json[]) => lines.map((line) => line["id"]);
  assert.equal(ids(again), ids(own.map((line) => JSON.parse(line) as Json)));
});

test("say: what the node's rules refuse names field, limit and value", async () => {
  const path = "x".repeat(401);
  const body = JSON.stringify({ alias: { path, canonical: "a" } });
  const { code, detail } = await faultOf(steme(curator, "say", "--body", body), 1);
  assert.is(code, "ENTRY_INVALID");
  assert.is((detail as Json)["field"], "alias.path");
  assert.match(String((detail as Json)["limit"]), "400 bytes");
  const grant = { cluster_id: "00".repeat(16), key: "00".repeat(32), role: "curator" };
  const typed = ["say", "--body", JSON.stringify({ grant })];
  assert.is((await faultOf(steme(curator, ...typed), 1))["code"], "BODY_NOT_ALLOWED");
});

test.run();
