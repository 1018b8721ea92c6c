/**
 * Goal: a person at a terminal asks, sees who says what, takes back, votes, and reads the answer as
 * of any moment; a program gets the same as JSON. Method: one node in a process of its own, and the
 * real command line; a small story of three voices, told and asked about.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { PassThrough } from "node:stream";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { runProgram } from "../../cli/program.js";
import { widthOf } from "../../cli/text-width.js";
import { within } from "../support/expect.js";
import { type StartedNode, startNode, stemePath } from "../support/node.js";
import { runProcess } from "../support/process.js";
import { type Ran, runSteme, shellWords } from "../support/program.js";
import { temporaryDirectory } from "../support/temporary.js";

const test = suite("integration: cli answers");
const directory = temporaryDirectory("cli-answers");
const question = "web/grid/chrome supported_since";
let node: StartedNode;
/** Of the claims, by who said them. */
const ids: Record<string, string> = {};

type Voice = "ann" | "ben" | "cy";

const environmentOf = (voice: Voice) => ({
  STEMEDB_ADDRESS: node.address,
  STEMEDB_KEY: join(directory, voice),
});

const steme = (typed: string, voice: Voice = "ann", input = ""): Promise<Ran> =>
  runSteme(shellWords(typed), { environment: environmentOf(voice), input });

async function said(typed: string, voice: Voice = "ann", input = ""): Promise<string> {
  const { exitCode, stdout, stderr } = await steme(typed, voice, input);
  assert.is(exitCode, 0, `${typed}: ${stderr}`);
  return stdout;
}

interface Line {
  readonly [name: string]: unknown;
}

const linesOf = async (typed: string, voice: Voice = "ann", input = ""): Promise<Line[]> =>
  (await said(`${typed} --json`, voice, input))
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Line);

async function oneOf(typed: string, voice: Voice = "ann"): Promise<Line> {
  const lines = await linesOf(typed, voice);
  assert.is(lines.length, 1, typed);
  return lines[0] ?? {};
}

const versionOf = (winner: unknown): unknown => (winner as { version?: string } | null)?.version;

async function claim(voice: Voice, value: string, more: string): Promise<Line> {
  return oneOf(`assert ${question} ${value} --type version ${more}`, voice);
}

async function refusal(typed: string, voice: Voice, exitCode: number): Promise<string> {
  const ran = await steme(typed, voice);
  assert.is(ran.exitCode, exitCode, `${typed}: ${ran.stderr}`);
  assert.is(ran.stdout, "");
  return ran.stderr;
}

test.before(async () => {
  node = await startNode();
  for (const voice of ["ann", "ben", "cy"] as const) await said("keys generate", voice);
  const [ann, ben, cy] = [
    await claim("ann", "57", "--source caniuse --class expert"),
    await claim("ben", "57", "--source mdn --class expert"),
    await claim("cy", "58", "--source blog --class anecdotal --confidence 0.6"),
  ];
  ids["ann"] = String(ann["id"]);
  ids["ben"] = String(ben["id"]);
  ids["cy"] = String(cy["id"]);
  ids["first"] = String(ann["index"]);
});

test.after(async () => {
  const { code } = await node.stop();
  assert.is(code, 0, node.process.stderr());
});

test("query: the card names the winner, who says it, and who says otherwise", async () => {
  const text = await said(`query ${question} --decay none`);
  assert.match(text, "57  confidence 0.77, contested");
  assert.match(text, /57 {2}█+ {2}2\.00 {2}2 voices/);
  assert.match(text, "blog (anecdotal)");
  assert.match(text, "2 voices say so, with 0.77 of all support.");
  assert.match(text, "consensus; no decay");
  assert.not.match(text, "\u001b");
});

test("query: the real program, piped, prints the same as plain text", async () => {
  const at = "--evaluated-at 2099-01-01";
  const { code, stdout, stderr } = await runProcess(
    process.execPath,
    [stemePath, "query", ...question.split(" "), ...at.split(" ")],
    20_000,
    { env: environmentOf("ann") },
  );
  assert.is(code, 0, stderr);
  assert.is(stdout, await said(`query ${question} ${at}`));
});

