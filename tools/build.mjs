/** Compiles everything into dist/ and makes the programs of package.json executable. */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const compiler = fileURLToPath(new URL("../node_modules/typescript/bin/tsc", import.meta.url));

const { status, error } = spawnSync(process.execPath, [compiler, "-p", "tsconfig.json"], {
  cwd: root,
  stdio: "inherit",
});
if (error) throw error;
if (status !== 0) process.exit(status ?? 1);

const { bin } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
for (const path of Object.values(bin)) {
  const program = new URL(`../${path}`, import.meta.url);
  if (existsSync(program)) chmodSync(program, 0o755);
}
