/**
 * Goal: a line for people is one line, whatever its fields hold, and a line for machines is JSON
 * with a constant message. Method: the pretty form directly; the JSON form from a process of its
 * own, whose standard error is read.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { prettyLine } from "../../src/observability/pino-probe.js";
import { silentProbe } from "../../src/observability/probe.js";

const test = suite("observability: pino probe");
const module = new URL("../../src/observability/pino-probe.js", import.meta.url);

/** What a process that runs `code` with a probe writes to standard error. */
function linesOf(options: object, code: string): string[] {
  const program =
    `import { openPinoProbe } from ${JSON.stringify(module.href)};` +
    `const probe = openPinoProbe(${JSON.stringify(options)}); ${code}`;
  const { stderr, stdout } = spawnSync(
    process.execPath,
    ["--input-type=module", "--eval", program],
    { encoding: "utf8", cwd: fileURLToPath(new URL(".", import.meta.url)) },
  );
  assert.is(stdout, "", "standard output belongs to results");
  return stderr.split("\n").filter((line) => line !== "");
}

test("pretty: time, level, message, then the fields", () => {
  const line = JSON.stringify({ time: 0, level: 40, msg: "segment sealed", size: 7, path: "/a/b" });
  assert.is(prettyLine(line), "00:00:00.000  WARN   segment sealed  size=7  path=/a/b\n");
});

test("pretty: a value with spaces or line ends is quoted, and stays on its line", () => {
  const forged = "x\n12:00:00.000  ERROR  disk failed";
  const line = prettyLine(JSON.stringify({ time: 0, level: 30, msg: "log founded", note: forged }));
  assert.is(line.split("\n").length, 2);
  assert.ok(line.endsWith(`note=${JSON.stringify(forged)}\n`));
  assert.match(prettyLine(JSON.stringify({ time: 0, level: 30, msg: "m", note: "" })), 'note=""');
});

test("json: base fields, fields and message of every line at or above the level", () => {
  const lines = linesOf(
    { level: "info", format: "json", base: { node: "a" } },
    `probe.debug("not seen"); probe.info("node serving", { size: 3 }); probe.error("log failed");`,
  ).map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.equal(
    lines.map(({ node, msg, size, level }) => ({ node, msg, size, level })),
    [
      { node: "a", msg: "node serving", size: 3, level: 30 },
      { node: "a", msg: "log failed", size: undefined, level: 50 },
    ],
  );
});

test("json: the last line of a process that ends at once is there", () => {
  const lines = linesOf(
    { level: "error", format: "pretty", base: {} },
    `probe.error("node stopped", { reason: "it was told" }); process.exit(3);`,
  );
  assert.is(lines.length, 1);
  assert.match(lines[0] ?? "", /node stopped {2}reason="it was told"$/);
});

test("silent: a probe that says nothing takes everything", () => {
  for (const level of ["debug", "info", "warn", "error"] as const)
    silentProbe[level]("x", { a: 1 });
});

test.run();
