/**
 * Goal: what is typed about a lens, a moment or freshness means one thing, and what is mistyped is
 * refused by a sentence that says what would be right. Method: tables of both spaces.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseArguments } from "../../cli/arguments.js";
import { queryCommand } from "../../cli/commands/query.js";
import { lensRequestAt, typedRequestOf } from "../../cli/lens-flags.js";
import { momentAt, parseFreshness, parseMomentFlag } from "../../cli/moment.js";
import { Usage } from "../../cli/usage.js";
import type { StemeClient } from "../../src/client/index.js";
import type { LensParameters } from "../../src/model/answer.js";
import { encodeFrontier } from "../../src/model/frontier.js";
import { toHex } from "../../src/model/hex.js";
import { toIndex } from "../../src/model/position.js";
import { rejects, throwsFault } from "../support/expect.js";

const test = suite("cli: lens flags");

const nowMs = Date.parse("2026-06-01T12:00:00Z");
const logId = new Uint8Array(32).fill(0xab);
const log = toHex(logId);
const frontier = encodeFrontier([{ logId, size: 8, rootPrefix: new Uint8Array(8), next: 8 }]);
const key = "0f".repeat(32);

const requestOf = (typed: string) =>
  typedRequestOf(parseArguments(queryCommand, typed.split(" ")), nowMs);

/** A node whose log has so many entries. */
const nodeOf = (size: number) => {
  const status = async () => ({ logId, size });
  return { status } as unknown as Pick<StemeClient, "status">;
};

function refusal(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof Usage) return error.message;
    throw error;
  }
  throw new Error("it was not refused");
}

test("parameters: every flag means its parameter; without flags there are none (table)", () => {
  const table: readonly (readonly [typed: string, parameters: LensParameters])[] = [
    ["a", {}],
    ["a --decay none", { decay: "none" }],
    ["a --decay class", { decay: "class" }],
    ["a --decay 90d", { decay: { halfLifeMs: 90 * 86_400_000 } }],
    ["a --lifecycle approved --lifecycle approved", { lifecycles: ["approved"] }],
    ["a --epoch 2026", { epoch: "2026" }],
    ["a --valid-at 1970-01-02", { validAtMs: 86_400_000 }],
    ["a --voices sources", { voices: "sources" }],
    [`a --author ${key}`, { authorsIn: [new Uint8Array(32).fill(15)] }],
    [`a --not-author ${key}`, { authorsOut: [new Uint8Array(32).fill(15)] }],
    ["a --source mdn --source caniuse", { sourcesIn: ["mdn", "caniuse"] }],
    ["a --not-source blog", { sourcesOut: ["blog"] }],
    ["a --class expert --class regulatory", { classes: ["expert", "regulatory"] }],
    ["a --confidence-min 0.5", { confidenceMillionthsMin: 500_000 }],
    ["a --trust-min .25", { trustMillionthsMin: 250_000 }],
    ["a --recency-time recorded", { recencyTime: "recorded" }],
    [`a --without ${key}`, { claimsOut: [new Uint8Array(32).fill(15)] }],
  ];
  for (const [typed, parameters] of table) {
    assert.equal(requestOf(typed).parameters, parameters, typed);
  }
});

test("request: lens, evaluation, freshness, and a moment placed by the node", async () => {
  const typed = requestOf("a --lens layered --evaluated-at 2026-01-01 --fresh local --as-of 5");
  assert.equal(await lensRequestAt(nodeOf(8), typed), {
    parameters: {},
    lens: "layered",
    evaluatedAtMs: Date.UTC(2026, 0, 1),
    freshness: { kind: "level", level: "local" },
    asOf: { kind: "position", position: { logId, index: 5 } },
  });
});

