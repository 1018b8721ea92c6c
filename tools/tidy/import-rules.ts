/** Rules about who imports whom: floors, generated types, modules with a home, what nobody uses. */
import { floorOf, folderOf, moduleHomes, nativeModules, wireReaders } from "./floors.js";
import { type Import, type Module, readModule } from "./modules.js";
import type { Finding, SourceFile, Tree } from "./tree.js";

const topOf = (path: string): string => path.split("/")[0] ?? "";

/** Which of the four tops may import from which. */
const reach: Readonly<Record<string, readonly string[]>> = {
  src: ["src"],
  cli: ["cli", "src"],
  tools: ["tools", "cli", "src"],
  test: ["test", "tools", "cli", "src"],
};

function checkFloor(file: SourceFile, used: Import & { path: string }): string | undefined {
  const [from, to] = [topOf(file.path), topOf(used.path)];
  if (!(reach[from] ?? []).includes(to)) {
    return `${from}/ may not import from ${to}/: move what is shared into src/`;
  }
  const [folder, target] = [folderOf(file.path), folderOf(used.path)];
  if (from === "tools" || from === "test" || folder === target) return undefined;
  if (folder === undefined || target === undefined) return undefined;
  const [floor, lower] = [floorOf(folder), floorOf(target)];
  if (floor === undefined || lower === undefined) return undefined; // checkPlace says it
  if (lower >= floor) {
    return (
      `${folder} (floor ${floor}) may not import from ${target} (floor ${lower}): imports fall ` +
      "to a strictly lower floor. Own an interface here and let server.ts hand in the concrete"
    );
  }
  if (target === "wire" && !wireReaders.includes(folder) && from !== "cli") {
    return `generated types are seen by ${wireReaders.join(", ")} alone: take them from src/model`;
  }
  return undefined;
}

function checkPlace(file: SourceFile): Finding | undefined {
  const folder = folderOf(file.path);
  if (folder === undefined || floorOf(folder) !== undefined) return undefined;
  const message = `src/${folder} has no floor: give it one in tools/tidy/floors.ts`;
  return { path: file.path, line: 1, rule: "floors", message };
}

function checkHome(file: SourceFile, specifier: string): string | undefined {
  const homes = moduleHomes[specifier];
  if (!homes || file.isGenerated || homes.some((home) => file.path.startsWith(home)))
    return undefined;
  const isProduct = ["src", "cli"].includes(topOf(file.path));
  if (!isProduct && !nativeModules.includes(specifier)) return undefined;
  if (file.path.startsWith("tools/bench/")) return undefined; // compares us with others
  return `${specifier} is named in ${homes.join(" and ")} alone: use the interface that is there`;
}

function checkImports(module: Module): readonly Finding[] {
  const { file } = module;
  const findings: Finding[] = [];
  const place = checkPlace(file);
  if (place) findings.push(place);
  for (const used of module.imports) {
    const add = (rule: string, message: string | undefined) => {
      if (message) findings.push({ path: file.path, line: used.line, rule, message });
    };
    const { path } = used;
    if (path !== undefined) add("floors", checkFloor(file, { ...used, path }));
    else add("homes", checkHome(file, used.specifier));
  }
  return findings;
}

/** Sources that package.json names: programs and public faces. */
function publicFaces(tree: Tree): ReadonlySet<string> {
  const found = tree.others.find((file) => file.path === "package.json");
  const text = found?.text ?? "";
  return new Set(
    [...text.matchAll(/\bdist\/((?:src|cli|tools)\/[\w./-]+?)(?:\.d\.ts|\.js)/g)].map(
      (match) => `${match[1]}.ts`,
    ),
  );
}

/** Compiled files that are named in strings: `a-worker` for "…/a-worker.js". */
const mentionedIn = (text: string): readonly string[] =>
  [...text.matchAll(/["'](?:[^"'\n]*\/)?([\w.-]+)\.js["']/g)].map(([, name]) => name ?? "");

/** Files that something other than an import starts. */
const isStarted = (path: string): boolean =>
  path.endsWith(".test.ts") ||
  path.endsWith(".d.ts") ||
  /^tools\/.*\/(main|generate)\.ts$/.test(path);

/** Adds what a use of `name` in `path` stands for, through the files that only hand it on. */
function markUsed(
  modules: ReadonlyMap<string, Module>,
  used: Map<string, Set<string>>,
  path: string,
  name: string,
): void {
  const names = used.get(path) ?? new Set();
  if (names.has(name)) return;
  used.set(path, names.add(name));
  for (const handed of modules.get(path)?.imports ?? []) {
    if (!handed.isReexport || handed.path === undefined) continue;
    if (handed.names === "*") markUsed(modules, used, handed.path, name);
    else if (name === "*" || handed.names.includes(name)) {
      for (const each of handed.names) markUsed(modules, used, handed.path, each);
    }
  }
}

function checkUse(tree: Tree, modules: ReadonlyMap<string, Module>): readonly Finding[] {
  const used = new Map<string, Set<string>>();
  const imported = new Set<string>();
  const faces = publicFaces(tree);
  for (const face of faces) markUsed(modules, used, face, "*");
  for (const { imports, file } of modules.values()) {
    for (const each of imports) {
      if (each.path === undefined || each.path === file.path) continue;
      imported.add(each.path);
      if (each.isReexport && each.names === "*") continue; // used when its own reader uses it
      for (const name of each.names === "*" ? ["*"] : each.names) {
        markUsed(modules, used, each.path, name);
      }
    }
  }
  const mentioned = new Set(
    [...modules.values()].flatMap(({ file }) => mentionedIn(file.masked.literate)),
  );
  const findings: Finding[] = [];
  for (const { file, exports } of modules.values()) {
    const { path } = file;
    if (file.isGenerated || faces.has(path) || isStarted(path)) continue;
    if (!imported.has(path)) {
      // Tests start some files as processes, by path.
      if (topOf(path) === "test" && mentioned.has(path.slice(path.lastIndexOf("/") + 1, -3))) {
        continue;
      }
      const message = "nobody imports this file: use it or remove it";
      findings.push({ path, line: 1, rule: "unused", message });
      continue;
    }
    const names = used.get(path);
    if (names?.has("*") || topOf(path) === "test") continue;
    for (const { name, line, isType } of exports) {
      if (names?.has(name)) continue;
      // A type that this file's own exports mention is part of their shape.
      if (isType && countOf(file.masked.code, name) > 1) continue;
      const message = `nobody imports ${name}: drop the \`export\`, or remove it`;
      findings.push({ path, line, rule: "unused", message });
    }
  }
  return findings;
}

const countOf = (text: string, name: string): number =>
  [...text.matchAll(new RegExp(`(?<![\\w$])${name.replace(/\$/g, "\\$")}(?![\\w$])`, "g"))].length;

export function importRules(tree: Tree): readonly Finding[] {
  const modules = new Map(tree.sources.map((file) => [file.path, readModule(file)] as const));
  return [
    ...[...modules.values()].flatMap((module) => checkImports(module)),
    ...checkUse(tree, modules),
  ];
}
