/**
 * A feed of the log: a subscription whose every entry carries the token that resumes right behind
 * it, so that a reader that was cut off anywhere misses nothing and gets nothing twice.
 *
 * A token inside a block names the end of the block before; that root is remembered from the last
 * run where it stands right before this one, and read from the log where a filter left blocks out.
 */
import type { Clock } from "../host/clock.js";
import { nextTurn } from "../host/clock.js";
import { emptyRootPrefix, encodeFrontier } from "../model/frontier.js";
import { type Position, toIndex } from "../model/position.js";
import type { EntryRun } from "../subscription/entry-run.js";
import type { Repeats } from "../subscription/repeats.js";
import { resolveStart } from "../subscription/start.js";
import { type RunFrame, Subscription } from "../subscription/subscription.js";
import { idOf } from "../wal/block-id.js";
import type { Log } from "../wal/log.js";
import type { FeedEntry, FeedEvent, FeedRequest, FeedSource } from "./parts.js";

export interface LogFeedOptions {
  readonly log: Log;
  readonly repeats: Repeats;
  readonly clock: Clock;
}

/** Entries of one group: what is turned into text at a time, before others have the thread. */
const groupEntriesMax = 64;
const ROOT_PREFIX_BYTES = 8;

export const logFeed = (options: LogFeedOptions): FeedSource => ({
  events: (request, signal) => feedEvents(options, request, signal),
});

async function* feedEvents(
  options: LogFeedOptions,
  request: FeedRequest,
  signal: AbortSignal,
): AsyncGenerator<readonly FeedEvent[], void> {
  const { log, repeats, clock } = options;
  const subscription = await Subscription.open({
    log,
    clock,
    repeats,
    next: await resolveStart(log, request.start),
    filter: request.filter,
    heartbeatMs: request.heartbeatMs,
    untilEnd: false,
    signal,
  });
  const tokens = new EntryTokens(log);
  for await (const frame of subscription.frames()) {
    switch (frame.kind) {
      case "entries":
        yield* entryGroups(log, tokens, frame);
        break;
      case "caughtUp":
        yield [{ kind: "caught_up", token: frame.token, size: frame.size }];
        break;
      case "progress":
        yield [{ kind: "progress", token: frame.token }];
        break;
      case "fellBehind":
        yield [{ kind: "fell_behind", behind: frame.behind }];
        break;
      case "heartbeat":
        yield [{ kind: "heartbeat" }];
    }
  }
}

async function* entryGroups(
  log: Log,
  tokens: EntryTokens,
  frame: RunFrame,
): AsyncGenerator<readonly FeedEvent[], void> {
  const { run } = frame;
  const before = await tokens.endBefore(run);
  let group: FeedEvent[] = [];
  for (const entry of chosenOf(run)) {
    group.push(describe(log, frame, entry, tokens.behind(run, entry, before)));
    if (group.length < groupEntriesMax) continue;
    yield group;
    group = [];
    await nextTurn();
  }
  if (group.length > 0) yield group;
}

function* chosenOf(run: EntryRun): Generator<number> {
  if (run.chosen !== undefined) yield* run.chosen;
  else for (let entry = run.start; entry < run.end; entry++) yield entry;
}

function describe(log: Log, frame: RunFrame, entry: number, token: Uint8Array): FeedEntry {
  const { block } = frame.run;
  const state = block.state(entry);
  const index = block.firstIndex + entry;
  const earlier = frame.repeats.get(entry);
  const positionOf = (at: number): Position => ({ logId: log.id, index: toIndex(at) });
  return {
    kind: "entry",
    id: new Uint8Array(idOf(block, entry)),
    position: positionOf(index),
    recorded: block.hybridTime,
    token,
    entry: state === "whole" ? block.entry(entry) : undefined,
    ...(state === "whole" ? {} : { hole: state }),
    ...(earlier === undefined ? {} : { first: positionOf(earlier) }),
  };
}

/** Tokens behind single entries. */
class EntryTokens {
  readonly #log: Log;
  /** The end of the last block whose root was seen. */
  #end = { size: 0, rootPrefix: emptyRootPrefix };

  constructor(log: Log) {
    this.#log = log;
  }

  /** First 8 bytes of the root before the block of a run. */
  async endBefore(run: EntryRun): Promise<Uint8Array> {
    const { firstIndex, count, statement } = run.block;
    if (this.#end.size !== firstIndex) {
      const before = await this.#log.read(firstIndex - 1);
      this.#end = { size: firstIndex, rootPrefix: prefixOf(before.statement.root) };
    }
    const { rootPrefix } = this.#end;
    if (run.end === count) {
      this.#end = { size: firstIndex + count, rootPrefix: prefixOf(statement.root) };
    }
    return rootPrefix;
  }

  behind(run: EntryRun, entry: number, before: Uint8Array): Uint8Array {
    const { block } = run;
    const next = block.firstIndex + entry + 1;
    const logId = this.#log.id;
    if (entry + 1 < block.count) {
      return encodeFrontier([{ logId, size: block.firstIndex, rootPrefix: before, next }]);
    }
    const rootPrefix = prefixOf(block.statement.root);
    return encodeFrontier([{ logId, size: next, rootPrefix, next }]);
  }
}

const prefixOf = (root: Uint8Array): Uint8Array => root.slice(0, ROOT_PREFIX_BYTES);
