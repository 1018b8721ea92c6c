/**
 * Goal: each rule of tidy finds what it forbids, says where, and is silent about what only looks
 * like it. Method: small trees are written, each with one fault, and the rules asked.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { differences } from "../../tools/tidy/generated-rules.js";
import { importRules } from "../../tools/tidy/import-rules.js";
import { markdownRules, withFloors } from "../../tools/tidy/markdown-rules.js";
import { maskSource } from "../../tools/tidy/mask.js";
import { packageRules } from "../../tools/tidy/package-rules.js";
import { sourceRules } from "../../tools/tidy/source-rules.js";
import { type Finding, readTree, type Tree } from "../../tools/tidy/tree.js";
import { temporaryDirectory } from "../support/temporary.js";

const test = suite("tools: tidy");
const directory = temporaryDirectory("tidy");
let made = 0;

/** A tree of these files. */
function tree(files: Readonly<Record<string, string>>): Tree {
  const root = join(directory, `${made++}`);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return readTree(root);
}

const short = (findings: readonly Finding[]): readonly string[] =>
  findings.map(({ path, line, rule }) => `${path}:${line} ${rule}`);

/** What the rules about imports say of a tree, save the rule about what nobody uses. */
const imports = (files: Readonly<Record<string, string>>): readonly string[] =>
  short(importRules(tree(files)).filter((finding) => finding.rule !== "unused"));

const unused = (files: Readonly<Record<string, string>>): readonly string[] =>
  importRules(tree(files))
    .filter((finding) => finding.rule === "unused")
    .map(({ path, message }) => `${path} ${/imports (\S+?):? /.exec(`${message} `)?.[1]}`);

const sources = (files: Readonly<Record<string, string>>): readonly string[] =>
  short(sourceRules(tree(files)));

const pages = (files: Readonly<Record<string, string>>): readonly string[] =>
  short(markdownRules(tree(files)));

test("mask: strings, templates, comments and expressions are told apart, places kept", () => {
  const text =
    'a("x // y"); // "c"\n' + `b(\`t \${d("e")} /* f */\`); const r = /["'/]\\/"/g; g = h / i / j;`;
  const { code, literate, comments } = maskSource(text);
  for (const view of [code, literate, comments]) {
    assert.is(view.length, text.length);
    assert.is(view.indexOf("\n"), text.indexOf("\n"));
  }
  assert.is(code.includes("x // y"), false);
  assert.ok(literate.includes('a("x // y");'));
  assert.ok(code.includes("d("), "the code inside a template is code");
  assert.is(code.includes("/* f */"), false);
  assert.ok(code.endsWith("g = h / i / j;"), "a division is no expression");
  assert.is(comments.trim(), '// "c"');
});

test("floors: an import that falls is right; one that rises or stays is not", () => {
  assert.equal(
    imports({
      "src/model/a.ts": 'import { b } from "../invariant/b.js";\n',
      "src/invariant/b.ts": "export const b = 1;\n",
    }),
    [],
  );
  assert.equal(
    imports({
      "src/model/a.ts": 'import type {\n  B,\n} from "../wal/b.js";\n',
      "src/wal/b.ts": 'export type B = 1;\nexport { c } from "../state/c.js";\n',
      "src/state/c.ts": "export const c = 1;\n",
    }),
    ["src/model/a.ts:3 floors", "src/wal/b.ts:2 floors"],
  );
});

test("floors: src imports neither cli nor tools nor tests, and a folder needs a floor", () => {
  assert.equal(
    imports({
      "src/rpc/a.ts": 'import "../../cli/b.js";\nawait import("../../test/c.js");\n',
      "cli/b.ts": 'import "../tools/d.js";\n',
      "test/c.ts": 'import "../tools/d.js";\n',
      "tools/d.ts": "",
      "src/cellar/e.ts": "",
    }),
    [
      "cli/b.ts:1 floors",
      "src/cellar/e.ts:1 floors",
      "src/rpc/a.ts:1 floors",
      "src/rpc/a.ts:2 floors",
    ],
  );
});

