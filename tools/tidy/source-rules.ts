/** Rules about one source file at a time. */
import { type Finding, findAll, type SourceFile, type Tree, type TreeFile } from "./tree.js";

const columnsMax = 100;
const linesMax = 400;
/** A table of cases may be long. */
const testLinesMax = 600;

/** Calls that only src/host may make: a simulator must be able to own time, chance and disk. */
const hostCalls: readonly (readonly [RegExp, string])[] = [
  [/\bDate\.now\b/g, "take a Clock (src/host/clock.ts)"],
  [/\bnew Date\(\s*\)/g, "take a Clock (src/host/clock.ts)"],
  [/\bperformance\.now\b|\bprocess\.hrtime\b/g, "take a Clock (src/host/clock.ts)"],
  [/\bset(Timeout|Interval)\b/g, "take a Clock (src/host/clock.ts)"],
  [/\bMath\.random\b/g, "take a Random (src/host/random.ts)"],
  [/\brandom(Bytes|FillSync|Fill|UUID|Int)\(|\bgetRandomValues\b/g, "take a Random"],
];
const fileSystem = /["']node:fs(\/promises)?["']/g;

function checkCalls(file: SourceFile): readonly Finding[] {
  if (!file.path.startsWith("src/") || file.path.startsWith("src/host/")) return [];
  const say = (what: string, remedy: string) => `${what} appears in src/host alone: ${remedy}`;
  return [
    ...hostCalls.flatMap(([pattern, remedy]) =>
      findAll(file, file.masked.code, pattern, "host", ([what]) => say(what, remedy)),
    ),
    ...findAll(file, file.masked.literate, fileSystem, "host", ([what]) =>
      say(what, "take a Disk (src/host/disk.ts)"),
    ),
  ];
}

function checkSize(file: SourceFile): readonly Finding[] {
  const lines = file.text.split("\n");
  const findings: Finding[] = [];
  lines.forEach((line, index) => {
    if (line.length <= columnsMax) return;
    const columns = [...line].length;
    if (columns <= columnsMax) return;
    const message = `${columns} columns: break the line at ${columnsMax}`;
    findings.push({ path: file.path, line: index + 1, rule: "size", message });
  });
  const count = lines.length - 1;
  const limit = file.path.startsWith("test/") ? testLinesMax : linesMax;
  if (count > limit) {
    const message = `${count} lines: more than one story; split the file at ${limit}`;
    findings.push({ path: file.path, line: limit, rule: "size", message });
  }
  return findings;
}

function checkLanguage(file: SourceFile): readonly Finding[] {
  const { code, comments } = file.masked;
  return [
    ...findAll(file, code, /^export\s+default\b/gm, "exports", () => "give the export a name"),
    ...findAll(
      file,
      comments,
      /@ts-(ignore|expect-error|nocheck)\b/g,
      "types",
      ([what]) => `${what} silences the compiler: say the type`,
    ),
  ];
}

function checkTest(file: SourceFile): readonly Finding[] {
  if (!file.path.startsWith("test/")) return [];
  const { code, literate } = file.masked;
  const findings = [
    ...findAll(
      file,
      code,
      /\bassert\.throws\(\s*async\b/g,
      "tests",
      () => "assert.throws does not wait for a promise: use rejects (test/support/expect.ts)",
    ),
    ...findAll(
      file,
      code,
      /\b\w+\.only\(/g,
      "tests",
      () => "a test marked `only` hides all the others: unmark it",
    ),
    ...findAll(
      file,
      literate,
      /\btest\(\s*["'][^"'\n]*\bshould\b/g,
      "tests",
      () => "a test's name is a fact in the present tense: say what happens, without «should»",
    ),
  ];
  if (file.path.endsWith(".test.ts") && !/\.run\(\);\s*$/.test(code)) {
    const line = file.text.split("\n").length - 1;
    const message = "a test file ends in `test.run();`: without it, not one of its tests runs";
    return [...findings, { path: file.path, line, rule: "tests", message }];
  }
  return findings;
}

// Written apart, so that this file does not name what it forbids.
const deferred = new RegExp(`\\b(${["TO" + "DO", "FIX" + "ME", "XX" + "X"].join("|")})\\b`, "g");

const checkDeferred = (file: TreeFile, text: string): readonly Finding[] =>
  findAll(
    file,
    text,
    deferred,
    "deferred",
    ([what]) => `${what}: do it now, or write it down where work is planned`,
  );

function checkName(file: TreeFile): readonly Finding[] {
  const add = (message: string): readonly Finding[] => [
    { path: file.path, line: 1, rule: "names", message },
  ];
  const name = file.path.split("/").at(-1) ?? "";
  if (/^(utils?|helpers?|common|misc|manager)\b/.test(name)) {
    return add(`${name} says nothing: name the file after the noun that it exports`);
  }
  if (!/^[a-z0-9]+([-.][a-z0-9]+)*$/.test(name)) return add(`${name}: file names are kebab-case`);
  return [];
}

export function sourceRules(tree: Tree): readonly Finding[] {
  const own = tree.sources.filter((file) => !file.isGenerated);
  return [
    ...own.flatMap((file) => [
      ...checkCalls(file),
      ...checkSize(file),
      ...checkLanguage(file),
      ...checkTest(file),
      ...checkName(file),
      ...checkDeferred(file, file.masked.comments),
    ]),
    ...tree.others
      .filter((file) => !file.isGenerated && !file.path.endsWith(".txt"))
      .flatMap((file) => checkDeferred(file, file.text)),
  ];
}
