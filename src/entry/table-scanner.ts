/**
 * The scanner that reads the rules from the table: every body, and the reason of every refusal.
 *
 * Walks an entry once, in order. The first rule that is broken ends the walk. It allocates where it
 * refuses, and nowhere else. Assertions, most of what is appended, have a scan of their own
 * (assertion-scan.ts) that only says yes or no; where that says no, this one says why.
 */
import { integerMax } from "../model/limits.js";
import { compareBytes } from "./bytes.js";
import { compareLabels, crossCheck, describeLabel } from "./cross-checks.js";
import type { FieldRule, MessageRule } from "./field-rules.js";
import {
  faultCodeOf,
  SCAN_BODY_UNKNOWN,
  SCAN_INVALID,
  SCAN_NOT_CANONICAL,
  SCAN_OK,
  type ScanCode,
  type ScanMode,
  type ScanReason,
} from "./scan-code.js";
import { describeBytes, describeText, shorten } from "./scan-value.js";
import { entryRule } from "./schema.js";
import {
  checkText,
  combiningMarksMax,
  TEXT_NOT_NFC,
  TEXT_NOT_UTF8,
  TEXT_OK,
  TEXT_TOO_MANY_MARKS,
} from "./text-check.js";
import { VarintReader } from "./varint-reader.js";

const BODY_FIRST = 10;

export class TableScanner {
  /** Why the last scan refused. */
  reason: ScanReason | undefined;
  #code: ScanCode;
  #bytes: Uint8Array;
  #mode: ScanMode;
  readonly #varint: VarintReader;

  constructor() {
    this.reason = undefined;
    this.#code = SCAN_OK;
    this.#bytes = new Uint8Array(0);
    this.#mode = "edge";
    this.#varint = new VarintReader();
  }

  /** Checks one entry. The bounds lie in `bytes`. */
  scan(bytes: Uint8Array, start: number, end: number, mode: ScanMode = "edge"): ScanCode {
    this.reason = undefined;
    this.#bytes = bytes;
    this.#mode = mode;
    this.#code = SCAN_OK;
    this.#message(entryRule, start, end);
    return this.#code;
  }

  /** Walks one message; returns whether it is right. */
  #message(rules: MessageRule, start: number, end: number): boolean {
    let at = start;
    let last = 0;
    let fieldsSeen = 0;
    let items = 0;
    let hasMember = false;
    let previousStart = -1;
    let previousEnd = -1;
    while (at < end) {
      const behindTag = this.#tag(rules, at, end);
      if (behindTag < 0) return false;
      const tag = this.#varint.low >>> 0;
      const field = this.#fieldOf(rules, tag, last);
      if (field === undefined) return false;
      if (field.oneof !== undefined && field.number !== last) {
        if (hasMember) return this.#notCanonical(field.path, "at most one of them", field.name);
        hasMember = true;
      }
      if (field.wireType !== 2) {
        at = this.#scalar(field, behindTag, end);
        if (at < 0) return false;
      } else {
        const contentStart = this.#length(field, behindTag, end);
        if (contentStart < 0) return false;
        at = contentStart + this.#varint.value();
        if (!this.#content(field, contentStart, at)) return false;
        if (field.countMax > 0 && field.type !== "floats") {
          const isFirst = field.number !== last;
          items = isFirst ? 1 : items + 1;
          if (items > field.countMax) return this.#invalid(field, `${items} or more`);
          if (!isFirst && !this.#inOrder(field, previousStart, previousEnd, contentStart, at)) {
            const describe = field.type === "texts" ? describeText : describeLabel;
            return this.#invalid(field, describe(this.#bytes, contentStart, at));
          }
          previousStart = contentStart;
          previousEnd = at;
        }
      }
      last = field.number;
      if (last < 31) fieldsSeen |= 1 << last;
    }
    return this.#complete(rules, start, end, fieldsSeen, hasMember);
  }

  #tag(rules: MessageRule, at: number, end: number): number {
    const next = this.#varint.read(this.#bytes, at, end);
    if (next >= 0 && this.#varint.is32) return next;
    this.#notCanonical(rules.path || "entry", "field tags are minimal varints", "another tag");
    return -1;
  }

