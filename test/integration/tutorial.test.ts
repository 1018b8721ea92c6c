/**
 * Goal: whoever follows docs/tutorial.md sees what it shows. Method: its commands are run in order
 * by a shell, in an empty directory, and their outputs compared but for ids, times and addresses.
 *
 * UPDATE_TUTORIAL=1 in the environment writes the outputs of this run into the page instead.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { KeyPair } from "../../src/client/index.js";
import { runProcess, type StartedProcess, startProcess } from "../support/process.js";
import { stablePort } from "../support/server-process.js";
import { temporaryDirectory } from "../support/temporary.js";
import { Bindings, commandsOf, lasting, type PageCommand, withOutputs } from "./tutorial-page.js";

const test = suite("integration: tutorial");
const build = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const pagePath = resolve("docs/tutorial.md");
const isUpdating = process.env["UPDATE_TUTORIAL"] === "1";
const commandMsMax = 20_000;
const hasCurl = spawnSync("curl", ["--version"]).status === 0;

/** A directory as the reader's: `steme` is on its path, and nothing of this environment is set. */
async function readersPlace() {
  const directory = temporaryDirectory("tutorial");
  const programs = join(directory, "bin");
  mkdirSync(programs);
  const steme = join(programs, "steme");
  const main = join(build, "cli/main.js");
  writeFileSync(steme, `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n`);
  chmodSync(steme, 0o755);
  const set = Object.keys(process.env).filter((name) => name.startsWith("STEMEDB_"));
  const [grpc, http] = [await stablePort(), await stablePort()].map((p) => `127.0.0.1:${p}`);
  const env = {
    ...Object.fromEntries(set.map((name) => [name, undefined])),
    HOME: directory,
    PATH: `${programs}:${process.env["PATH"] ?? ""}`,
    STEMEDB_GRPC_ADDRESS: grpc,
    STEMEDB_HTTP_ADDRESS: http,
    STEMEDB_WAL_RESERVE_BYTES: "0",
    STEMEDB_LOG_LEVEL: "warn",
    STEMEDB_ADDRESS: grpc,
  };
  return { directory, env, grpc: grpc ?? "", http: http ?? "" };
}

/** As the reader sees it, whose node listens where all do. */
const withPresets = (text: string, { grpc, http }: Place): string =>
  text.replaceAll(grpc, "127.0.0.1:18184").replaceAll(http, "127.0.0.1:18180");

type Place = Awaited<ReturnType<typeof readersPlace>>;

/**
 * Keys are random, and where they stand in lists follows from them. So each that was made gives way
 * to one that follows from its name.
 */
async function settleKey(typed: string, output: string, directory: string): Promise<string> {
  const [, name] = /keys generate --key (\S+)/.exec(typed) ?? [];
  const [printed] = /[0-9a-f]{64}/.exec(output) ?? [];
  if (name === undefined || printed === undefined) return output;
  const path = join(directory, name);
  assert.is((await KeyPair.load(path)).publicKeyHex, printed);
  rmSync(path);
  const keys = KeyPair.fromSeed(createHash("sha256").update(name).digest());
  await keys.save(path);
  return output.replace(printed, keys.publicKeyHex);
}

/** What the command printed. */
async function printedBy(
  command: PageCommand,
  typed: string,
  { directory, env, http }: Place,
  started: StartedProcess[],
): Promise<string> {
  const line = typed.replaceAll("127.0.0.1:18180", http);
  const options = { cwd: directory, env };
  if (command.staysRunning) {
    const node = startProcess("/bin/sh", ["-c", `exec ${line}`], options);
    started.push(node);
    await node.line(/^serving /, commandMsMax);
    return node.stdout();
  }
  const { code, stdout, stderr } = await runProcess("/bin/sh", ["-c", line], commandMsMax, options);
  assert.is(code, 0, `${line}\n${stdout}${stderr}`);
  return stdout;
}

test("tutorial: every command prints what the page shows", async () => {
  const page = readFileSync(pagePath, "utf8");
  const commands = commandsOf(page);
  assert.ok(commands.length > 10, `${commands.length} commands`);
  const place = await readersPlace();
  const bindings = new Bindings();
  const started: StartedProcess[] = [];
  const outputs: [PageCommand, string][] = [];
  try {
    for (const command of commands) {
      const typed = bindings.apply(command.typed);
      if (/\bcurl\b/.test(typed) && !hasCurl) continue;
      const printed = await printedBy(command, typed, place, started);
      const output = await settleKey(typed, printed, place.directory);
      bindings.learn(command.output, output);
      outputs.push([command, withPresets(output, place)]);
      if (!isUpdating) assert.is(lasting(output), lasting(command.output), command.typed);
    }
  } finally {
    for (const node of started) await node.kill("SIGTERM");
    if (isUpdating) writeFileSync(pagePath, withOutputs(page, outputs, bindings));
  }
});

test.run();
