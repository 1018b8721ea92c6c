/**
 * Goal: ids, signatures, roots and files are the same under every version of Node.js that StemeDB
 * runs on, so that a log written under one is read under another. Method: one program prints
 * digests of them all; each Node.js that is there runs it, and all must print what this one prints.
 *
 * Others are named in STEMEDB_NODE_BINARIES, parted by blanks: the path of a binary, and behind `=`
 * the tree whose node_modules were compiled for it, where that is another tree than this one.
 */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { runProcess } from "../support/process.js";

const test = suite("runtimes: node versions");
const programMsMax = 30_000;
const versionsExpected = [20, 22, 24];

const program = fileURLToPath(new URL("./program.js", import.meta.url));
const folderOfTests = dirname(dirname(program));
const here = dirname(dirname(folderOfTests));

interface Runtime {
  readonly binary: string;
  readonly program: string;
}

const named = (process.env["STEMEDB_NODE_BINARIES"] ?? "").split(" ").filter((name) => name !== "");
const runtimes: readonly Runtime[] = [
  { binary: process.execPath, program },
  ...named.map((name) => {
    const [binary = "", tree] = name.split("=");
    return { binary, program: tree ? join(tree, program.slice(here.length)) : program };
  }),
];

async function output(binary: string, ...parameters: string[]): Promise<string> {
  const { code, stdout, stderr } = await runProcess(binary, parameters, programMsMax);
  assert.is(code, 0, `${binary} ${parameters.join(" ")}\n${stdout}\n${stderr}`);
  return stdout;
}

const versions = new Map<number, Runtime>();
for (const runtime of runtimes) {
  const version = await output(runtime.binary, "--version");
  versions.set(Number(/^v(\d+)\./.exec(version)?.[1]), runtime);
}
const expected = await output(process.execPath, program);

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

for (const version of versionsExpected) {
  test(`node ${version}: the same bytes as under every other`, async () => {
    const runtime = versions.get(version);
    if (!runtime) {
      console.log(`skipped: node ${version} not installed`);
      return;
    }
    assert.is(await output(runtime.binary, runtime.program), expected);
  });
}

test.run();
