/**
 * Finds the test files. The sources say which there are, and the build where they run: what was
 * compiled once and has no source any more is left alone, and a source that was not compiled is a
 * failure of the build, never a test less.
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { type Suite, suiteOf, suites } from "./suites.js";

export interface TestFile {
  /** Below test/, without the ending: `wal/segment`. */
  readonly name: string;
  readonly suite: Suite;
  /** The compiled file. */
  readonly path: string;
}

export interface Found {
  readonly files: readonly TestFile[];
  /** Arguments that name neither a suite nor a file. */
  readonly unknown: readonly string[];
  /** Sources without a compiled file. */
  readonly unbuilt: readonly string[];
}

const sourceEnding = ".test.ts";

function sources(root: string): readonly string[] {
  const test = join(root, "test");
  if (!existsSync(test)) return [];
  return readdirSync(test, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(sourceEnding))
    .map((path) => path.split("\\").join("/"))
    .sort();
}

/** `wal/segment`, `test/wal/segment.test.ts`, `dist/test/wal/segment.test.js`: the same file. */
const nameIn = (argument: string): string =>
  argument
    .replace(/^(\.\/)?(dist\/|\.build\/[^/]+\/)?(test\/)?/, "")
    .replace(/(\.test)?\.[jt]s$/, "")
    .replace(/\/$/, "");

/** `selection`: suites, folders or files; none means everything. */
export function discover(root: string, build: string, selection: readonly string[]): Found {
  const all = sources(root).map((source): TestFile => {
    const name = source.slice(0, -sourceEnding.length);
    return { name, suite: suiteOf(source), path: join(build, "test", `${name}.test.js`) };
  });
  const fits = (file: TestFile, argument: string) => {
    if (suites.some((suite) => suite.name === argument)) return file.suite.name === argument;
    const name = nameIn(argument);
    return file.name === name || file.name.startsWith(`${name}/`);
  };
  const files = all.filter(
    (file) => selection.length === 0 || selection.some((argument) => fits(file, argument)),
  );
  return {
    files,
    unknown: selection.filter((argument) => !all.some((file) => fits(file, argument))),
    unbuilt: files.filter((file) => !existsSync(file.path)).map((file) => file.name),
  };
}
