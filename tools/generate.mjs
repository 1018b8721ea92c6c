/**
 * Writes everything that is generated and checked in: wire code, machine code, reference pages, the
 * generated parts of other pages. `npm run check` fails where the committed copy is another.
 *
 * Plain JavaScript: the wire code must exist before anything can be compiled.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

function run(command, ...parameters) {
  process.stdout.write(`${[command, ...parameters].join(" ")}\n`);
  const { status, error } = spawnSync(command, parameters, { cwd: root, stdio: "inherit" });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

/** Generators are part of the tree and come with it; one that is not there has nothing to write. */
function runTool(path, ...parameters) {
  if (existsSync(new URL(`../${path}`, import.meta.url))) {
    run(process.execPath, path, ...parameters);
  }
}

run("node_modules/.bin/buf", "generate");
run(process.execPath, "tools/build.mjs");
runTool("dist/tools/wasm/generate.js");
run(process.execPath, "tools/build.mjs");
runTool("dist/tools/docs/main.js");
runTool("dist/tools/tidy/main.js", "--write");
