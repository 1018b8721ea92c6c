/**
 * What the views read of an entry, found in one pass over its bytes without making objects.
 *
 * Entries are not trusted: a replica stores what it does not understand, and what the scanner
 * refuses is passed over here. Beyond the scanner, an entry counts only if its author signed its
 * batch, and if its texts can be parts of keys.
 */
import { isUtf8 } from "node:buffer";
import { EntryScanner } from "../entry/entry-scanner.js";
import { FieldCursor } from "../entry/field-cursor.js";
import { bodyKinds, lifecycles, polarities, sourceClasses } from "../model/entry.js";
import { conceptPathBytesMax, predicateBytesMax } from "./question-key.js";
import { sameBytes } from "./row-bytes.js";

const SCAN_OK = 0;
/** Longest source id, on behalf of whom, and epoch: more than any edge lets in. */
const nameBytesMax = 400;

const scanner = new EntryScanner("stored");
const cursor = new FieldCursor();
const inner = new FieldCursor();

export class EntryFacts {
  /** Number of the body's field. */
  kind = 0;
  authorStart = 0;
  /** -1: for nobody else. */
  onBehalfOfStart = -1;
  onBehalfOfEnd = -1;
  pathStart = -1;
  pathEnd = -1;
  /** Of an act, an outcome, a redaction: 32 bytes. */
  targetStart = -1;
  /** Of a supersession: 32 bytes. */
  replacementStart = -1;
  /** Of a redaction: 8 bytes; -1: it names no question. */
  digestStart = -1;
  /** Of a vote. */
  weightMillionths = 0;
  // Of an assertion.
  predicateStart = -1;
  predicateEnd = -1;
  valueStart = -1;
  valueEnd = -1;
  /** 0: affirms. */
  polarity = 0;
  confidenceMillionths = 0;
  sourceStart = -1;
  sourceEnd = -1;
  /** Place in `sourceClasses`. */
  sourceClass = 0;
  assertedMs = 0;
  validFromMs: number | undefined = undefined;
  validUntilMs: number | undefined = undefined;
  /** Place in `lifecycles`. */
  lifecycle = 0;
  epochStart = -1;
  epochEnd = -1;
  /** 32 bytes; -1: revises nothing. */
  parentStart = -1;
  private bodyStart = 0;

  /** Names a target: the facts of other kinds are not read. */
  get isAct(): boolean {
    const { kind } = this;
    const isOnClaim = kind >= bodyKinds.retraction && kind <= bodyKinds.endorsement;
    return isOnClaim || kind === bodyKinds.trust_outcome || kind === bodyKinds.redaction;
  }

  /** Reads an entry; returns false where it is not understood or not its author's. */
  read(bytes: Uint8Array, batchAuthor: Uint8Array): boolean {
    if (bytes.length === 0 || scanner.scan(bytes, 0, bytes.length) !== SCAN_OK) return false;
    const { authorStart } = scanner;
    if (!sameBytes(bytes, authorStart, authorStart + 32, batchAuthor)) return false;
    this.kind = scanner.kind;
    this.authorStart = authorStart;
    this.onBehalfOfStart = scanner.onBehalfOfStart;
    this.onBehalfOfEnd = scanner.onBehalfOfEnd;
    this.pathStart = scanner.pathStart;
    this.pathEnd = scanner.pathEnd;
    this.bodyStart = scanner.bodyStart;
    const hasNames =
      isName(bytes, this.onBehalfOfStart, this.onBehalfOfEnd, nameBytesMax) &&
      isName(bytes, this.pathStart, this.pathEnd, conceptPathBytesMax);
    if (!hasNames) return false;
    if (this.kind === bodyKinds.assertion) return this.readAssertion(bytes);
    return this.isAct ? this.readAct(bytes) : true;
  }

  private readAssertion(bytes: Uint8Array): boolean {
    this.predicateStart = scanner.predicateStart;
    this.predicateEnd = scanner.predicateEnd;
    this.sourceClass = scanner.sourceClass - 1;
    this.polarity = -1;
    this.confidenceMillionths = 0;
    this.validFromMs = undefined;
    this.validUntilMs = undefined;
    this.lifecycle = -1;
    this.epochStart = -1;
    this.epochEnd = -1;
    this.parentStart = -1;
    cursor.open(bytes, this.bodyStart, bytes.length);
    while (cursor.next()) this.readField(bytes);
    const { sourceClass, polarity, lifecycle } = this;
    return (
      this.pathStart >= 0 &&
      isName(bytes, this.predicateStart, this.predicateEnd, predicateBytesMax) &&
      isName(bytes, this.sourceStart, this.sourceEnd, nameBytesMax) &&
      isName(bytes, this.epochStart, this.epochEnd, nameBytesMax) &&
      sourceClasses[sourceClass] !== undefined &&
      polarities[polarity] !== undefined &&
      lifecycles[lifecycle] !== undefined
    );
  }

  private readField(bytes: Uint8Array): void {
    switch (cursor.number) {
      case 3:
        this.valueStart = cursor.start;
        this.valueEnd = cursor.end;
        return;
      case 4:
        this.polarity = cursor.varint.value() - 1;
        return;
      case 5:
        this.confidenceMillionths = cursor.varint.value();
        return;
      case 6:
        inner.open(bytes, cursor.start, cursor.end);
        if (inner.next() && inner.number === 1) {
          this.sourceStart = inner.start;
          this.sourceEnd = inner.end;
        }
        return;
      case 7:
        this.assertedMs = cursor.varint.signed();
        return;
      case 8:
        this.validFromMs = cursor.varint.signed();
        return;
      case 9:
        this.validUntilMs = cursor.varint.signed();
        return;
      case 10:
        this.lifecycle = cursor.varint.value() - 1;
        return;
      case 11:
        this.epochStart = cursor.start;
        this.epochEnd = cursor.end;
        return;
      case 12:
        this.parentStart = cursor.start;
        return;
      default:
    }
  }

  private readAct(bytes: Uint8Array): boolean {
    this.targetStart = -1;
    this.replacementStart = -1;
    this.digestStart = -1;
    this.weightMillionths = this.kind === bodyKinds.endorsement ? 1_000_000 : 0;
    cursor.open(bytes, this.bodyStart, bytes.length);
    while (cursor.next()) {
      if (cursor.number === 1) this.targetStart = cursor.start;
      if (this.kind === bodyKinds.supersession && cursor.number === 2) {
        this.replacementStart = cursor.start;
      }
      if (this.kind === bodyKinds.redaction && cursor.number === 2) {
        this.digestStart = cursor.start;
      }
      if (this.kind === bodyKinds.vote && cursor.number === 3) {
        this.weightMillionths = cursor.varint.signed();
      }
    }
    return this.targetStart >= 0;
  }
}

/** Whether a text that is there can be part of a key. */
function isName(bytes: Uint8Array, start: number, end: number, bytesMax: number): boolean {
  if (start < 0) return true;
  const length = end - start;
  if (length === 0 || length > bytesMax) return false;
  let isAscii = true;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte === 0) return false;
    if (byte >= 0x80) isAscii = false;
  }
  return isAscii || isUtf8(bytes.subarray(start, end));
}
