/**
 * Cursors: where the next page of an answer begins, in bytes that callers hand back unread.
 *
 *     | version 1 | tag 16 | evaluated at 8 | place's length 2 | place | inside |
 *
 * `place` is the last row that was taken whole, or the one that `inside` lies in: a cursor names
 * the key that it stands behind and never counts rows, so that rows that come and go elsewhere
 * neither repeat one nor skip one. `evaluated at` is the moment of the first page: all pages of one
 * request age their claims to the same moment.
 *
 * The tag is an HMAC over the rest and the request, under a key made of the log's genesis: a cursor
 * of another database, for another request, or with a bit changed is CURSOR_INVALID; one from
 * before a restart goes on. (The key is no secret to who reads the log, and need not be: a cursor
 * names nothing that its holder may not read.)
 */

import { hmacSha256, sha256 } from "../crypto/sha256.js";
import { timeMsMax } from "../entry/schema.js";
import type { LogGenesis } from "../model/entry.js";
import { Fault } from "../model/fault.js";
import { bytesEqual, toHex } from "../model/hex.js";
import { cursorBytesMax } from "../model/query.js";

const CURSOR_VERSION = 1;
const CURSOR_KEY_CONTEXT = "stemedb/cursor/v1\0";
const TAG_BYTES = 16;
const TAG_START = 1;
const MOMENT_START = TAG_START + TAG_BYTES;
const PLACE_LENGTH_START = MOMENT_START + 8;
const PLACE_START = PLACE_LENGTH_START + 2;

const nothing = new Uint8Array(0);

export interface CursorPlace {
  readonly evaluatedAtMs: number;
  readonly place: Uint8Array;
  /** Empty: the next page begins behind `place`. */
  readonly inside: Uint8Array;
}

export class Cursors {
  readonly #key: Uint8Array;

  constructor(genesis: LogGenesis) {
    const context = new TextEncoder().encode(CURSOR_KEY_CONTEXT);
    this.#key = sha256(context, genesis.clusterId, genesis.nonce);
  }

  encode(request: unknown, at: CursorPlace): Uint8Array {
    const { place, inside } = at;
    const cursor = new Uint8Array(PLACE_START + place.length + inside.length);
    const view = new DataView(cursor.buffer);
    cursor[0] = CURSOR_VERSION;
    view.setFloat64(MOMENT_START, at.evaluatedAtMs);
    view.setUint16(PLACE_LENGTH_START, place.length);
    cursor.set(place, PLACE_START);
    cursor.set(inside, PLACE_START + place.length);
    cursor.set(this.#tag(request, cursor), TAG_START);
    return cursor;
  }

  /** Throws CURSOR_INVALID. */
  decode(request: unknown, cursor: Uint8Array): CursorPlace {
    const isWhole = cursor.length >= PLACE_START && cursor.length <= cursorBytesMax;
    if (!isWhole || cursor[0] !== CURSOR_VERSION) throw invalid(cursor);
    const tag = cursor.subarray(TAG_START, TAG_START + TAG_BYTES);
    if (!bytesEqual(tag, this.#tag(request, cursor))) throw invalid(cursor);
    const view = new DataView(cursor.buffer, cursor.byteOffset, cursor.byteLength);
    const insideStart = PLACE_START + view.getUint16(PLACE_LENGTH_START);
    const evaluatedAtMs = view.getFloat64(MOMENT_START);
    // Whoever knows the log's genesis can make a tag: what it covers is checked like any input.
    const isMoment = Number.isSafeInteger(evaluatedAtMs) && Math.abs(evaluatedAtMs) <= timeMsMax;
    if (!isMoment || insideStart > cursor.length) throw invalid(cursor);
    return {
      evaluatedAtMs,
      place: cursor.slice(PLACE_START, insideStart),
      inside: insideStart < cursor.length ? cursor.slice(insideStart) : nothing,
    };
  }

  #tag(request: unknown, cursor: Uint8Array): Uint8Array {
    const asked = new TextEncoder().encode(canonicalText(request));
    const message = new Uint8Array(32 + cursor.length - TAG_BYTES);
    message.set(sha256(asked));
    message.set(cursor.subarray(0, TAG_START), 32);
    message.set(cursor.subarray(MOMENT_START), 32 + TAG_START);
    return hmacSha256(this.#key, message).subarray(0, TAG_BYTES);
  }
}

function invalid(cursor: Uint8Array): Fault {
  const message =
    "the cursor was not made for this request by this database; ask for the first page again";
  return new Fault("CURSOR_INVALID", message, { bytes: cursor.length });
}

/** One text for one request, whatever the order of its properties. */
function canonicalText(value: unknown): string {
  if (value instanceof Uint8Array) return `x${toHex(value)}`;
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "";
  const properties = Object.entries(value)
    .filter(([, one]) => one !== undefined)
    .sort(([left], [right]) => (left < right ? -1 : 1));
  return `{${properties.map(([name, one]) => `${name}:${canonicalText(one)}`).join(",")}}`;
}