test("floors: generated types are for those who translate them", () => {
  const wire = { "src/wire/w.ts": "export interface W {}\n" };
  const use = 'import type { W } from "../wire/w.js";\n';
  assert.equal(imports({ ...wire, "src/rpc/a.ts": use, "src/entry/a.ts": use }), []);
  assert.equal(imports({ ...wire, "src/wal/a.ts": use }), ["src/wal/a.ts:1 floors"]);
});

test("homes: a native module is named in one folder, even outside src", () => {
  const use = 'import sodium from "sodium-native";\n';
  assert.equal(imports({ "src/crypto/a.ts": use, "tools/bench/a.ts": use }), []);
  assert.equal(imports({ "src/wal/a.ts": use, "test/wal/a.test.ts": `${use}test.run();\n` }), [
    "src/wal/a.ts:1 homes",
    "test/wal/a.test.ts:1 homes",
  ]);
  assert.equal(imports({ "src/lmdb/a.ts": 'const l = require("node-lmdb");\n' }), []);
  assert.equal(imports({ "src/wal/a.ts": '/** Not "node-lmdb". */\nconst a = "pino";\n' }), []);
});

test("unused: exports and files that nobody imports; types that shape others stay", () => {
  assert.equal(
    unused({
      "package.json": '{ "bin": { "a": "dist/cli/main.js" } }',
      "cli/main.ts":
        'import * as all from "../src/model/all.js";\nimport { c } from "../src/model/c.js";\n' +
        "c(all.used);\nexport const face = 1;\n",
      "src/model/all.ts": "export const used = 1;\nexport const left = 2;\n",
      "src/model/c.ts": 'export { deep as c } from "./deep.js";\n',
      "src/model/deep.ts":
        "export interface Shape { a: 1 }\nexport type Lost = 1;\n" +
        "export function deep(_: Shape) {}\nfunction own() {}\nexport { own };\n",
      "src/model/alone.ts": 'import "./c.js";\n',
      "src/model/worker.ts": "",
      "src/model/start.test-support.ts": 'new URL("./worker.js", import.meta.url);\n',
      "tools/x/main.ts": 'import "../../src/model/start.test-support.js";\n',
    }),
    [
      "src/model/all.ts left",
      "src/model/alone.ts this",
      "src/model/deep.ts Lost",
      "src/model/deep.ts own",
    ],
  );
});

test("host: time, chance and disk are the host's; tests and tools may", () => {
  const calls =
    "Date.now();\nMath.random();\nsetTimeout(f, 1);\nnew Date();\nnew Date(0);\n" +
    'import "node:fs";\n// Date.now()\nconst a = "Math.random";\n';
  assert.equal(sources({ "src/host/a.ts": calls, "tools/a.ts": calls, "cli/a.ts": calls }), []);
  assert.equal(
    new Set(sources({ "src/wal/a.ts": calls })),
    new Set([1, 2, 3, 4, 6].map((line) => `src/wal/a.ts:${line} host`)),
  );
});

test("sources: long lines, long files, default exports, silenced types, deferred work", () => {
  assert.equal(sources({ "src/wal/a.ts": `// ${"é".repeat(97)}\n` }), []);
  assert.equal(sources({ "src/wal/a.ts": `\n// ${"x".repeat(98)}\n` }), ["src/wal/a.ts:2 size"]);
  assert.equal(sources({ "src/wal/a.ts": "\n".repeat(400) }), []);
  assert.equal(sources({ "src/wal/a.ts": "\n".repeat(401) }), ["src/wal/a.ts:400 size"]);
  assert.equal(sources({ "src/wire/a.ts": "\n".repeat(401) }), []);
  assert.equal(sources({ "src/wal/a.ts": "\nexport default 1;\n" }), ["src/wal/a.ts:2 exports"]);
  assert.equal(sources({ "src/wal/a.ts": "// @ts-ignore\n" }), ["src/wal/a.ts:1 types"]);
  const later = ["TO", "DO"].join("");
  assert.equal(sources({ "src/wal/a.ts": `const a = "${later}"; // ${later}: b\n` }), [
    "src/wal/a.ts:1 deferred",
  ]);
  assert.equal(sources({ "docs/a.md": `# A\n\n${later}\n` }), ["docs/a.md:3 deferred"]);
  assert.equal(sources({ "src/wal/utils.ts": "", "src/wal/aB.ts": "" }), [
    "src/wal/aB.ts:1 names",
    "src/wal/utils.ts:1 names",
  ]);
});