test("query: a reader that goes away is no error", async () => {
  const lines = Array.from({ length: 400 }, (_unused, i) => ({
    concept_path: `many/${i}`,
    predicate: "p",
    value: i,
    source: { id: "s" },
    asserted_at: "2026-01-01T00:00:00Z",
  }));
  await said("import -", "ann", lines.map((line) => JSON.stringify(line)).join("\n"));
  const child = spawn(process.execPath, [stemePath, "query", "--prefix", "many", "--json"], {
    env: { ...process.env, ...environmentOf("ann") },
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

test("query: on a terminal in colour, as wide as it is; without under NO_COLOR", async () => {
  const shown = async (columns: number, environment: Record<string, string>): Promise<string> => {
    const stdout = Object.assign(new PassThrough(), { isTTY: true, columns });
    const exitCode = await runProgram(["query", ...question.split(" ")], {
      stdin: new PassThrough(),
      stdout,
      stderr: new PassThrough(),
      environment: { HOME: directory, ...environmentOf("ann"), ...environment },
      stop: new AbortController().signal,
      nowMs: () => Date.now(),
    });
    assert.is(exitCode, 0);
    return String(stdout.read());
  };
  assert.match(await shown(80, {}), "\u001b[1m57\u001b[22m");
  for (const columns of [60, 80, 100]) {
    const plain = await shown(columns, { NO_COLOR: "1" });
    assert.not.match(plain, "\u001b");
    const widest = Math.max(...plain.split("\n").map(widthOf));
    assert.ok(widest <= columns && widest > columns - 8, `${widest} of ${columns}`);
  }
});

test("query: a concept, a prefix, a predicate of it, and questions from a pipe", async () => {
  await said("assert web/grid/firefox supported_since 52 --type version --source mdn");
  await said("assert web/grid/chrome note 'subgrid came later'");
  const askedFor = async (typed: string, input = ""): Promise<unknown[]> =>
    (await linesOf(typed, "ann", input)).map(
      (line) => `${line["concept_path"]} ${line["predicate"]}`,
    );
  const [chrome, firefox] = ["web/grid/chrome", "web/grid/firefox"];
  assert.equal(await askedFor(`query ${chrome}`), [`${chrome} note`, `${chrome} supported_since`]);
  assert.equal(await askedFor("query --prefix web --predicate supported_since"), [
    `${chrome} supported_since`,
    `${firefox} supported_since`,
  ]);
  assert.is((await askedFor("query --prefix web --limit 2")).length, 2);
  const input = [firefox, "web/none", chrome]
    .map((path) => JSON.stringify({ concept_path: path, predicate: "supported_since" }))
    .join("\n");
  assert.equal(await askedFor("query --file -", input), [
    `${firefox} supported_since`,
    "web/none supported_since",
    `${chrome} supported_since`,
  ]);
});

test("query: what nobody claimed is no error, in words and as JSON", async () => {
  assert.match(await said("query nowhere"), "nobody has claimed anything about nowhere");
  assert.equal(await linesOf("query nowhere"), []);
  assert.match(await said("query no where"), "nobody has claimed anything about");
});

test("query: through other lenses and parameters", async () => {
  const { winner } = await oneOf(`query ${question} --lens skeptic`);
  assert.is(winner, null);
  const only = await oneOf(`query ${question} --source blog`);
  assert.is(versionOf(only["winner"]), "58");
  const without = await oneOf(`query ${question} --without ${ids["cy"]}`);
  assert.is(without["status"], "unanimous");
  const { basis } = without as { basis: { parameters: Line } };
  assert.equal(basis.parameters["claims_out"], [ids["cy"]]);
});

test("query: as of a place, a position and a frontier, inside of the log", async () => {
  const [first = ""] = [ids["first"]];
  const then = await oneOf(`query ${question} --as-of ${first}`);
  assert.is((then["counts"] as Line)["candidates"], 1);
  const { as_of: position, settled } = then["basis"] as Line;
  assert.is(typeof settled, "boolean");
  const again = await oneOf(`query ${question} --as-of ${position}`);
  assert.equal(again["supports"], then["supports"]);
  const now = await oneOf(`query ${question}`);
  const { frontier } = now["basis"] as Line;
  const there = await oneOf(`query ${question} --as-of ${frontier}`);
  assert.equal(there["counts"], now["counts"]);
  assert.match(await refusal(`query ${question} --as-of 999999`, "ann", 1), "MOMENT_INVALID");
  assert.match(await refusal(`query ${question} --as-of @2099-01-01`, "ann", 1), "MOMENT_INVALID");
  assert.match(await refusal(`query ${question} --as-of @2001-01-01`, "ann", 1), "MOMENT_INVALID");
});

test("query: after a receipt, its position as freshness sees the claim", async () => {
  const receipt = await oneOf("assert fresh/x p 1");
  const fresh = `${receipt["log_id"]}:${receipt["index"]}`;
  const answer = await oneOf(`query fresh/x p --fresh ${fresh}`);
  assert.is(answer["winner"], 1);
  assert.is(answer["behind"], false);
});

test("explain: claims with reasons, what turns the answer, in words", async () => {
  const text = await said(`explain ${question}`);
  for (const id of ["ann", "ben", "cy"]) assert.match(text, `id ${ids[id]}`);
  assert.match(text, "Without the source caniuse the answer stays 57");
  assert.match(text, "Taking back 2 of 3 claims would");
  const { turning_set: turning } = await oneOf(`explain ${question}`);
  assert.equal([...(turning as string[])].sort(), [ids["ann"], ids["ben"]].sort());
});

test("diff: what came since", async () => {
  const text = await said(`diff ${question} --from ${ids["first"]} --decay none`);
  assert.match(text, "the same winner, 2 claims changed");
  assert.match(text, "58  new  0.00 -> 0.60");
  const same = await oneOf(`diff ${question} --from end --decay none`);
  assert.equal(same["changes"], []);
});

test("vote and endorse: the votes lens follows, and says when nobody voted", async () => {
  const before = await oneOf(`query ${question} --lens votes`);
  assert.is(before["without_votes"], true);
  await said(`vote ${ids["cy"]} --weight 0.5`, "ann");
  await said(`endorse ${ids["cy"]}`, "ben");
  const after = await oneOf(`query ${question} --lens votes`);
  assert.is(versionOf(after["winner"]), "58");
  await said(`vote ${ids["cy"]} --against`, "ben");
  await said(`vote ${ids["cy"]} --weight 0`, "ann");
  const turned = await oneOf(`query ${question} --lens votes`);
  assert.is(turned["winner"], null);
});

test("retract: a dry run changes nothing; only the own voice may; then it is gone", async () => {
  const dryRun = await said(`retract ${ids["cy"]} --dry-run`, "ben");
  assert.match(dryRun, "AS IT IS");
  assert.match(dryRun, "Taking the claim back would leave the winner.");
  assert.match(await refusal(`retract ${ids["cy"]}`, "ben", 1), "only that voice can take it back");
  assert.is((await oneOf(`query ${question}`))["value_count"], 2);
  await said(`retract ${ids["cy"]} --reason 'read the wrong table'`, "cy");
  const after = await oneOf(`query ${question}`);
  assert.is(after["value_count"], 1);
  assert.match(await said(`explain ${question}`), "its own voice took it back");
});

test("acts: on what is no claim, or is not there, a sentence instead of an entry", async () => {
  const [stamp = {}] = await linesOf("read --from 0 -n 1");
  assert.match(await refusal(`vote ${stamp["id"]}`, "ann", 1), "no claim but a log genesis");
  assert.match(await refusal(`endorse ${"00".repeat(32)}`, "ann", 1), "NOT_FOUND");
});

test("sources: listed, shown with claims, withdrawn by who registered them only", async () => {
  const record = { source_record: { id: "study/17", class: "clinical", title: "A study" } };
  await said("import -", "ben", `${JSON.stringify(record)}\n`);
  await said("assert drug/x effect true --source study/17", "ben");
  const listed = await linesOf("sources");
  const names = listed.map((line) => line["source_id"]);
  assert.equal(names, [...names].sort());
  assert.ok(names.includes("study/17"));
  const text = await said("sources show study/17");
  assert.match(text, /title +A study/);
  assert.match(text, "drug/x  effect = true");
  const foreign = await steme("sources retract study/17", "ann");
  assert.is(foreign.exitCode, 0, foreign.stderr);
  assert.match(foreign.stderr, "takes no effect");
  assert.is((await oneOf("query drug/x effect"))["winner"], true);
  const own = await oneOf("sources retract study/17 --reason fraud", "ben");
  assert.is(own["effective"], true);
  assert.is((await oneOf("query drug/x effect"))["winner"], null);
  assert.match(await said("sources show study/17"), "withdrawn: fraud");
  assert.match(await refusal("sources show nothing", "ann", 1), "NOT_FOUND");
});

test("concepts and conflicts: what there is, and where claims disagree", async () => {
  const children = await linesOf("concepts web --children");
  assert.equal(
    children.map((line) => [line["concept_path"], line["has_children"]]),
    [["web/grid", true]],
  );
  const below = await linesOf("concepts web/grid");
  assert.equal(
    below.map((line) => line["concept_path"]),
    ["web/grid/chrome", "web/grid/firefox"],
  );
  await said("assert conflict/x p 1", "ann");
  await said("assert conflict/x p 2", "ben");
  const [most = {}] = await linesOf("conflicts conflict");
  assert.is(most["concept_path"], "conflict/x");
  assert.ok((most["conflict"] as number) > 0.9);
  assert.equal(await linesOf("conflicts fresh"), []);
});

test("views: they follow, are built anew while answers go on, and agree with the log", async () => {
  const { generation } = await oneOf("views status");
  const before = await oneOf(`query ${question} --evaluated-at 2099-01-01 --as-of end`);
  const rebuilt = await oneOf("views rebuild");
  assert.is(rebuilt["generation"], (generation as number) + 1);
  const after = await oneOf(`query ${question} --evaluated-at 2099-01-01 --as-of end`);
  assert.equal(after["supports"], before["supports"]);
  const { differences, questions } = await oneOf("views verify");
  assert.is(differences, 0);
  assert.ok((questions as number) >= 5);
});

test.run();
