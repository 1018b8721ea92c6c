/**
 * Goal: the hand-written encoding of entries is what the generated one makes. Method: random runs,
 * chosen entries, repeats and holes, encoded by both.
 */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toHybridTime } from "../../src/model/hybrid-time.js";
import { encodeRun, SUBSCRIBE_ENTRIES_FIELD } from "../../src/rpc/frame-bytes.js";
import type { EntryRun } from "../../src/subscription/entry-run.js";
import type { Block, SlotState } from "../../src/wal/block.js";
import { type Entries, SubscribeResponse } from "../../src/wire/steme/v1/log_service.js";

const test = suite("rpc: frame bytes");
const logId = new Uint8Array(32).fill(7);

interface Slot {
  readonly bytes: Uint8Array;
  readonly state: SlotState;
}

/** A block of which only what encoding needs is real. */
function blockOf(slots: readonly Slot[], firstIndex: number): Block {
  const offsets = slots.map((_slot, at) =>
    slots.slice(0, at).reduce((sum, slot) => sum + slot.bytes.length, 0),
  );
  const of = (at: number): Slot => slots[at] ?? { bytes: new Uint8Array(0), state: "whole" };
  const block: Partial<Block> = {
    logId,
    firstIndex,
    count: slots.length,
    hybridTime: toHybridTime(0x1_0000_0000_0001n),
    bytes: Buffer.concat(slots.map((slot) => slot.bytes)),
    offset: (at) => offsets[at] ?? 0,
    length: (at) => of(at).bytes.length,
    entry: (at) => of(at).bytes,
    state: (at) => of(at).state,
    leaf: (at) => new Uint8Array(32).fill(at),
  };
  return block as Block;
}

function generated(run: EntryRun, repeats: ReadonlyMap<number, number>, token: Uint8Array): Buffer {
  const { block } = run;
  const all = Array.from({ length: run.end - run.start }, (_none, at) => run.start + at);
  const sent = run.chosen ?? all;
  const skips = sent.map((entry, at) => (at === 0 ? 0 : entry - (sent[at - 1] ?? 0) - 1));
  const value: Entries = {
    logId: Buffer.from(logId),
    firstIndex: BigInt(block.firstIndex + (sent[0] ?? 0)),
    hybridTime: block.hybridTime,
    entries: sent.map((entry) =>
      Buffer.from(block.state(entry) === "whole" ? block.entry(entry) : []),
    ),
    skips: skips.some((skip) => skip > 0) ? skips : [],
    repeats: sent.flatMap((entry, at) => {
      const index = repeats.get(entry);
      const first = { logId: Buffer.from(logId), index: BigInt(index ?? 0) };
      return index === undefined ? [] : [{ entry: at, first }];
    }),
    holes: sent.flatMap((entry, at) => {
      const id = Buffer.alloc(32, entry);
      const redacted = block.state(entry) === "redacted";
      return block.state(entry) === "whole" ? [] : [{ entry: at, id, redacted }];
    }),
    frontier: Buffer.from(token),
  };
  const frame: SubscribeResponse["frame"] = { $case: "entries", value };
  return Buffer.from(SubscribeResponse.encode({ frame }).finish());
}

const slot = fc.record({
  bytes: fc.uint8Array({ minLength: 1, maxLength: 300 }),
  state: fc.constantFrom<SlotState>("whole", "whole", "whole", "pruned", "redacted"),
});

test("encodeRun: the generated encoder makes the same bytes (property)", () => {
  fc.assert(
    fc.property(
      fc.array(slot, { minLength: 1, maxLength: 40 }),
      fc.nat({ max: 1_000_000_000_000 }),
      fc.infiniteStream(fc.nat({ max: 5 })),
      fc.uint8Array({ maxLength: 60 }),
      fc.boolean(),
      (slots, firstIndex, picks, token, isFiltered) => {
        const block = blockOf(slots, firstIndex);
        const pick = () => picks.next().value ?? 0;
        const chosen = slots.flatMap((_slot, at) => (pick() < 3 ? [at] : []));
        const repeats = new Map(slots.flatMap((_slot, at) => (pick() === 0 ? [[at, at * 3]] : [])));
        const run: EntryRun = {
          block,
          start: 0,
          end: slots.length,
          chosen: isFiltered && chosen.length > 0 ? chosen : undefined,
        };
        const bytes = encodeRun(SUBSCRIBE_ENTRIES_FIELD, run, {
          repeats: repeats as ReadonlyMap<number, number>,
          token,
        });
        assert.is(
          Buffer.from(bytes).toString("hex"),
          generated(run, repeats as ReadonlyMap<number, number>, token).toString("hex"),
        );
      },
    ),
  );
});

test.run();
