/**
 * The canonical scanner: one pass over an entry that checks structure, canonical form, fields and
 * limits, and leaves behind where its parts lie. What is read from a log is scanned as stored.
 *
 * Everything that reads stored or received entries reads through it, so that what one part of the
 * database understands, all do. Reusable; allocates nothing where an entry is right; never throws,
 * whatever the bytes are.
 */
import { assert } from "../invariant/assert.js";
import { bodyKinds } from "../model/entry.js";
import { entryBytesMax } from "../model/limits.js";
import { type ClaimFacts, scanAssertion } from "./assertion-scan.js";
import { FieldCursor } from "./field-cursor.js";
import { grouped } from "./field-rules.js";
import {
  faultCodeOf,
  SCAN_OK,
  SCAN_TOO_LARGE,
  type ScanCode,
  type ScanMode,
  type ScanReason,
} from "./scan-code.js";
import { TableScanner } from "./table-scanner.js";

const BODY_TAG_ASSERTION = 0x52;
/** Author and salt with their tags and lengths: 2 + 32 + 2 + 16. */
const ENVELOPE_BYTES = 52;
const tables = new TableScanner();

export class EntryScanner implements ClaimFacts {
  // Facts of the last scan that succeeded: places in the scanned bytes, -1 where absent.
  /** Number of the body's field: 10 is an assertion. */
  kind: number;
  /** 32 bytes. */
  authorStart: number;
  /** 16 bytes. */
  saltStart: number;
  onBehalfOfStart: number;
  onBehalfOfEnd: number;
  /** The content of the body. */
  bodyStart: number;
  /** The concept path of an assertion, or of the claim that the body acts on. */
  pathStart: number;
  pathEnd: number;
  /** An assertion's. */
  predicateStart: number;
  predicateEnd: number;
  /** Claimed by an assertion's source or a source record, 0 where there is none. */
  sourceClass: number;
  readonly #mode: ScanMode;
  readonly #cursor: FieldCursor;
  #lastBytes: Uint8Array;
  #lastStart: number;
  #lastEnd: number;

  constructor(mode: ScanMode = "edge") {
    this.#mode = mode;
    this.kind = 0;
    this.authorStart = -1;
    this.saltStart = -1;
    this.onBehalfOfStart = -1;
    this.onBehalfOfEnd = -1;
    this.bodyStart = -1;
    this.pathStart = -1;
    this.pathEnd = -1;
    this.predicateStart = -1;
    this.predicateEnd = -1;
    this.sourceClass = 0;
    this.#cursor = new FieldCursor();
    this.#lastBytes = new Uint8Array(0);
    this.#lastStart = 0;
    this.#lastEnd = 0;
  }

  /** Checks that `bytes[start..end)` is one canonical, valid entry within the limits. */
  scan(bytes: Uint8Array, start: number, end: number): ScanCode {
    assert(start >= 0 && start <= end && end <= bytes.length, "the entry lies in the bytes");
    this.#lastBytes = bytes;
    this.#lastStart = start;
    this.#lastEnd = end;
    const length = end - start;
    if (length === 0 || length > entryBytesMax) return SCAN_TOO_LARGE;
    if (this.#isPlainAssertion(bytes, start, end)) return SCAN_OK;
    const code = tables.scan(bytes, start, end, this.#mode);
    if (code === SCAN_OK) this.#collect(bytes, start, end);
    return code;
  }

  /** Why the last scan failed. Scans once more. */
  reason(): ScanReason {
    const length = this.#lastEnd - this.#lastStart;
    if (length === 0 || length > entryBytesMax) {
      const limit = `1..${grouped(entryBytesMax)} bytes`;
      const value = `${grouped(length)} bytes`;
      return { code: faultCodeOf(SCAN_TOO_LARGE), field: "entry", limit, value };
    }
    tables.scan(this.#lastBytes, this.#lastStart, this.#lastEnd, this.#mode);
    assert(tables.reason !== undefined, "a reason is asked for a scan that failed");
    return tables.reason;
  }

  /** The usual case: author, salt, maybe on behalf of someone, and an assertion to the end. */
  #isPlainAssertion(bytes: Uint8Array, start: number, end: number): boolean {
    let at = start + ENVELOPE_BYTES;
    if (at + 3 > end) return false;
    if (bytes[start] !== 0x0a || bytes[start + 1] !== 32) return false;
    if (bytes[start + 34] !== 0x12 || bytes[start + 35] !== 16) return false;
    if (bytes[at] !== BODY_TAG_ASSERTION) return false;
    const first = bytes[at + 1] as number;
    let length = first;
    at += 2;
    if (first >= 0x80) {
      const second = bytes[at] as number;
      at++;
      // A third byte of the length: an entry of 16 KiB or more is not for the fast scan.
      if (second >= 0x80 || second === 0) return false;
      length = (first & 0x7f) | (second << 7);
    }
    if (at + length !== end || !scanAssertion(bytes, at, end, this, this.#mode)) return false;
    this.kind = bodyKinds.assertion;
    this.authorStart = start + 2;
    this.saltStart = start + 36;
    this.onBehalfOfStart = -1;
    this.onBehalfOfEnd = -1;
    this.bodyStart = at;
    return true;
  }

  /** Finds the facts of an entry that the table scanner accepted. */
  #collect(bytes: Uint8Array, start: number, end: number): void {
    this.onBehalfOfStart = -1;
    this.onBehalfOfEnd = -1;
    this.pathStart = -1;
    this.pathEnd = -1;
    this.predicateStart = -1;
    this.predicateEnd = -1;
    this.sourceClass = 0;
    const cursor = this.#cursor;
    cursor.open(bytes, start, end);
    while (cursor.next()) {
      if (cursor.number === 1) this.authorStart = cursor.start;
      else if (cursor.number === 2) this.saltStart = cursor.start;
      else if (cursor.number === 3) {
        this.onBehalfOfStart = cursor.start;
        this.onBehalfOfEnd = cursor.end;
      } else {
        this.kind = cursor.number;
        this.bodyStart = cursor.start;
      }
    }
    this.#collectBody(bytes, this.bodyStart, end);
  }

  #collectBody(bytes: Uint8Array, start: number, end: number): void {
    const cursor = this.#cursor;
    const pathField = pathFieldOf(this.kind);
    if (pathField > 0 && cursor.find(bytes, start, end, pathField)) {
      this.pathStart = cursor.start;
      this.pathEnd = cursor.end;
    }
    if (this.kind === bodyKinds.source_record && cursor.find(bytes, start, end, 5)) {
      this.sourceClass = cursor.varint.value();
    }
    if (this.kind !== bodyKinds.assertion) return;
    if (cursor.find(bytes, start, end, 2)) {
      this.predicateStart = cursor.start;
      this.predicateEnd = cursor.end;
    }
    if (cursor.find(bytes, start, end, 6) && cursor.find(bytes, cursor.start, cursor.end, 4)) {
      this.sourceClass = cursor.varint.value();
    }
  }
}

/** Which field of a body is the concept path that the entry belongs to; 0 for global bodies. */
function pathFieldOf(kind: number): number {
  switch (kind) {
    case bodyKinds.assertion:
      return 1;
    case bodyKinds.retraction:
    case bodyKinds.vote:
    case bodyKinds.endorsement:
    case bodyKinds.trust_outcome:
      return 2;
    case bodyKinds.supersession:
      return 3;
    default:
      return 0;
  }
}
