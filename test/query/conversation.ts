/** Entries for tests of the query engine, said by a few voices, at moments that a test names. */

import { systemRandom } from "../../src/host/random.js";
import { systemWorkers } from "../../src/host/workers.js";
import type { Answer } from "../../src/model/answer.js";
import type { Assertion, Body, EntryFields, Value } from "../../src/model/entry.js";
import { QueryEngine } from "../../src/query/query-engine.js";
import { SimulatedClock } from "../support/simulated-clock.js";
import { MemoryLog, MemoryViews } from "./memory-views.js";

export const startMs = Date.UTC(2026, 0, 1);
export const administrator = new Uint8Array(32).fill(1);
export const voice = (number: number): Uint8Array => new Uint8Array(32).fill(number);

let salts = 0;
export function entryOf(author: Uint8Array, body: Body): EntryFields {
  const salt = new Uint8Array(16);
  new DataView(salt.buffer).setUint32(0, ++salts);
  return { author, salt, body };
}

export const text = (word: string): Value => ({ kind: "text", text: word });

export const claim = (
  conceptPath: string,
  value: Value,
  parts: Partial<Assertion> = {},
): Assertion => ({
  kind: "assertion",
  conceptPath,
  predicate: "p",
  value,
  polarity: "affirms",
  confidenceMillionths: 1_000_000,
  source: { id: "s", class: "community" },
  assertedMs: startMs,
  lifecycle: "proposed",
  ...parts,
});

/** A log, views, a clock and the engine over them; a second passes between entries. */
export class Conversation {
  readonly clock = new SimulatedClock(startMs);
  readonly log = new MemoryLog();
  readonly views = new MemoryViews(this.log);
  readonly engine = new QueryEngine({
    views: this.views,
    log: this.log,
    clock: this.clock,
    random: systemRandom,
    workers: systemWorkers,
  });
  readonly never: AbortSignal = new AbortController().signal;

  constructor() {
    const key = administrator;
    const clusterId = new Uint8Array(16).fill(7);
    this.say(key, { kind: "grant", clusterId, key, role: "curator" });
  }

  /** Says something, which the views have not applied yet. */
  sayUnseen(author: Uint8Array, body: Body): Uint8Array {
    this.clock.jump(1_000);
    return this.log.say(this.clock.nowMs(), entryOf(author, body));
  }

  say(author: Uint8Array, body: Body): Uint8Array {
    const id = this.sayUnseen(author, body);
    this.views.apply();
    return id;
  }

  position(index: number) {
    return { logId: this.log.id, index: index as never };
  }
}

/** What won, as a word. */
export const wonBy = ({ winner }: Answer): string | undefined =>
  winner?.kind === "text" ? winner.text : winner === undefined ? undefined : winner.kind;
