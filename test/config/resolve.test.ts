/**
 * Goal: every setting can be given in every layer, the higher layer wins, each value remembers
 * where it came from, and nothing unknown or ill-typed is ever ignored. Method: each key is tried
 * in each layer by loops over the declarations; a property draws which layers name a key and
 * compares with the rule "flags > environment > file > preset"; the negative space is a table.
 */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { environmentName, fileName, flagName, type Key } from "../../src/config/key.js";
import { type KeyName, keyNames, keyOf } from "../../src/config/keys.js";
import { presetOptions, presetValues } from "../../src/config/options.js";
import { type ConfigInput, checkEnvironment, resolveConfig } from "../../src/config/resolve.js";
import { parseValue } from "../../src/config/value.js";
import { isFault } from "../../src/model/fault.js";

const test = suite("config: resolve");

/** Valid values of a key, none of them its preset. */
function samples(key: Key): string[] {
  switch (key.unit) {
    case "choice":
      return key.choices.filter((choice) => choice !== key.preset);
    case "path":
      return ["/one", "two", "./three four"];
    case "address":
      return ["0.0.0.0:1", "[::1]:65535", "localhost:0"];
    default:
      return [key.min, key.max, key.preset + 1].filter((n) => n !== key.preset).map(String);
  }
}

function toToml(name: KeyName, text: string): string {
  const key = keyOf(name);
  const isNumber = key.unit === "bytes" || key.unit === "ms" || key.unit === "count";
  const value = isNumber ? text : JSON.stringify(text);
  const dot = name.indexOf(".");
  return dot < 0
    ? `${name} = ${value}\n`
    : `[${name.slice(0, dot)}]\n${name.slice(dot + 1)} = ${value}\n`;
}

function inLayer(layer: string, name: KeyName, text: string): ConfigInput {
  if (layer === "flag") return { flags: { [flagName(name)]: text } };
  if (layer === "environment") return { environment: { [environmentName(name)]: text } };
  return { file: { path: "stemedb.toml", text: toToml(name, text) } };
}

interface Refusal {
  readonly message: string;
  fact(name: string): string | number | undefined;
}

function refusal(input: ConfigInput): Refusal {
  try {
    resolveConfig(input);
  } catch (error) {
    if (!isFault(error, "CONFIG_INVALID")) throw error;
    const { message, detail } = error;
    return { message, fact: (name) => detail[name] };
  }
  throw new Error("nothing was refused");
}

test("keys: presets follow their own rules", () => {
  for (const name of keyNames) {
    const key = keyOf(name);
    assert.equal(parseValue(key, key.preset), { ok: true, value: key.preset }, name);
  }
});

test("keys: no two keys share an environment name or a flag", () => {
  for (const spell of [environmentName, flagName, fileName]) {
    assert.is(new Set(keyNames.map(spell)).size, keyNames.length);
  }
});

test("resolve: nothing given, every value is its preset and says so", () => {
  const config = resolveConfig({});
  assert.equal(config.values, presetValues());
  assert.equal(config.options, presetOptions());
  for (const name of keyNames) assert.is(config.sources[name].layer, "preset");
});

test("resolve: the addresses and directory that users were promised are the presets", () => {
  const { options } = resolveConfig({});
  assert.is(options.grpc.address, "127.0.0.1:18184");
  assert.is(options.http.address, "127.0.0.1:18180");
  assert.is(options.dataDir, "./data");
  assert.is(options.wal.segmentBytesMax, 64 * 1024 * 1024);
});

test("resolve: every key in every layer, the value arrives with its origin (exhaustive)", () => {
  for (const name of keyNames) {
    for (const text of samples(keyOf(name))) {
      const expected = parseValue(keyOf(name), text);
      for (const layer of ["flag", "environment", "file"]) {
        const config = resolveConfig(inLayer(layer, name, text));
        assert.equal({ ok: true, value: config.values[name] }, expected, `${layer} ${name}`);
        assert.is(config.sources[name].layer, layer);
      }
    }
  }
});

test("resolve: every value outside of its bounds is refused by name in every layer", () => {
  for (const name of keyNames) {
    const key = keyOf(name);
    const wrong = "min" in key ? [String(key.max + 1), "-1", "many", "1.5"] : [""];
    if (key.unit === "choice") wrong.push("maybe");
    if (key.unit === "address") wrong.push("localhost", "a:b", "h:65536", "::1:80", "http://h:1");
    for (const text of wrong) {
      for (const layer of ["flag", "environment", "file"]) {
        const input = inLayer(layer, name, text);
        if (layer === "file" && "min" in key && text === "many") continue; // not TOML: see below
        const { message, fact } = refusal(input);
        assert.is(fact("key"), name, `${name}=${text}`);
        const spelt = { flag: flagName, environment: environmentName, file: fileName }[layer];
        assert.ok(spelt !== undefined && message.includes(spelt(name)), message);
      }
    }
  }
});

