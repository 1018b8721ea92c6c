/**
 * Goal: ids, signatures, roots, files and answers are the same under every version of Node.js that
 * StemeDB runs on, so that a log written under one is read under another, and answered alike; and
 * answers that views keep ready are those that are computed when asked. Method: one program prints
 * digests of all that needs no views, another of what views answer, by several ways; each Node.js
 * that is there runs them, and all must print what this one prints.
 *
 * Others are named in STEMEDB_NODE_BINARIES, parted by blanks: the path of a binary, and behind `=`
 * the tree whose node_modules were compiled for it, where that is another tree than this one.
 */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { lensNames } from "../../src/model/answer.js";
import { runProcess } from "../support/process.js";
import { notBuilt } from "./not-built.js";

const test = suite("runtimes: node versions");
const programMsMax = 30_000;
const versionsExpected = [20, 22, 24];

const pathOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const program = pathOf("./program.js");
const viewProgram = pathOf("./view-program.js");
const folderOfTests = dirname(dirname(program));
const here = dirname(dirname(folderOfTests));

interface Runtime {
  readonly binary: string;
  readonly program: string;
  readonly viewProgram: string;
}

const named = (process.env["STEMEDB_NODE_BINARIES"] ?? "").split(" ").filter((name) => name !== "");
const runtimes: readonly Runtime[] = [
  { binary: process.execPath, program, viewProgram },
  ...named.map((name) => {
    const [binary = "", tree] = name.split("=");
    const inTree = (path: string): string => (tree ? join(tree, path.slice(here.length)) : path);
    return { binary, program: inTree(program), viewProgram: inTree(viewProgram) };
  }),
];

async function output(
  binary: string,
  parameter: string,
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { code, stdout, stderr } = await runProcess(binary, [parameter], programMsMax, { env });
  assert.is(code, 0, `${binary} ${parameter}\n${stdout}\n${stderr}`);
  return stdout;
}

const versions = new Map<number, Runtime>();
for (const runtime of runtimes) {
  const version = await output(runtime.binary, "--version");
  versions.set(Number(/^v(\d+)\./.exec(version)?.[1]), runtime);
}
const expected = await output(process.execPath, program);
const expectedOfViews = await output(process.execPath, viewProgram);

test("program: it prints a digest of everything that it has made", () => {
  const lines = expected.trim().split("\n");
  assert.ok(lines.length > 80, expected);
  for (const line of lines) assert.match(line, /^[a-z][\w ./-]* ([0-9a-f]{64}|true)$/);
});

test("lanes: machine code and node:crypto print the same", () => {
  const digests = (implementation: string) =>
    [...expected.matchAll(new RegExp(`^lanes ${implementation} (.*)$`, "gm"))].map(([, at]) => at);
  assert.is(digests("wasm").length, 2);
  assert.equal(digests("wasm"), digests("portable"));
});

test("answers: conversations, every lens, explanations and differences are among them", () => {
  const count = (name: string) => [...expected.matchAll(new RegExp(`^${name} `, "gm"))].length;
  assert.ok(count("conversation") >= 6, expected);
  assert.is(count("answers"), lensNames.length);
  assert.is(count("explained"), lensNames.length - 1);
  assert.is(count("compared"), lensNames.length - 1);
});

test("views: kept, from records, rebuilt, with erased bytes gone: as from the entries", () => {
  const digests = (name: string) => [
    ...expectedOfViews.matchAll(new RegExp(`^${name} (\\w+) (.*)$`, "gm")),
  ];
  assert.equal(
    digests("present").map(([, way]) => way),
    ["entries", "kept", "records", "rebuilt", "erased"],
  );
  assert.equal(
    digests("any").map(([, way]) => way),
    ["entries", "records", "rebuilt", "erased"],
  );
  for (const name of ["present", "any"]) {
    assert.is(new Set(digests(name).map(([, , digest]) => digest)).size, 1, expectedOfViews);
  }
  const [, rulings] = /^rulings (\d+)$/m.exec(expectedOfViews) ?? [];
  assert.ok(Number(rulings) > 500, expectedOfViews);
});

test("another language, another time zone: the same bytes", async () => {
  const env = { LC_ALL: "tr_TR.UTF-8", LANG: "tr_TR.UTF-8", TZ: "Pacific/Apia" };
  assert.is(await output(process.execPath, program, env), expected);
  assert.is(await output(process.execPath, viewProgram, env), expectedOfViews);
});

for (const version of versionsExpected) {
  test(`node ${version}: the same bytes as under every other`, async () => {
    const runtime = versions.get(version);
    if (!runtime) {
      console.log(`skipped: node ${version} not installed`);
      return;
    }
    assert.is(await output(runtime.binary, runtime.program), expected);
  });

  test(`node ${version}: views answer the same bytes as under every other`, async () => {
    const runtime = versions.get(version);
    if (!runtime) return;
    const answered = await output(runtime.binary, runtime.viewProgram);
    if (answered.trim() === notBuilt) {
      console.log(`skipped: node ${version}: ${notBuilt}`);
      return;
    }
    assert.is(answered, expectedOfViews);
  });
}

test.run();
