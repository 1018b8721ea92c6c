/**
 * Writes the reference pages that a program can write. With `--check` it writes nothing, and ends
 * with 1 where a committed copy is stale.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pages } from "./pages.js";

const isCheck = process.argv.includes("--check");
let stale = 0;

for (const { path, text } of await pages()) {
  const file = join(process.cwd(), path);
  const committed = await readFile(file, "utf8").catch(() => undefined);
  if (committed === text) continue;
  stale++;
  if (isCheck) {
    process.stderr.write(`${path} is stale: run \`npm run docs\` and commit what it wrote\n`);
  } else {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
    process.stdout.write(`wrote ${path}\n`);
  }
}
if (isCheck && stale > 0) process.exitCode = 1;
