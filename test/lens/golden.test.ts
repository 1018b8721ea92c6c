/**
 * Goal: conversations that people can read come to the answers that stand in them. Method: each
 * file of test/golden/lens is played and must come out as it is. `GOLDEN=write` writes the answers
 * anew: read the difference before you keep it.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { played } from "../golden/lens-conversation.js";

const test = suite("lens: conversations");

const directory = join(process.cwd(), "test/golden/lens");
const names = readdirSync(directory).filter((name) => name.endsWith(".txt"));

test("there are conversations", () => {
  assert.ok(names.length >= 6, `${names.length} in ${directory}`);
});

for (const name of names) {
  test(name.replace(".txt", "").replaceAll("-", " "), () => {
    const path = join(directory, name);
    const script = readFileSync(path, "utf8");
    const now = played(script);
    if (process.env["GOLDEN"] === "write") writeFileSync(path, now);
    else assert.fixture(now, script);
  });
}

test.run();