test("refusals: a sentence that says what would be right (table)", () => {
  const table: readonly (readonly [typed: string, says: string])[] = [
    ["--lens consensu", "did you mean consensus?"],
    ["--lens best", "one of recency, confidence, consensus"],
    ["--decay clas", "did you mean class?"],
    ["--decay 5x", "a half-life such as 90d"],
    ["--decay 0", "a half-life such as 90d"],
    ["--lifecycle aproved", "did you mean approved?"],
    ["--voices author", "did you mean authors?"],
    ["--class expret", "did you mean expert?"],
    ["--recency-time when", "one of asserted, recorded, valid_from"],
    ["--confidence-min 2", "must be 0 to 1"],
    ["--trust-min -1", "must be 0 to 1"],
    ["--author abc", "a key has 64 hexadecimal digits, and here are 3"],
    ["--without chrome", "an id has 64 hexadecimal digits"],
    ["--valid-at yesterday", "must be a moment such as"],
    ["--as-of yesterday", "that is no moment; write an index"],
    ["--as-of 2026-01-01", "did you mean @2026-01-01?"],
    ["--as-of -1h", "did you mean @-1h?"],
    ["--as-of start", "the first entry is 0"],
    ["--as-of 1:2", "a range is no moment"],
    [`--as-of ${key}`, "an id alone is no moment"],
    [`--as-of ${key}00`, "it is no frontier"],
    ["--as-of @2026-02-30", "that is no moment"],
    ["--fresh knwon", "did you mean known?"],
    ["--fresh 12", "the position of a receipt"],
    [`--fresh ${log}:1:2`, "the position of a receipt"],
    ["--fresh @-1h", "the position of a receipt"],
  ];
  for (const [typed, says] of table) {
    const message = refusal(() => requestOf(`a ${typed}`));
    assert.ok(message.includes(says), `${typed}: ${message}`);
  }
});

test("refusals: more of a list than a request takes", () => {
  const sources = Array.from({ length: 65 }, (_unused, i) => `--source s${i}`).join(" ");
  assert.match(
    refusal(() => requestOf(`a ${sources}`)),
    "--source is given 65 times, and at most 64",
  );
});

test("moment: points of the log, positions, times and frontiers (table)", async () => {
  const at = (index: number) => ({
    kind: "position" as const,
    position: { logId, index: toIndex(index) },
  });
  const table = [
    ["0", at(0)],
    ["7", at(7)],
    ["end", at(7)],
    ["-1", at(7)],
    ["-0", at(7)],
    ["-8", at(0)],
    ["+3", at(3)],
    [`${log}:99`, at(99)],
    [`${log}/99`, at(99)],
    ["@-1h", { kind: "recorded" as const, recordedMs: nowMs - 3_600_000 }],
    ["@2026-01-01", { kind: "recorded" as const, recordedMs: Date.UTC(2026, 0, 1) }],
    [toHex(frontier), { kind: "frontier" as const, frontier }],
  ] as const;
  for (const [text, moment] of table) {
    assert.equal(await momentAt(nodeOf(8), parseMomentFlag("as-of", text, nowMs)), moment, text);
  }
});

test("moment: outside of the log, the log's own bounds are said", async () => {
  for (const text of ["8", "-9", "+8", "9007199254740991"]) {
    const fault = await rejects(
      momentAt(nodeOf(8), parseMomentFlag("as-of", text, nowMs)),
      "MOMENT_INVALID",
    );
    assert.match(String(fault), "the log has entries 0 to 7");
  }
});

test("freshness: a level, a position of a receipt, a frontier", () => {
  assert.equal(parseFreshness("latest", nowMs), { kind: "level", level: "latest" });
  const position = { kind: "position", position: { logId, index: 4 } };
  assert.equal(parseFreshness(`${log}:4`, nowMs), position);
  assert.equal(parseFreshness(`${log}/4`, nowMs), position);
  assert.equal(parseFreshness(toHex(frontier), nowMs), { kind: "frontier", frontier });
  throwsFault(() => parseFreshness("", nowMs), "ARGUMENT_INVALID");
});

test.run();