test("tests: a file that runs nothing, waits for nothing, or hides its neighbours", () => {
  assert.equal(sources({ "test/a.test.ts": "test.run();\n" }), []);
  assert.equal(sources({ "test/a.test.ts": "// test.run();\n" }), ["test/a.test.ts:1 tests"]);
  const run = "\ntest.run();\n";
  assert.equal(sources({ "test/a.test.ts": `assert.throws(async () => {});${run}` }), [
    "test/a.test.ts:1 tests",
  ]);
  assert.equal(sources({ "test/a.test.ts": `test.only("a", f);${run}` }), [
    "test/a.test.ts:1 tests",
  ]);
  assert.equal(sources({ "test/a.test.ts": `test("it should be", f);${run}` }), [
    "test/a.test.ts:1 tests",
  ]);
});

test("pages: one title, and links that lead somewhere", () => {
  const fine =
    "# A\n\n```sh\n# a comment\n```\n\n[b](sub/b.md#two-words) [c](https://c.org) `[d](d)`\n";
  assert.equal(pages({ "docs/a.md": fine, "docs/sub/b.md": "# B\n\n## Two words\n" }), []);
  assert.equal(pages({ "docs/a.md": "# A\n\n# B\n" }), ["docs/a.md:3 pages"]);
  assert.equal(pages({ "docs/a.md": "A\n" }), ["docs/a.md:1 pages"]);
  assert.equal(pages({ "docs/a.md": "# A\n\n[b](b.md)\n[c](#c)\n[d](../docs)\n" }), [
    "docs/a.md:3 links",
    "docs/a.md:4 links",
  ]);
});

test("pages: the index names every page", () => {
  const page = "# A\n";
  const list = "# Pages\n\n[a](sub/a.md)\n";
  assert.equal(pages({ "docs/README.md": list, "docs/sub/a.md": page, "README.md": page }), []);
  assert.equal(pages({ "docs/README.md": list, "docs/sub/a.md": page, "docs/b.md": page }), [
    "docs/b.md:1 pages",
  ]);
});

test("pages: the table of floors is the table", () => {
  const start = "<!-- floors: generated from tools/tidy/floors.ts -->";
  const stale = `# A\n\n${start}\n\nold\n\n<!-- floors: end -->\n`;
  assert.equal(pages({ "docs/ARCHITECTURE.md": stale }), ["docs/ARCHITECTURE.md:3 generated"]);
  const fresh = withFloors(stale) ?? "";
  assert.match(fresh, "| 5 | wal, views, state, client |");
  assert.equal(pages({ "docs/ARCHITECTURE.md": fresh }), []);
  assert.equal(pages({ "docs/ARCHITECTURE.md": "# A\n" }), ["docs/ARCHITECTURE.md:1 generated"]);
});

test("packages: no addresses, every platform, install scripts that were looked at", () => {
  const findings = (locked: object) =>
    packageRules(
      tree({
        "package.json": JSON.stringify({ allowScripts: { known: true } }),
        "package-lock.json": JSON.stringify({ packages: { "node_modules/a": locked } }),
      }),
    ).map(({ path, message }) => `${path} ${message.split(" ").slice(0, 3).join(" ")}`);
  assert.equal(findings({ integrity: "sha512-" }), []);
  assert.equal(findings({ resolved: "https://a" }), ["package-lock.json a names an"]);
  assert.equal(findings({ hasInstallScript: true }), ["package.json a has an"]);
  assert.equal(findings({ optionalDependencies: { a: "1" } }), []);
  assert.equal(findings({ optionalDependencies: { b: "1" } }), ["package-lock.json a wants b,"]);
});

test("generated: what is changed, missing or too much is named", () => {
  const { root } = tree({
    "old/same.ts": "1",
    "old/sub/changed.ts": "1",
    "old/gone.ts": "1",
    "new/same.ts": "1",
    "new/sub/changed.ts": "2",
    "new/added.ts": "1",
  });
  assert.equal(differences(join(root, "old"), join(root, "new")), [
    "added.ts",
    "gone.ts",
    "sub/changed.ts",
  ]);
});

test.run();
