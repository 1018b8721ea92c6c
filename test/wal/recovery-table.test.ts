/**
 * Goal: docs/internals/log.md prints the recovery table that the code has. Method: the table is
 * rendered and looked up in the page; `--write` as an argument puts it there.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { recoveryTable } from "../../src/wal/recovery-table.js";

const test = suite("wal: recovery table");
const page = "docs/internals/log.md";
const begin = "<!-- recovery table: begin -->";
const end = "<!-- recovery table: end -->";

const rows = Object.entries(recoveryTable).map(
  ([label, { condition, verdict, action }]) =>
    `| ${label} | ${condition} | **${verdict}**: ${action} |`,
);
const table = ["", "| row | found | what follows |", "|---|---|---|", ...rows, ""].join("\n");

test("docs: the page prints the table of the code", () => {
  const text = readFileSync(page, "utf8");
  const [before, rest] = text.split(begin);
  const after = rest?.split(end)[1];
  assert.ok(before !== undefined && after !== undefined, "the page has a place for the table");
  const fresh = `${before}${begin}\n${table}\n${end}${after}`;
  if (process.argv.includes("--write")) writeFileSync(page, fresh);
  assert.ok(
    text === fresh || process.argv.includes("--write"),
    `${page} is stale: run with --write`,
  );
});

test.run();
