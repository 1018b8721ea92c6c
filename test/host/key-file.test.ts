/**
 * Goal: a key file is read back as it was written, is never overwritten, and is refused where it is
 * not one or others may use it, with a sentence that says what to do. Method: real files.
 */
import { chmodSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { KeyPair } from "../../src/client/key-pair.js";
import { readKeyFile, writeKeyFile } from "../../src/host/key-file.js";
import { isFault } from "../../src/model/fault.js";
import { rejects } from "../support/expect.js";
import { temporaryDirectory } from "../support/temporary.js";

const test = suite("host: key file");
const directory = temporaryDirectory("keys");
const seed = new Uint8Array(32).fill(0xab);

test("write: three lines, mode 0600, read back", async () => {
  const path = join(directory, "written");
  await writeKeyFile(path, { kind: "author", seed });
  assert.is(readFileSync(path, "utf8"), `stemedb-key-v1\nauthor\n${"ab".repeat(32)}\n`);
  assert.is(statSync(path).mode & 0o777, 0o600);
  assert.equal(await readKeyFile(path), { kind: "author", seed });
});

test("write: what exists is never overwritten", async () => {
  const path = join(directory, "twice");
  const keys = KeyPair.generate();
  await keys.save(path);
  await rejects(KeyPair.generate().save(path), "KEY_INVALID");
  assert.is((await KeyPair.load(path)).publicKeyHex, keys.publicKeyHex);
});

test("read: what is not a key is KEY_INVALID, and says why", async () => {
  const good = `stemedb-key-v1\nauthor\n${"ab".repeat(32)}`;
  const bad: Record<string, string> = {
    empty: "",
    header: good.replace("v1", "v2"),
    kind: good.replace("author", "Author!"),
    short: good.slice(0, -2),
    odd: good.replace("abab", "abxy"),
    more: `${good}\nmore`,
    large: "x".repeat(10_000),
  };
  for (const [name, text] of Object.entries(bad)) {
    const path = join(directory, `bad-${name}`);
    writeFileSync(path, text, { mode: 0o600 });
    const fault = await rejects(readKeyFile(path), "KEY_INVALID");
    assert.ok(isFault(fault) && fault.message.includes(path), name);
  }
  await rejects(readKeyFile(join(directory, "missing")), "KEY_INVALID");
  await rejects(readKeyFile(directory), "KEY_INVALID");
});

test("read: line ends of another system are fine", async () => {
  const path = join(directory, "crlf");
  writeFileSync(path, `stemedb-key-v1\r\nauthor\r\n${"AB".repeat(32)}\r\n`, { mode: 0o600 });
  assert.equal(await readKeyFile(path), { kind: "author", seed });
});

test("read: refused where any user may read it, fine where the group may", async () => {
  const path = join(directory, "open");
  await writeKeyFile(path, { kind: "author", seed });
  for (const mode of [0o644, 0o604, 0o620, 0o602]) {
    chmodSync(path, mode);
    const fault = await rejects(readKeyFile(path), "KEY_INVALID");
    assert.ok(isFault(fault) && fault.message.includes("chmod 600"));
  }
  chmodSync(path, 0o440);
  assert.equal((await readKeyFile(path)).kind, "author");
});

test.run();
