/**
 * Goal: the example of the README does what the README says. Method: its text is taken from there
 * and run against a node, with only the name of the package and the address replaced.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { freePort } from "../support/ports.js";
import { runProcess, startProcess } from "../support/process.js";
import { temporaryDirectory } from "../support/temporary.js";

const test = suite("integration: readme");
const build = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const readme = readFileSync("README.md", "utf8");

test("example: the claim is durable, and comes back", async () => {
  const directory = temporaryDirectory("readme");
  const address = `127.0.0.1:${await freePort()}`;
  const node = startProcess(process.execPath, [
    join(build, "cli/stemedb-api.js"),
    ...["--data-dir", join(directory, "data"), "--grpc-address", address],
    ...["--http-address", "127.0.0.1:0"],
    ...["--wal-reserve-bytes", "0B", "--log-format", "json"],
  ]);
  try {
    await node.line(/serving|listening/i, 15_000);
    const example = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? "";
    assert.match(example, '"127.0.0.1:18184"');
    const client = pathToFileURL(join(build, "src/client/index.js")).href;
    const path = join(directory, "example.mjs");
    writeFileSync(path, example.replace("stemedb/client", client).replace(/127.*:18184/, address));
    const { code, stdout, stderr } = await runProcess(process.execPath, [path], 15_000);
    assert.is(code, 0, stderr);
    const index = /^durable at index (\d+)$/m.exec(stdout)?.[1];
    assert.match(stdout, /^0 log_genesis$/m);
    assert.match(stdout, new RegExp(`^${index} assertion$`, "m"));
  } finally {
    await node.kill("SIGTERM");
  }
  const { code } = await node.ended;
  assert.is(code, 0, node.stderr());
});

test.run();
