/**
 * Goal: what docs/reference/client.md shows runs as it stands. Method: each `js` snippet becomes a
 * module that imports the client under test, with the address of a node in memory at hand, and is
 * run; nothing may be thrown, and every option of the tables must exist.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { clientPresets } from "../../src/client/client-options.js";
import { subscriptionPresets } from "../../src/client/subscription.js";
import { writerPresets } from "../../src/client/writer-options.js";
import { within } from "../support/expect.js";
import { FakeLogService } from "../support/fake-log-service.js";
import { temporaryDirectory } from "../support/temporary.js";

const test = suite("client: reference");
const patienceMs = 5_000;
const here = dirname(fileURLToPath(import.meta.url));

/** The repository: the first folder above that has the page. */
function repository(): string {
  for (let folder = here; folder !== dirname(folder); folder = dirname(folder)) {
    try {
      readFileSync(join(folder, "docs/reference/client.md"));
      return folder;
    } catch {}
  }
  throw new Error("docs/reference/client.md is not there");
}

const root = repository();
const page = readFileSync(join(root, "docs/reference/client.md"), "utf8");
const snippets = [...page.matchAll(/```js\n([\s\S]*?)```/g)].map((match) => match[1] ?? "");
const clientUrl = pathToFileURL(join(here, "../../src/client/index.js")).href;
const rxjsUrl = import.meta.resolve("rxjs");

function moduleOf(snippet: string, address: string, directory: string): string {
  const imports = snippet
    .replaceAll('from "stemedb/client"', `from ${JSON.stringify(clientUrl)}`)
    .replaceAll('from "rxjs"', `from ${JSON.stringify(rxjsUrl)}`);
  const given = { address, directory };
  const console = "const console = { log: () => {}, error: () => {} };";
  return `${console}\nconst { address, directory } = ${JSON.stringify(given)};\n${imports}`;
}

for (const [place, snippet] of snippets.entries()) {
  const [firstLine = ""] = snippet.trim().split("\n");
  test(`snippet ${place + 1} runs: ${firstLine}`, async () => {
    const node = await FakeLogService.open();
    const directory = temporaryDirectory("reference");
    const path = join(directory, "snippet.mjs");
    writeFileSync(path, moduleOf(snippet, node.address, directory));
    try {
      await within(patienceMs, import(pathToFileURL(path).href));
    } finally {
      await node.close();
    }
  });
}

test("tables: every option that has a preset is on the page", () => {
  const presets = { ...clientPresets, ...writerPresets, ...subscriptionPresets };
  for (const option of Object.keys(presets)) assert.match(page, `\`${option}\``);
  assert.ok(snippets.length >= 8);
});

test.run();