  #fieldOf(rules: MessageRule, tag: number, last: number): FieldRule | undefined {
    const number = tag >>> 3;
    const field = rules.byNumber[number];
    const name = rules.path || "entry";
    if (field === undefined) {
      if (rules === entryRule && number >= BODY_FIRST && last < BODY_FIRST && (tag & 7) === 2) {
        const limit = "a body of entry.proto";
        this.#refuse(SCAN_BODY_UNKNOWN, "body", limit, `field ${number}`);
      } else this.#notCanonical(name, "no unknown fields", `field ${number}`);
      return undefined;
    }
    if (field.wireType !== (tag & 7)) {
      this.#notCanonical(field.path, `wire type ${field.wireType}`, `wire type ${tag & 7}`);
      return undefined;
    }
    const isRepeated = field.type === "messages" || field.type === "texts";
    if (number < last || (number === last && !isRepeated)) {
      const found = `field ${number} behind field ${last}`;
      this.#notCanonical(name, "fields ascending, each once", found);
      return undefined;
    }
    return field;
  }

  /** The start of a field's content, whose length then stands in the varint; or -1. */
  #length(field: FieldRule, at: number, end: number): number {
    const next = this.#varint.read(this.#bytes, at, end);
    if (next < 0) {
      this.#notCanonical(field.path, "its length is a minimal varint", "another length");
      return -1;
    }
    const length = this.#varint.value();
    if (length <= end - next) return next;
    this.#notCanonical(field.path, `${end - next} bytes are left`, `a length of ${length}`);
    return -1;
  }

  #content(field: FieldRule, start: number, end: number): boolean {
    switch (field.type) {
      case "bytes":
        return this.#sized(field, start, end);
      case "text":
      case "texts":
        return this.#sized(field, start, end) && this.#textual(field, start, end);
      case "floats":
        return this.#floats(field, start, end);
      default:
        return field.message === undefined || this.#message(field.message, start, end);
    }
  }

  #sized(field: FieldRule, start: number, end: number): boolean {
    const length = end - start;
    if (length === 0 && !field.explicit && field.type !== "texts") return this.#default(field);
    if (length >= field.min && length <= field.max) return true;
    const describe = field.type === "bytes" ? describeBytes : describeText;
    return this.#invalid(field, describe(this.#bytes, start, end));
  }

  #textual(field: FieldRule, start: number, end: number): boolean {
    const code = checkText(this.#bytes, start, end, field.shape, this.#mode);
    if (code === TEXT_OK) return true;
    const value = describeText(this.#bytes, start, end);
    if (code === TEXT_NOT_UTF8) {
      return this.#refuse(
        SCAN_INVALID,
        field.path,
        "valid UTF-8",
        describeBytes(this.#bytes, start, end),
      );
    }
    if (code === TEXT_NOT_NFC) {
      return this.#refuse(SCAN_INVALID, field.path, "Unicode normalisation form C", value);
    }
    if (code === TEXT_TOO_MANY_MARKS) {
      const limit = `at most ${combiningMarksMax} combining marks in a row`;
      return this.#refuse(SCAN_INVALID, field.path, limit, value);
    }
    return this.#invalid(field, value);
  }

  #floats(field: FieldRule, start: number, end: number): boolean {
    const length = end - start;
    if (length === 0) return this.#default(field);
    if (length % 4 !== 0) {
      return this.#notCanonical(field.path, "packed floats of 4 bytes", `${length} bytes`);
    }
    if (length > field.countMax * 4) return this.#invalid(field, `${length / 4} numbers`);
    const bytes = this.#bytes;
    for (let at = start; at < end; at += 4) {
      const high = (bytes[at + 3] as number) & 0x7f;
      const next = bytes[at + 2] as number;
      const finite = high !== 0x7f || next < 0x80;
      const isMinusZero =
        bytes[at + 3] === 0x80 && next === 0 && bytes[at + 1] === 0 && bytes[at] === 0;
      if (!finite || isMinusZero) {
        return this.#invalid(field, finite ? "-0" : "not finite");
      }
    }
    return true;
  }

  /** Returns the end of a number, or -1. */
  #scalar(field: FieldRule, at: number, end: number): number {
    if (field.wireType === 1) return this.#fixed(field, at, end);
    const varint = this.#varint;
    const next = varint.read(this.#bytes, at, end);
    if (next < 0) {
      this.#notCanonical(field.path, "a minimal varint", "another one");
      return -1;
    }
    const isWide = field.type === "sint64" || field.max > 0xffff_ffff;
    const isSigned = field.type === "sint64" || field.type === "sint32";
    const value = isSigned ? varint.signed() : varint.value();
    if (field.type === "enum") {
      if (value >= 1 && value <= field.max) return next;
      this.#invalid(field, String(value));
      return -1;
    }
    if (!varint.is32 && !isWide) {
      this.#notCanonical(field.path, "32 bits", String(value));
      return -1;
    }
    if (field.type === "boolean") {
      if (value <= 1) return next;
      this.#notCanonical(field.path, "0 or 1", String(value));
      return -1;
    }
    if (value === 0 && !field.explicit) {
      this.#default(field);
      return -1;
    }
    const isBounded = field.type !== "sint64" || field.max > 0;
    if (!isBounded || (value >= field.min && value <= field.max && Math.abs(value) <= integerMax)) {
      return next;
    }
    this.#invalid(field, String(value));
    return -1;
  }

  /** Eight bytes: a hybrid time, or a double. */
  #fixed(field: FieldRule, at: number, end: number): number {
    if (end - at < 8) {
      this.#notCanonical(field.path, "8 bytes", `${end - at} bytes`);
      return -1;
    }
    const view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset + at, 8);
    if (field.type === "fixed64") {
      if (view.getBigUint64(0, true) !== 0n || field.explicit) return at + 8;
      this.#default(field);
      return -1;
    }
    const value = view.getFloat64(0, true);
    if (Object.is(value, 0) && !field.explicit) {
      this.#default(field);
      return -1;
    }
    const isGood = field.positive ? value > 0 : !Object.is(value, -0);
    if (Number.isFinite(value) && isGood) return at + 8;
    this.#invalid(field, Object.is(value, -0) ? "-0" : String(value));
    return -1;
  }

  #inOrder(
    field: FieldRule,
    leftStart: number,
    leftEnd: number,
    rightStart: number,
    rightEnd: number,
  ): boolean {
    if (field.type === "texts") {
      return compareBytes(this.#bytes, leftStart, leftEnd, rightStart, rightEnd) < 0;
    }
    return compareLabels(this.#bytes, leftStart, leftEnd, rightStart, rightEnd) < 0;
  }

  /** What can be said only at the end of a message: what is missing, and rules over fields. */
  #complete(
    rules: MessageRule,
    start: number,
    end: number,
    fieldsSeen: number,
    hasMember: boolean,
  ): boolean {
    const missing = rules.requiredMask & ~fieldsSeen;
    if (missing !== 0) {
      const field = rules.byNumber[31 - Math.clz32(missing & -missing)];
      if (field !== undefined) return this.#invalid(field, "absent");
    }
    if (rules.oneof !== undefined && !hasMember) {
      const path = rules.path === "" ? rules.oneof : `${rules.path}.${rules.oneof}`;
      return rules === entryRule
        ? this.#notCanonical(path, "exactly one", "none")
        : this.#refuse(SCAN_INVALID, path, "exactly one", "none");
    }
    if (rules.check === undefined) return true;
    const broken = crossCheck(rules, this.#bytes, start, end);
    if (broken === undefined) return true;
    return this.#refuse(SCAN_INVALID, broken.field, broken.limit, broken.value);
  }

  #default(field: FieldRule): false {
    if (field.required) return this.#invalid(field, "empty");
    return this.#notCanonical(field.path, "not written where it is the default", "the default");
  }

  #invalid(field: FieldRule, value: string): false {
    return this.#refuse(SCAN_INVALID, field.path, field.limit, value);
  }

  #notCanonical(field: string, limit: string, value: string): false {
    return this.#refuse(SCAN_NOT_CANONICAL, field, limit, value);
  }

  #refuse(code: ScanCode, field: string, limit: string, value: string): false {
    this.#code = code;
    this.reason = { code: faultCodeOf(code), field, limit, value: shorten(value) };
    return false;
  }
}
