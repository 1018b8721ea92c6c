/** What comes on a subscription, in the client's own words. */
import { Fault } from "../model/fault.js";
import type { Position } from "../model/position.js";
import { SubscribeResponse } from "../wire/steme/v1/log_service.js";
import { type EntriesFrame, entriesFrameOf } from "./entries-frame.js";
import { exactOf, positionOf } from "./wire-position.js";

/** The subscription stands. Comes again, with `isResumed`, after each interruption. */
export interface Confirmed {
  readonly kind: "confirmed";
  /** The first position that may be sent. */
  readonly next: Position;
  /** How many entries the log has. */
  readonly size: number;
  readonly isResumed: boolean;
}

/** All that was durable when this was made has been handed out; live entries follow. */
export interface CaughtUp {
  readonly kind: "caughtUp";
  readonly size: number;
  readonly frontier: Uint8Array;
}

/** The reader is slower than the log; what follows comes from disk until the next `caughtUp`. */
export interface FellBehind {
  readonly kind: "fellBehind";
  /** How many entries lie between the reader and the end. */
  readonly behind: number;
}

/** Up to here nothing (more) matched the filter. */
export interface Progress {
  readonly kind: "progress";
  readonly next: Position;
  readonly frontier: Uint8Array;
}

/** The call is alive. */
export interface Heartbeat {
  readonly kind: "heartbeat";
  readonly next: Position;
  readonly size: number;
}

export type SubscriptionEvent =
  | EntriesFrame
  | Confirmed
  | CaughtUp
  | FellBehind
  | Progress
  | Heartbeat;

/** `SubscribeResponse.entries`: field 2, length-delimited. */
const ENTRIES_TAG = 0x12;

/** Parses a message; `undefined` for a frame that this version does not know. */
export function eventOf(bytes: Buffer, isResumed: boolean): SubscriptionEvent | undefined {
  if (bytes[0] === ENTRIES_TAG) {
    const start = lengthEnd(bytes);
    if (start !== undefined) return entriesFrameOf(bytes, start, bytes.length);
  }
  const { frame } = decoded(bytes);
  switch (frame?.$case) {
    case "entries":
    case undefined:
      return undefined;
    case "confirmed": {
      const next = positionIn(frame.value.next);
      return { kind: "confirmed", next, size: exactOf(frame.value.size), isResumed };
    }
    case "caughtUp": {
      const { size, frontier } = frame.value;
      return { kind: "caughtUp", size: exactOf(size), frontier };
    }
    case "fellBehind":
      return { kind: "fellBehind", behind: exactOf(frame.value.behind) };
    case "progress": {
      const { next, frontier } = frame.value;
      return { kind: "progress", next: positionIn(next), frontier };
    }
    case "heartbeat": {
      const { next, size } = frame.value;
      return { kind: "heartbeat", next: positionIn(next), size: exactOf(size) };
    }
  }
}

/** Where the length behind the first tag ends, if the field takes the whole rest of the message. */
export function lengthEnd(bytes: Buffer): number | undefined {
  let length = 0;
  let scale = 1;
  for (let place = 1; place < Math.min(bytes.length, 6); place++) {
    const byte = bytes[place] ?? 0;
    length += (byte & 0x7f) * scale;
    if (byte < 0x80) return place + 1 + length === bytes.length ? place + 1 : undefined;
    scale *= 0x80;
  }
  return undefined;
}

/** Strict: bytes that are no such message are the node's fault, and not ours to crash on. */
function decoded(bytes: Buffer): SubscribeResponse {
  try {
    return SubscribeResponse.decode(bytes);
  } catch (error) {
    throw new Fault("MESSAGE_MALFORMED", "a frame of the subscription is malformed", {}, error);
  }
}

function positionIn(position: { logId: Buffer; index: bigint } | undefined): Position {
  if (position === undefined) throw new Fault("MESSAGE_MALFORMED", "a frame lacks its position");
  return positionOf(position);
}
