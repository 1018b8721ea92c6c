/** What a source file imports and exports, as far as the rules need it. */
import { posix } from "node:path";
import { lineAt, type SourceFile } from "./tree.js";

export interface Import {
  /** As written: `../model/fault.js`, `node:fs`. */
  readonly specifier: string;
  /** From the root, as TypeScript: `src/model/fault.ts`; `undefined` for packages. */
  readonly path: string | undefined;
  readonly line: number;
  /** Names taken over, as the other file exports them. `"*"`: all, or unknown which. */
  readonly names: readonly string[] | "*";
  /** `export … from`: the names are this file's exports as well. */
  readonly isReexport: boolean;
}

export interface Export {
  readonly name: string;
  readonly line: number;
  /** An interface or type: nothing is left of it at run time. */
  readonly isType: boolean;
}

export interface Module {
  readonly file: SourceFile;
  readonly imports: readonly Import[];
  readonly exports: readonly Export[];
}

const importPattern =
  /^[ \t]*(import|export)\s+(?:type\s+)?([^"';]*?)\s*(?:\bfrom\s*)?["']([^"']+)["']/gm;
const callPattern = /\b(?:import|require)\(\s*["']([^"']+)["']/g;
const urlPattern = /\bnew URL\(\s*["'](\.[^"']+\.js)["'],\s*import\.meta\.url/g;
const exportPattern = new RegExp(
  String.raw`^export\s+(?:declare\s+)?(?:abstract\s+)?(?:async\s+)?` +
    String.raw`(function\*?|class|const|let|interface|type|enum)\s+([\w$]+)`,
  "gm",
);
const exportListPattern = /^export\s+(type\s+)?\{([^}]*)\}(?!\s*from)/gm;

function resolve(from: string, specifier: string): string | undefined {
  if (!specifier.startsWith(".")) return undefined;
  return posix.join(posix.dirname(from), specifier).replace(/\.js$/, ".ts");
}

/** `{ a, type B, c as d }` → as the other file calls them: `a`, `B`, `c`. */
const listed = (list: string): readonly string[] =>
  list
    .split(",")
    .map((part) => part.trim().replace(/^type\s+/, ""))
    .map((part) => part.split(/\s+as\s+/)[0] ?? "")
    .filter((part) => part !== "");

/** `* as name`: the names that are taken from it in the code. */
function namesOf(clause: string, code: string): readonly string[] | "*" {
  const list = /\{([^}]*)\}/.exec(clause);
  if (list) return listed(list[1] ?? "");
  const namespace = /\*\s+as\s+([\w$]+)/.exec(clause)?.[1];
  if (!namespace) return clause === "" ? [] : "*";
  const uses = [...code.matchAll(new RegExp(`\\b${namespace}\\b(?:\\.([\\w$]+))?`, "g"))];
  const names = uses.slice(1).map((use) => use[1]); // the first is the import itself
  return names.every((name) => name !== undefined) ? (names as string[]) : "*";
}

function importsOf(file: SourceFile): readonly Import[] {
  const { literate, code } = file.masked;
  const imports: Import[] = [];
  const add = (found: RegExpMatchArray, specifier: string, names: Import["names"]) => {
    const start = (found.index ?? 0) + found[0].search(/\S/);
    if (code[start] !== literate[start]) return; // quoted: a program inside a string
    imports.push({
      specifier,
      path: resolve(file.path, specifier),
      line: lineAt(literate, (found.index ?? 0) + found[0].length),
      names,
      isReexport: found[1] === "export",
    });
  };
  for (const found of literate.matchAll(importPattern)) {
    const [, , clause = "", specifier = ""] = found;
    if (found[1] === "export" && !/\bfrom\s*["']/.test(found[0])) continue;
    add(found, specifier, namesOf(clause, code));
  }
  for (const pattern of [callPattern, urlPattern]) {
    for (const found of literate.matchAll(pattern)) add(found, found[1] ?? "", "*");
  }
  return imports;
}

function exportsOf(file: SourceFile): readonly Export[] {
  const { code } = file.masked;
  const exports: Export[] = [];
  for (const found of code.matchAll(exportPattern)) {
    const [, keyword, name = ""] = found;
    const isType = keyword === "interface" || keyword === "type";
    exports.push({ name, line: lineAt(code, found.index), isType });
  }
  for (const found of code.matchAll(exportListPattern)) {
    for (const name of listed(found[2] ?? "")) {
      exports.push({ name, line: lineAt(code, found.index), isType: found[1] !== undefined });
    }
  }
  return exports;
}

export const readModule = (file: SourceFile): Module => ({
  file,
  imports: importsOf(file),
  exports: exportsOf(file),
});
