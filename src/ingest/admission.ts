/**
 * Admission judges a request without looking at the log: structure, canonical form, limits, ids,
 * batch roots, signatures. What it lets through may be appended; nothing else ever reaches the log.
 *
 * One instance works on one thread, over one message area. It runs on an admission thread, or, when
 * nothing else is waiting, on the main thread: the same code. See hot path in
 * docs/internals/ingest.md.
 *
 * The order is by cost: lengths, then each entry's bytes, then hashes, then the signature (60 µs,
 * as much as 150 entries of everything else).
 */
import { verify } from "../crypto/ed25519.js";
import type { Sha256Lanes } from "../crypto/sha256-lanes.js";
import { batchMessage, GLOBAL_SHARD, isAboutRights, isClientBody } from "../entry/batch.js";
import { EntryScanner } from "../entry/entry-scanner.js";
import { RequestScanner } from "../entry/request-scanner.js";
import { SCAN_OK } from "../entry/scan-code.js";
import type { FaultCode } from "../model/fault.js";
import { toHex } from "../model/hex.js";
import { batchEntriesMax } from "../model/limits.js";
import { entryIdBytes, publicKeyBytes, rootBytes, signatureBytes } from "../model/position.js";
import { AdmittedTable, type BatchRefusal, type EntryReason, type Refusal } from "./admitted.js";

/** Bytes of working memory that one instance needs in its area. */
export const admissionScratchBytes = batchEntriesMax * (8 + entryIdBytes * 2);

/** Reasons listed in one refusal. */
const reasonsMax = 16;
/** Reasons listed in all refusals of a request, beyond the first of each: they bound the reply. */
const requestReasonsMax = 512;
const TABLE_ROW_BYTES = 8;
const signatureShownBytes = 24;

const wholeBatch = (code: FaultCode, message: string, reason?: Refusal["reason"]): Refusal => ({
  code,
  message,
  ...(reason === undefined ? {} : { reason }),
  entries: [],
  entriesRefused: 0,
});

export interface AdmissionVerdict {
  readonly refusals: readonly BatchRefusal[];
  /** Set where the request as a whole is refused: its batches could not even be told apart. */
  readonly request?: Refusal;
}

export class Admission {
  readonly #lanes: Sha256Lanes;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #table: number;
  readonly #hashes: number;
  readonly #request = new RequestScanner();
  readonly #scanner = new EntryScanner();
  /** Concept path of each entry of the batch at hand; -1 where it has none. */
  readonly #pathStarts = new Int32Array(batchEntriesMax);
  readonly #pathEnds = new Int32Array(batchEntriesMax);
  /** Of the request at hand. */
  #reasonsLeft = 0;
  /** Whether an entry of the batch at hand is about rights: who may write it, the log knows. */
  #isAboutRights = false;

  /** Uses the first `admissionScratchBytes` of the lanes' area as working memory. */
  constructor(lanes: Sha256Lanes) {
    this.#lanes = lanes;
    this.#bytes = lanes.bytes;
    this.#view = new DataView(lanes.bytes.buffer, lanes.bytes.byteOffset, lanes.bytes.byteLength);
    this.#table = 0;
    this.#hashes = batchEntriesMax * TABLE_ROW_BYTES;
  }

  /** Judges the message of `bytes` bytes at `start`, and writes its table behind it. */
  admit(start: number, bytes: number): AdmissionVerdict {
    const request = this.#request;
    this.#reasonsLeft = requestReasonsMax;
    if (request.scan(this.#bytes, start, start + bytes) !== SCAN_OK) {
      const { code, ...reason } = request.reason();
      AdmittedTable.at(this.#bytes, start, bytes, 0).setHead({
        number: request.number,
        level: 0,
        batches: 0,
      });
      const message = "the request is not an AppendRequest: check how it is encoded";
      return { refusals: [], request: wholeBatch(code, message, reason) };
    }
    const batches = request.batchCount;
    const table = AdmittedTable.at(this.#bytes, start, bytes, batches);
    table.setHead({ number: request.number, level: request.level, batches });

    const refusals: BatchRefusal[] = [];
    let results = AdmittedTable.end(start, bytes, batches);
    for (let batch = 0; batch < batches; batch++) {
      const refusal = this.#judge(batch);
      if (refusal === undefined) results = this.#admitBatch(table, batch, results, refusals);
      else refusals.push({ batch, refusal });
    }
    return { refusals };
  }

  /** Everything that can be said without a hash. */
  #judge(batch: number): Refusal | undefined {
    const request = this.#request;
    if (request.batchCode(batch) !== SCAN_OK) {
      const { code, ...reason } = request.batchReason(batch);
      return wholeBatch(code, "the batch breaks a limit: see docs/reference/limits.md", reason);
    }
    const first = request.firstEntry(batch);
    const count = request.entryCount(batch);
    const author = request.authorStart(batch);
    let listed: EntryReason[] | undefined;
    let refused = 0;
    this.#isAboutRights = false;
    for (let index = 0; index < count; index++) {
      const reason = this.#judgeEntry(index, first + index, author);
      if (reason === undefined) continue;
      refused++;
      if (listed === undefined) listed = [reason];
      else if (listed.length < reasonsMax && this.#reasonsLeft > 0) {
        listed.push(reason);
        this.#reasonsLeft--;
      }
    }
    if (listed?.[0] === undefined) return undefined;
    return {
      code: listed[0].code,
      message: `${refused} of ${count} entries of the batch are refused; none was stored`,
      entries: listed,
      entriesRefused: refused,
    };
  }

