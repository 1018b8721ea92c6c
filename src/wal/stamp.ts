/**
 * Reads what a stamp says, from the bytes of a block that somebody else may have written.
 *
 * It reads as every protobuf library does: fields in any order, unknown ones skipped. So the stamp
 * of a newer StemeDB, with a field more, is still a stamp to this one; and no bytes make it throw.
 */
import { VarintReader } from "../entry/varint-reader.js";
import { viewOf } from "./bytes.js";

interface StampFacts {
  readonly logId: Uint8Array;
  readonly firstIndex: number;
  readonly count: number;
  readonly hybridTime: bigint;
}

const BODY = 62;
const LOG_ID = 1;
const FIRST_INDEX = 2;
const COUNT = 3;
const HYBRID_TIME = 4;
const VARINT = 0;
const FIXED64 = 1;
const DELIMITED = 2;
const FIXED32 = 5;

const varint = new VarintReader();

/**
 * Calls `visit` with each field's number, wire type and place; a varint's value is left behind.
 * Returns whether the bytes are a message.
 */
function eachField(
  bytes: Uint8Array,
  visit: (number: number, wireType: number, start: number, end: number) => void,
): boolean {
  let at = 0;
  while (at < bytes.length) {
    let start = varint.readLoose(bytes, at, bytes.length);
    if (start < 0 || !varint.is32) return false;
    const tag = varint.low >>> 0;
    const wireType = tag & 7;
    let end = start + (wireType === FIXED64 ? 8 : 4);
    if (wireType === VARINT || wireType === DELIMITED) {
      end = varint.readLoose(bytes, start, bytes.length);
      if (end < 0) return false;
      if (wireType === DELIMITED) {
        start = end;
        end += varint.value();
      }
    } else if (wireType !== FIXED64 && wireType !== FIXED32) return false;
    if (end > bytes.length) return false;
    visit(tag >>> 3, wireType, start, end);
    at = end;
  }
  return true;
}

/** What the entry says as a `BlockStamp`; `undefined` where it is none. */
export function readStamp(entry: Uint8Array): StampFacts | undefined {
  let body: Uint8Array | undefined;
  const isEntry = eachField(entry, (number, wireType, start, end) => {
    if (number === BODY && wireType === DELIMITED) body = entry.subarray(start, end);
  });
  return isEntry && body !== undefined ? readBody(body) : undefined;
}

function readBody(body: Uint8Array): StampFacts | undefined {
  const stamp = { logId: new Uint8Array(0), firstIndex: 0, count: 0, hybridTime: 0n };
  const isMessage = eachField(body, (number, wireType, start, end) => {
    if (number === LOG_ID && wireType === DELIMITED) stamp.logId = body.slice(start, end);
    else if (number === FIRST_INDEX && wireType === VARINT) stamp.firstIndex = varint.value();
    else if (number === COUNT && wireType === VARINT) stamp.count = varint.value();
    else if (number === HYBRID_TIME && wireType === FIXED64) {
      stamp.hybridTime = viewOf(body).getBigUint64(start, true);
    }
  });
  return isMessage ? stamp : undefined;
}