test("resolve: flags win over the environment, that over the file, that over the preset", () => {
  const arbitrary = fc.constantFrom(...keyNames).chain((name) => {
    const text = fc.option(fc.constantFrom(...samples(keyOf(name))), { nil: undefined });
    return fc.record({ name: fc.constant(name), flag: text, environment: text, file: text });
  });
  fc.assert(
    fc.property(arbitrary, ({ name, flag, environment, file }) => {
      const config = resolveConfig({
        ...(flag === undefined ? {} : inLayer("flag", name, flag)),
        ...(environment === undefined ? {} : inLayer("environment", name, environment)),
        ...(file === undefined ? {} : inLayer("file", name, file)),
      });
      const text = flag ?? environment ?? file;
      const layer =
        flag !== undefined
          ? "flag"
          : environment !== undefined
            ? "environment"
            : file !== undefined
              ? "file"
              : "preset";
      assert.is(config.sources[name].layer, layer);
      const expected = text === undefined ? keyOf(name).preset : parseValue(keyOf(name), text);
      const actual = config.values[name];
      assert.equal(text === undefined ? actual : { ok: true, value: actual }, expected);
      for (const other of keyNames) {
        if (other !== name) assert.is(config.sources[other].layer, "preset");
      }
    }),
    { numRuns: 300 },
  );
});

test("resolve: a wrong value in a layer that is covered is refused all the same", () => {
  const { message } = refusal({
    flags: { "log-level": "info" },
    environment: { STEMEDB_LOG_LEVEL: "loud" },
  });
  assert.match(message, "STEMEDB_LOG_LEVEL is loud");
});

const toml = (text: string): ConfigInput => ({ file: { path: "/etc/s.toml", text } });
const unknown: readonly [input: ConfigInput, says: string, suggestion: string | undefined][] = [
  [toml("data_dri = 'x'"), "data_dri in /etc/s.toml is not a setting", "data_dir"],
  [toml("[wal]\nsegment_byte_max = 1"), "wal.segment_byte_max", "wal.segment_bytes_max"],
  [toml("[cluster]\nenabled = true"), "cluster.enabled in /etc/s.toml", undefined],
  [toml("[replication]\nfactor = 2"), "replication.factor in /etc/s.toml", undefined],
  [toml("[cluster]"), "cluster in /etc/s.toml", undefined],
  [toml("wal = 3"), "wal in /etc/s.toml", undefined],
  [toml("[[wal]]\nsegment_bytes_max = 3"), "wal in /etc/s.toml", undefined],
  [toml("[grpc.address]\nx = 1"), "[grpc] address", undefined],
  [{ environment: { STEMEDB_DATADIR: "x" } }, "STEMEDB_DATADIR", "STEMEDB_DATA_DIR"],
  [{ environment: { STEMEDB_ADRESS: "x" } }, "STEMEDB_ADRESS", "STEMEDB_ADDRESS"],
  [{ flags: { "log-levle": "x" } }, "--log-levle is not a setting", "--log-level"],
  [{ flags: { constructor: "x" } }, "--constructor is not a setting", undefined],
];

test("resolve: what is unknown is refused by name, with the nearest known one (table)", () => {
  for (const [input, says, suggestion] of unknown) {
    const { message, fact } = refusal(input);
    assert.ok(message.includes(says), `${message} says ${says}`);
    if (suggestion !== undefined)
      assert.ok(message.includes(`did you mean ${suggestion}?`), message);
    if (suggestion !== undefined) assert.is(fact("suggestion"), suggestion);
  }
});

test("resolve: everything that is wrong is said at once", () => {
  const { message, fact } = refusal({
    ...toml("[cluster]\nenabled = true\nnode_id = 'a'"),
    flags: { "ingest-workers": "9" },
  });
  assert.is(fact("problems"), 3);
  for (const part of ["cluster.enabled", "cluster.node_id", "--ingest-workers is 9"]) {
    assert.ok(message.includes(part), message);
  }
});

test("resolve: a file that is not TOML is refused with line and column", () => {
  const { message, fact } = refusal(toml('data_dir = "x"\n[wal\n'));
  assert.match(message, /^\/etc\/s\.toml:2:\d+: /);
  assert.is(fact("line"), 2);
});

test("resolve: values of the wrong TOML type are refused by name", () => {
  for (const raw of ["true", "1.5", "[1]", "1979-05-27", "{ a = 1 }", "nan"]) {
    const { message } = refusal(toml(`[ingest]\nworkers = ${raw}`));
    assert.match(message, "[ingest] workers");
  }
});

test("resolve: other names of the environment are none of our business", () => {
  const environment = { PATH: "/bin", STEME: "x", stemedb_data_dir: "x", STEMEDB_KEY: "k" };
  assert.equal(resolveConfig({ environment }).values, presetValues());
});

test("environment: names that nothing reads are refused, values are not looked at", () => {
  checkEnvironment({ STEMEDB_INGEST_WORKERS: "lots", STEMEDB_ADDRESS: "h:1", HOME: "/" });
  assert.throws(
    () => checkEnvironment({ STEMEDB_INGEST_WORKER: "1" }),
    (error: unknown) =>
      isFault(error, "CONFIG_INVALID") && error.message.includes("STEMEDB_INGEST_WORKERS?"),
  );
});

test.run();
