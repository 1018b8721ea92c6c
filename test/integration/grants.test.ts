/**
 * Goal: an administrator can give rights, and answers change by it; nobody else can. Method: a node
 * in a process of its own, the keys that it was founded with, and `steme` as an operator types it.
 */
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type StartedNode, startNode, stemePath } from "../support/node.js";
import { type Finished, runProcess } from "../support/process.js";
import { temporaryDirectory } from "../support/temporary.js";

const test = suite("integration: grants");
const directory = temporaryDirectory("grants");
const own = join(directory, "key");
let node: StartedNode;
let administrator = "";
let publicKey = "";

const run = (typed: string, key = own): Promise<Finished> =>
  runProcess(process.execPath, [stemePath, ...typed.split(" "), "--json"], 20_000, {
    env: { STEMEDB_ADDRESS: node.address, STEMEDB_KEY: key },
  });

async function done(typed: string, key = own): Promise<Record<string, unknown>[]> {
  const { code, stdout, stderr } = await run(typed, key);
  assert.is(code, 0, stderr);
  const lines = stdout.split("\n").filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

async function refused(typed: string, key = own): Promise<string> {
  const { code, stderr } = await run(typed, key);
  assert.is(code, 1, "it is refused");
  return (JSON.parse(stderr) as { error: { code: string } }).error.code;
}

async function tiersOf(path: string): Promise<string> {
  const [answer] = await done(`query ${path} p --lens layered`);
  return JSON.stringify(answer?.["tiers"]);
}

test.before(async () => {
  node = await startNode();
  administrator = join(node.dataDir, "keys", "administrator.key");
  await done("keys generate");
  const [shown = {}] = await done("keys show");
  publicKey = String(shown["public_key"]);
});

test.after(async () => {
  await node.stop();
});

test("list: what the log was founded with", async () => {
  const rights = await done("grants list");
  assert.equal(
    rights.map(({ role, effective }) => [role, effective]),
    [
      ["gateway", true],
      ["writer", true],
    ],
  );
});

test("add: a class counts once it is granted, for what was said before too", async () => {
  await done("assert drug/a p 1 --class clinical --source trial");
  assert.match(await tiersOf("drug/a"), "community");
  assert.is(
    await refused(`grants add ${publicKey} --class-ceiling clinical`),
    "BODY_NOT_ALLOWED",
    "nobody grants to themselves",
  );
  await done(`grants add ${publicKey} --class-ceiling clinical --prefix drug`, administrator);
  assert.match(await tiersOf("drug/a"), "clinical");
  assert.is((await done("grants list")).length, 3);
});

test("add: an administrator of a prefix grants below it alone", async () => {
  const command = `grants add ${publicKey} --role curator --prefix`;
  assert.is(await refused(`${command} drug/a`), "BODY_NOT_ALLOWED");
  await done(`grants add ${publicKey} --role administrator --prefix drug`, administrator);
  await done(`${command} drug/a`);
  assert.is(await refused(`${command} web`), "BODY_NOT_ALLOWED");
});

test("revoke: the key counts no more, and the list says since when", async () => {
  const key = join(directory, "other");
  await done("keys generate", key);
  const [shown = {}] = await done("keys show", key);
  await done("assert web/a p 1 --source s", key);
  await done(`grants revoke ${shown["public_key"]} --reason lost`, administrator);
  await done("assert web/a p 2 --source s", key);
  const [answer] = await done("query web/a p --lens recency");
  assert.is(answer?.["winner"], 1, "what was said before it stands");
  const last = (await done("grants list")).at(-1);
  assert.is(last?.["kind"], "revocation");
  assert.is(last?.["effective"], true);
  assert.is(last?.["reason"], "lost");
  assert.is(await refused(`grants revoke ${publicKey}`, key), "BODY_NOT_ALLOWED");
});

test.run();
