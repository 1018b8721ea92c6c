/**
 * Goal: every command explains itself by examples that it takes, and what cannot be done ends with
 * the documented exit code and one helpful sentence, in words or as JSON. Method: loops over the
 * table of commands (exhaustive), and a table of mistakes.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseArguments } from "../../cli/arguments.js";
import { commonFlags } from "../../cli/command.js";
import { commands } from "../../cli/commands.js";
import { version } from "../../cli/program.js";
import { jsonExamples } from "../../tools/docs/json-examples.js";
import { runSteme, shellWords } from "../support/program.js";
import { temporaryDirectory } from "../support/temporary.js";

const test = suite("cli: program");
const directory = temporaryDirectory("program");

test("help: every command's contains its examples, and they parse (exhaustive)", async () => {
  for (const command of commands) {
    const { exitCode, stdout, stderr } = await runSteme([...command.name.split(" "), "--help"]);
    assert.is(exitCode, 0, stderr);
    assert.ok(command.examples.length > 0, `${command.name} has examples`);
    for (const { line } of command.examples) {
      assert.ok(stdout.includes(`steme ${line}`), line);
      const words = shellWords(line);
      const name = command.name.split(" ");
      assert.equal(words.slice(0, name.length), name, line);
      parseArguments(command, words.slice(name.length));
    }
    for (const { name } of command.flags ?? []) assert.ok(stdout.includes(`--${name}`), name);
    for (const line of stdout.split("\n")) {
      assert.ok(line.length <= 100 || line.startsWith("  steme"), line);
    }
  }
});

test("commands: names, flags and letters are unique, and each has an example of its JSON", () => {
  const names = commands.map((command) => command.name);
  assert.is(new Set(names).size, names.length);
  for (const { name, flags = [], json } of commands) {
    const spelt = [...flags, ...commonFlags].flatMap((flag) =>
      flag.letter === undefined ? [flag.name] : [flag.name, `-${flag.letter}`],
    );
    assert.is(new Set(spelt).size, spelt.length, name);
    assert.ok(
      jsonExamples.some((example) => example.name === json),
      name,
    );
  }
});

test("help: the program's lists every command; `help COMMAND` is `COMMAND --help`", async () => {
  const { stdout } = await runSteme([]);
  for (const { name, summary } of commands) {
    assert.ok(stdout.includes(name) && stdout.includes(summary), name);
  }
  const asked = await runSteme(["help", "keys", "show"]);
  assert.is(asked.stdout, (await runSteme(["keys", "show", "-h"])).stdout);
  assert.is((await runSteme(["--help"])).stdout, stdout);
});

test("version: that of the package", async () => {
  assert.match(version(), /^\d+\.\d+\.\d+/);
  assert.match((await runSteme(["--version"])).stdout, version());
});

const mistakes: readonly (readonly [typed: string, exitCode: number, says: string])[] = [
  ["statsu", 2, "did you mean steme status?"],
  ["keys", 2, "did you mean steme keys"],
  ["source", 2, "did you mean steme sources?"],
  ["sources lst", 2, "did you mean steme sources list?"],
  ["views statu", 2, "did you mean steme views status?"],
  ["qurey a", 2, "did you mean steme query?"],
  ["query", 2, "give a PATH, or --prefix PATH, or --file FILE"],
  ["query a --prefix b", 2, "too much is asked at once"],
  ["query a p --predicate p", 2, "--predicate belongs to --prefix"],
  ["query a b c", 2, 'unexpected argument "c"'],
  ["query a --limit 0", 2, "--limit is 0"],
  ["query a --file /nonexistent/q --prefix x", 2, "too much is asked"],
  ["explain a", 2, "PREDICATE is missing"],
  ["diff a p", 2, "--from is missing: since when?"],
  ["diff a p --from 1 --to tomorrow", 2, "--to is tomorrow: that is no moment"],
  ["retract", 2, "ID is missing"],
  ["retract 12", 2, "ID is 12: an id has 64 hexadecimal digits, and here are 2"],
  [`retract ${"00".repeat(32)}`, 1, "run `steme keys generate`"],
  [`vote ${"00".repeat(32)} --weight 2`, 2, "must be -1 to 1: below 0 is against"],
  [`vote ${"00".repeat(32)} --weight 1 --against`, 2, "give one of --against and --weight"],
  [`endorse ${"00".repeat(32)}`, 1, "run `steme keys generate`"],
  ["sources show", 2, "SOURCE is missing"],
  ["sources retract s", 1, "run `steme keys generate`"],
  ["conflicts --fresh now", 2, "--fresh is now: write local, known, latest"],
  ["views verify --address 127.0.0.1:1 --timeout 200ms", 1, "is it running (`steme serve`)"],
  ["keys shwo", 2, "did you mean steme keys show?"],
  ["bench apend", 2, "did you mean steme bench append?"],
  ["frobnicate", 2, 'unknown command "frobnicate"'],
  ["help frobnicate", 2, "unknown command"],
  ["tail --form end", 2, "did you mean --from?"],
  ["tail --from yesterday", 2, "is no offset"],
  ["tail --from 1:2", 2, "must be one point"],
  ["tail --author abc", 2, "--author is abc"],
  ["tail --class comunity", 2, "did you mean community?"],
  ["tail --kind asertion", 2, "did you mean assertion?"],
  ["tail -n 0", 2, "--count is 0"],
  ["read --address here", 2, "--address is here, and must be host:port"],
  ["read --timeout soon", 2, "--timeout is soon"],
  ["get", 2, "ENTRY is missing"],
  ["get start:end", 2, "must be one point"],
  ["assert a b", 2, "VALUE is missing"],
  ["assert a b c --confidence 2", 2, "--confidence is 2"],
  ["assert a b c --label x", 2, "--label is x"],
  ["assert a b c --type integer", 2, "as integer must be"],
  ["assert a b c --parent 00", 2, "--parent is 00"],
  ["assert a b c", 1, "run `steme keys generate`"],
  ["assert a b c --key /nonexistent/k", 1, "run `steme keys generate --key /nonexistent/k`"],
  ["import x", 1, "run `steme keys generate`"],
  [`grants add ${"00".repeat(32)} --role curator`, 1, "keys/administrator.key in the data"],
  [`grants revoke ${"00".repeat(32)} --key /nonexistent/k`, 1, "file /nonexistent/k: name an"],
  ["keys show", 1, "run `steme keys generate`"],
  ["bench append --batch 5000", 2, "--batch is 5000"],
  ["bench append --batch 4096 --entry-bytes 1000", 2, "at most 1 MiB"],
  ["bench append --window 2 --message 3", 2, "--window is 2"],
  ["bench append --seconds long", 2, "--seconds is long"],
  ["serve --ingest-workers 9", 2, "--ingest-workers is 9, and must be a whole number, 0 to 4"],
  ["serve --config /nonexistent/c.toml", 2, "/nonexistent/c.toml cannot be read: ENOENT"],
  ["config show --log-level loud", 2, "--log-level is loud"],
  ["config show --cluster-enabled true", 2, "unknown flag --cluster-enabled"],
  ["status --address 127.0.0.1:1 --timeout 200ms", 10, "no node answers at 127.0.0.1:1"],
  ["read --address 127.0.0.1:1 --timeout 200ms", 1, "is it running (`steme serve`)"],
];

test("mistakes: the exit code, and a sentence that helps (table)", async () => {
  for (const [typed, exitCode, says] of mistakes) {
    const ran = await runSteme(typed.split(" "));
    assert.is(ran.exitCode, exitCode, `${typed}: ${ran.stderr}`);
    assert.ok(ran.stderr.includes(says), `${typed}: ${ran.stderr}`);
    assert.is(ran.stdout, "", typed);
  }
});

test("mistakes: with --json one line of JSON on standard error", async () => {
  for (const [typed, exitCode] of mistakes) {
    const ran = await runSteme([...typed.split(" "), "--json"]);
    assert.is(ran.exitCode, exitCode, typed);
    const { error } = JSON.parse(ran.stderr) as { error: Record<string, unknown> };
    assert.equal(Object.keys(error), ["code", "message", "detail"], typed);
  }
  assert.is((await runSteme(["--json", "frobnicate"])).exitCode, 2);
});

test("environment: an unknown name of ours is refused by every command", async () => {
  for (const typed of [["status"], ["keys", "show"], ["config", "show"]]) {
    const ran = await runSteme(typed, { environment: { STEMEDB_ADRESS: "h:1" } });
    assert.is(ran.exitCode, 2);
    assert.ok(ran.stderr.includes("did you mean STEMEDB_ADDRESS?"), ran.stderr);
  }
});

test("config show: each value and where it came from, all four layers", async () => {
  const file = join(directory, "steme.toml");
  writeFileSync(file, '[wal]\nsegment_bytes_max = "128MiB"\n');
  const typed = ["config", "show", "--data-dir", "/d"];
  const environment = { STEMEDB_CONFIG: file, STEMEDB_LOG_LEVEL: "debug" };
  const text = (await runSteme(typed, { environment })).stdout;
  assert.match(text, /data_dir +\/d +flag {2}--data-dir/);
  assert.match(text, /log\.level +debug +environment {2}STEMEDB_LOG_LEVEL/);
  assert.match(
    text,
    /wal\.segment_bytes_max +128MiB +file {2}.*steme\.toml: \[wal\] segment_bytes_max/,
  );
  assert.match(text, /grpc\.address +127\.0\.0\.1:18184 +preset/);
  const flag = await runSteme([...typed, "--config", "/nonexistent"], { environment });
  assert.is(flag.exitCode, 2, "the flag wins over STEMEDB_CONFIG");
});

test("keys: made once, shown, and never overwritten", async () => {
  const file = join(directory, "deep/er/key");
  const made = await runSteme(["keys", "generate", "--key", file, "--json"]);
  assert.is(made.exitCode, 0, made.stderr);
  const shown = await runSteme(["keys", "show", "--json"], { environment: { STEMEDB_KEY: file } });
  assert.equal(JSON.parse(shown.stdout), JSON.parse(made.stdout));
  const again = await runSteme(["keys", "generate", "--key", file]);
  assert.is(again.exitCode, 1);
  assert.match(again.stderr, "is never overwritten");
  assert.equal(
    JSON.parse((await runSteme(["keys", "show", "--json", "--key", file])).stdout),
    JSON.parse(made.stdout),
  );
});

test("keys: the home directory is the preset place", async () => {
  const environment = { HOME: join(directory, "home") };
  const made = await runSteme(["keys", "generate", "--json"], { environment });
  const { file } = JSON.parse(made.stdout) as { file: string };
  assert.is(file, join(directory, "home/.config/stemedb/key"));
  assert.is((await runSteme(["keys", "show"], { environment })).exitCode, 0);
});

test.run();
