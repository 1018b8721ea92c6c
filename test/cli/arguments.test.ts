/**
 * Goal: what is typed is either understood as declared or refused by name; nothing is ever ignored.
 * Method: tables for both spaces, and a property that any declared arguments come through whatever
 * their order and spelling.
 */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseArguments } from "../../cli/arguments.js";
import type { CommandFacts } from "../../cli/command.js";
import { usageLine } from "../../cli/help.js";
import { Usage } from "../../cli/usage.js";

const test = suite("cli: arguments");

const facts: CommandFacts = {
  name: "try",
  group: "claims",
  summary: "",
  positionals: [
    { name: "PATH", doc: "a path" },
    { name: "VALUE", doc: "a value" },
  ],
  flags: [
    { name: "from", letter: "f", value: "OFFSET", doc: "" },
    { name: "count", letter: "n", value: "COUNT", doc: "" },
    { name: "label", value: "K=V", repeats: true, doc: "" },
    { name: "backwards", doc: "" },
  ],
  examples: [],
  json: "try",
};

function refusal(typed: readonly string[]): string {
  try {
    parseArguments(facts, typed);
  } catch (error) {
    if (error instanceof Usage) return error.message;
    throw error;
  }
  throw new Error(`${typed.join(" ")} was not refused`);
}

test("parse: flags and positionals mix, values stand apart or behind an equals sign", () => {
  const given = parseArguments(facts, ["--from=1", "a", "-n", "3", "--backwards", "b"]);
  assert.is(given.positional("PATH"), "a");
  assert.is(given.positional("VALUE"), "b");
  assert.is(given.one("from"), "1");
  assert.is(given.one("count"), "3");
  assert.ok(given.has("backwards"));
  assert.not.ok(given.has("json"));
});

test("parse: a flag takes a value that begins with a dash, and an empty one", () => {
  const given = parseArguments(facts, ["--from", "-10", "a", "b", "--label="]);
  assert.is(given.one("from"), "-10");
  assert.equal(given.many("label"), [""]);
});

test("parse: positionals that may be left out, in order", () => {
  const PATH = { name: "PATH", doc: "a path" };
  const NAME = { name: "NAME", doc: "a name", optional: true } as const;
  const open: CommandFacts = { ...facts, positionals: [PATH, NAME] };
  assert.is(parseArguments(open, ["a"]).optional("NAME"), undefined);
  assert.is(parseArguments(open, ["a", "b"]).optional("NAME"), "b");
  assert.throws(() => parseArguments(open, []), /PATH is missing/);
  assert.throws(() => parseArguments(open, ["a", "b", "c"]), /unexpected argument "c"/);
  assert.is(usageLine(open), "steme try PATH [NAME] [flags]");
});

test("parse: negative numbers, a lone dash and all behind two dashes are positionals", () => {
  assert.is(parseArguments(facts, ["a", "-5.5"]).positional("VALUE"), "-5.5");
  assert.is(parseArguments(facts, ["-", "b"]).positional("PATH"), "-");
  assert.is(parseArguments(facts, ["--", "--from", "-n"]).positional("PATH"), "--from");
});

test("parse: a switch given twice is one switch; a repeatable flag keeps all in order", () => {
  const typed = ["a", "b", "--json", "--json", "--label", "x=1", "--label", "y=2"];
  const given = parseArguments(facts, typed);
  assert.ok(given.has("json"));
  assert.equal(given.many("label"), ["x=1", "y=2"]);
});

test("parse: what is wrong is refused by name (table)", () => {
  const table: readonly [typed: readonly string[], says: string][] = [
    [["a"], "VALUE is missing: a value"],
    [[], "PATH is missing"],
    [["a", "b", "c"], 'unexpected argument "c"'],
    [["a", "b", "--form", "1"], "unknown flag --form for steme try; did you mean --from?"],
    [["a", "b", "-x"], "unknown flag -x"],
    [["a", "b", "--zzzzzz"], "unknown flag --zzzzzz for steme try"],
    [["a", "b", "--from"], "--from needs a value: --from OFFSET"],
    [["a", "b", "--from", "--count", "1"], "--from needs a value"],
    [["a", "b", "-n"], "-n needs a value"],
    [["a", "b", "--from", "1", "--from", "2"], "--from is given twice"],
    [["a", "b", "-f", "1", "--from=1"], "--from is given twice"],
    [["a", "b", "--backwards=yes"], "--backwards takes no value"],
  ];
  for (const [typed, says] of table) {
    const message = refusal(typed);
    assert.ok(message.includes(says), `${message} says ${says}`);
  }
});

test("parse: with --help, positionals may be missing", () => {
  assert.ok(parseArguments(facts, ["--help"]).has("help"));
  assert.ok(parseArguments(facts, ["a", "-h"]).has("help"));
});

test("parse: any declared arguments come through, in any order and spelling", () => {
  const word = fc.string({ minLength: 1 }).filter((text) => !text.startsWith("-"));
  const value = fc.string().filter((text) => !/^(--|-[fnh]$|--\w)/.test(text));
  const flag = fc.record({ name: fc.constantFrom("from", "count"), value, glued: fc.boolean() });
  const flags = fc.uniqueArray(flag, { selector: (one) => one.name });
  fc.assert(
    fc.property(word, word, flags, fc.nat(2), (path, text, list, place) => {
      const spelt = list.flatMap(({ name, value: given, glued }) =>
        glued ? [`--${name}=${given}`] : [`--${name}`, given],
      );
      const words = [path, text];
      const typed = [...words.slice(0, place), ...spelt, ...words.slice(place)];
      const given = parseArguments(facts, typed);
      assert.is(given.positional("PATH"), path);
      assert.is(given.positional("VALUE"), text);
      for (const { name, value: expected } of list) assert.is(given.one(name), expected);
    }),
  );
});

test("count: whole numbers within bounds, grouped or not", () => {
  const given = parseArguments(facts, ["a", "b", "-n", "1_000"]);
  assert.is(given.count("count", 5, 1, 1_000), 1_000);
  assert.is(given.count("from", 5, 1, 10), 5);
  for (const text of ["0", "11", "-1", "1.5", "x", "", "1e1", "99999999999999999999"]) {
    const typed = parseArguments(facts, ["a", "b", `--count=${text}`]);
    assert.throws(
      () => typed.count("count", 5, 1, 10),
      (error: unknown) => error instanceof Usage && error.message.includes("--count"),
      text,
    );
  }
});

test("choice: a word of the list, or the nearest one is suggested", () => {
  const given = parseArguments(facts, ["a", "b", "--from", "comunity"]);
  assert.throws(
    () => given.choice("from", ["community", "expert"]),
    (error: unknown) => error instanceof Usage && error.message.includes("mean community?"),
  );
  assert.is(given.choice("count", ["x"]), undefined);
});

test.run();
