/**
 * Rules that other programs judge: the contract (buf), and whether what is generated and checked in
 * is what its generator makes. Each generator writes beside, and the outcomes are compared.
 */
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Finding } from "./tree.js";

interface Run {
  readonly code: number;
  readonly output: string;
}

const commandMsMax = 60_000;
const buf = "node_modules/.bin/buf";
/** In tools/. Each takes `--check`: end with 1 where the committed copy is another. */
const ownGenerators = ["docs/main", "docs/generate", "wasm/main", "wasm/generate"];
const build = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const proto = "proto/steme/v1/entry.proto";

function run(root: string, command: string, parameters: readonly string[]): Promise<Run> {
  return new Promise((resolve) => {
    const options = { cwd: root, timeout: commandMsMax, maxBuffer: 16 * 1024 * 1024 };
    execFile(command, parameters, options, (error, stdout, stderr) => {
      const output = `${stdout}${stderr}`.trim() || (error?.message ?? "");
      resolve({ code: error ? 1 : 0, output });
    });
  });
}

const finding = (path: string, rule: string, message: string): Finding => ({
  path,
  line: 1,
  rule,
  message,
});

async function judge(root: string, parameters: readonly string[], remedy: string) {
  const { code, output } = await run(root, buf, parameters);
  if (code === 0) return [];
  return [finding(proto, "contract", `buf ${parameters.join(" ")}: ${remedy}\n${output}`)];
}

/** The contract of the newest release, or else of the last commit: the one that others have. */
async function baseline(root: string): Promise<string | undefined> {
  const tag = await run(root, "git", ["describe", "--tags", "--abbrev=0", "--match", "v*"]);
  const ref = tag.code === 0 ? tag.output : "HEAD";
  const exists = await run(root, "git", ["cat-file", "-e", `${ref}:${proto}`]);
  return exists.code === 0 ? ref : undefined;
}

async function checkBreaking(root: string, note: (text: string) => void) {
  const ref = await baseline(root);
  if (ref === undefined) {
    note("skipped: buf breaking, for no commit holds the contract yet");
    return [];
  }
  return judge(
    root,
    ["breaking", "--against", `.git#ref=${ref}`],
    `the contract of ${ref} is broken: keep numbers, names and types, and add instead`,
  );
}

/** Paths of all files below a folder, from it. */
function filesBelow(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

/** Names of files that are in one folder only, or differ. */
export function differences(committed: string, fresh: string): readonly string[] {
  const names = new Set([...filesBelow(committed), ...filesBelow(fresh)]);
  const read = (path: string) => (existsSync(path) ? readFileSync(path, "utf8") : undefined);
  return [...names]
    .filter((name) => read(join(committed, name)) !== read(join(fresh, name)))
    .sort();
}

async function checkWire(root: string): Promise<readonly Finding[]> {
  const directory = mkdtempSync(join(tmpdir(), "stemedb-tidy-"));
  try {
    const { code, output } = await run(root, buf, ["generate", "--output", directory]);
    if (code !== 0) return [finding("buf.gen.yaml", "generated", `buf generate failed\n${output}`)];
    return differences(join(root, "src/wire"), join(directory, "src/wire")).map((name) =>
      finding(`src/wire/${name}`, "generated", "stale or edited: run `npm run generate`"),
    );
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Generators of our own have a `--check`; one that is not in the tree has nothing to check. */
async function checkOwn(root: string, name: string): Promise<readonly Finding[]> {
  const source = `tools/${name}.ts`;
  if (!existsSync(join(root, source))) return [];
  const { code, output } = await run(root, process.execPath, [
    join(build, `tools/${name}.js`),
    "--check",
  ]);
  return code === 0 ? [] : [finding(source, "generated", `run \`npm run generate\`\n${output}`)];
}

export async function generatedRules(
  root: string,
  note: (text: string) => void,
): Promise<readonly Finding[]> {
  const judged = await Promise.all([
    judge(root, ["lint"], "say it as the lint rules of buf.yaml ask"),
    judge(root, ["format", "--diff", "--exit-code"], "run `npm run format`"),
    checkBreaking(root, note),
    checkWire(root),
    ...ownGenerators.map((name) => checkOwn(root, name)),
  ]);
  return judged.flat();
}
