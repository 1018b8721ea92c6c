/**
 * Goal: where something is missing, one sentence says what, and what to do. Method: the program is
 * copied into trees that lack something, and run there.
 */
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { runProcess } from "../support/process.js";
import { temporaryDirectory } from "../support/temporary.js";

const test = suite("tools: preflight");

/** Runs it in a tree with these modules, each given by its code. */
async function preflight(modules?: Readonly<Record<string, string>>) {
  const root = temporaryDirectory("preflight");
  mkdirSync(join(root, "tools"));
  copyFileSync("tools/preflight.mjs", join(root, "tools/preflight.mjs"));
  for (const [name, code] of Object.entries(modules ?? {})) {
    mkdirSync(join(root, "node_modules", name), { recursive: true });
    writeFileSync(join(root, "node_modules", name, "index.js"), code);
  }
  return runProcess(process.execPath, [join(root, "tools/preflight.mjs")], 10_000);
}

test("here: everything is there, and nothing is said", async () => {
  const { code, stderr } = await runProcess(process.execPath, ["tools/preflight.mjs"], 10_000);
  assert.is(stderr, "");
  assert.is(code, 0);
});

test("nothing installed: it says which command installs", async () => {
  const { code, stderr } = await preflight();
  assert.is(code, 1);
  assert.is(stderr, "Nothing is installed yet: run `npm ci` first.\n");
});

test("no node-lmdb: it says what its compilation needs", async () => {
  const { code, stderr } = await preflight({ "sodium-native": "", "lz4-napi": "" });
  assert.is(code, 1);
  assert.match(stderr, "MODULE_MISSING");
  assert.match(stderr, "node-lmdb");
  assert.match(stderr, "apt-get install python3 make g++");
  assert.is(stderr.trim().split("\n").length, 1, "one sentence, no stack");
});

test("a module for another Node.js: it says how to build it anew, and why", async () => {
  const broken = 'throw new Error("compiled against a different Node.js version");';
  const { code, stderr } = await preflight({
    "node-lmdb": broken,
    "sodium-native": "",
    "lz4-napi": "",
  });
  assert.is(code, 1);
  assert.match(stderr, "npm rebuild node-lmdb");
  assert.match(stderr, "compiled against a different Node.js version");
});

test.run();