  #judgeEntry(index: number, entry: number, author: number): EntryReason | undefined {
    const scanner = this.#scanner;
    const bytes = this.#bytes;
    const start = this.#request.entryStart(entry);
    if (scanner.scan(bytes, start, start + this.#request.entryLength(entry)) !== SCAN_OK) {
      return { index, ...scanner.reason() };
    }
    for (let at = 0; at < publicKeyBytes; at++) {
      if (bytes[scanner.authorStart + at] === bytes[author + at]) continue;
      const value = "another key";
      return { index, code: "AUTHOR_FOREIGN", field: "author", limit: "the batch's author", value };
    }
    if (isAboutRights(scanner.kind)) this.#isAboutRights = true;
    else if (isClientBody(scanner.kind) !== "client") {
      const limit = "a body that clients may write";
      const value = `body ${scanner.kind}`;
      return { index, code: "BODY_NOT_ALLOWED", field: "body", limit, value };
    }
    this.#pathStarts[index] = scanner.pathStart;
    this.#pathEnds[index] = scanner.pathEnd;
    return undefined;
  }

  /** Hashes, verifies and gathers a batch; returns where the next results may begin. */
  #admitBatch(
    table: AdmittedTable,
    batch: number,
    results: number,
    refusals: BatchRefusal[],
  ): number {
    const request = this.#request;
    const count = request.entryCount(batch);
    const leaves = results;
    const root = leaves + count * entryIdBytes;
    this.#hashLeaves(batch, leaves);
    const computed = this.#lanes.root(leaves, count, this.#hashes);
    this.#bytes.copyWithin(root, computed, computed + rootBytes);

    if (!this.#isSigned(batch, root)) {
      refusals.push({ batch, refusal: this.#unsigned(batch) });
      return results;
    }
    const lengths = root + rootBytes;
    const shards = lengths + count * 2;
    const entries = (shards + count * 2 + 7) & ~7;
    this.#fillShards(count, shards);
    this.#fillTable(batch, 0);
    const entriesBytes = this.#lanes.gather(this.#table, count, entries);
    const first = request.firstEntry(batch);
    const lengthsView = new Uint16Array(
      this.#bytes.buffer,
      this.#bytes.byteOffset + lengths,
      count,
    );
    for (let index = 0; index < count; index++) {
      lengthsView[index] = request.entryLength(first + index);
    }
    table.setRow(batch, {
      author: request.authorStart(batch),
      writer: request.writerStart(batch),
      sequence: request.sequence(batch),
      signature: request.signatureStart(batch),
      root,
      count,
      entries,
      entriesBytes,
      leaves,
      lengths,
      shards,
      rights: this.#isAboutRights ? 1 : 0,
    });
    return (entries + entriesBytes + 7) & ~7;
  }

  /**
   * The byte before an entry is the last of its length, which has been read: it becomes the 0x00
   * that a leaf hash begins with, so that its input stands in one piece without a copy.
   */
  #hashLeaves(batch: number, leaves: number): void {
    this.#fillTable(batch, 1);
    const first = this.#request.firstEntry(batch);
    const count = this.#request.entryCount(batch);
    for (let index = 0; index < count; index++) {
      this.#bytes[this.#request.entryStart(first + index) - 1] = 0;
    }
    this.#lanes.many(this.#table, count, leaves);
  }

  /** Lists the entries of a batch for the lanes, each with `before` bytes in front of it. */
  #fillTable(batch: number, before: number): void {
    const request = this.#request;
    const first = request.firstEntry(batch);
    const count = request.entryCount(batch);
    let at = this.#table;
    for (let index = 0; index < count; index++) {
      this.#view.setUint32(at, request.entryStart(first + index) - before, true);
      this.#view.setUint32(at + 4, request.entryLength(first + index) + before, true);
      at += TABLE_ROW_BYTES;
    }
  }

  #isSigned(batch: number, root: number): boolean {
    const request = this.#request;
    const bytes = this.#bytes;
    const author = request.authorStart(batch);
    const writer = request.writerStart(batch);
    const signature = request.signatureStart(batch);
    const message = batchMessage(
      bytes.subarray(writer, writer + 16),
      request.sequence(batch),
      request.entryCount(batch),
      bytes.subarray(root, root + rootBytes),
    );
    return verify(
      bytes.subarray(signature, signature + signatureBytes),
      message,
      bytes.subarray(author, author + publicKeyBytes),
    );
  }

  #unsigned(batch: number): Refusal {
    const message =
      "the signature does not fit: sign what docs/reference/signing.md says, by the author's key";
    const start = this.#request.signatureStart(batch);
    const shown = toHex(this.#bytes.slice(start, start + signatureShownBytes));
    return wholeBatch("SIGNATURE_INVALID", message, {
      field: "signature",
      limit: "Ed25519 by the author over writer, sequence, count and root",
      value: `${signatureBytes} bytes: ${shown}…`,
    });
  }

  /** A shard is the first byte of SHA-256(concept path); entries without a path are global. */
  #fillShards(count: number, shards: number): void {
    const view = new Uint16Array(this.#bytes.buffer, this.#bytes.byteOffset + shards, count);
    let paths = 0;
    for (let index = 0; index < count; index++) {
      const start = this.#pathStarts[index] ?? -1;
      if (start < 0) continue;
      const at = this.#table + paths * TABLE_ROW_BYTES;
      this.#view.setUint32(at, start, true);
      this.#view.setUint32(at + 4, (this.#pathEnds[index] ?? start) - start, true);
      paths++;
    }
    if (paths > 0) this.#lanes.many(this.#table, paths, this.#hashes);
    let hash = this.#hashes;
    for (let index = 0; index < count; index++) {
      if ((this.#pathStarts[index] ?? -1) < 0) {
        view[index] = GLOBAL_SHARD;
        continue;
      }
      view[index] = this.#bytes[hash] ?? 0;
      hash += entryIdBytes;
    }
  }
}
