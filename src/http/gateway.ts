/**
 * The gateway: appends what callers without a key of their own say, signed with the node's gateway
 * key on behalf of the caller, and batches that authors signed themselves.
 *
 *     say ─▶ entry ─▶ (Idempotency-Key: kept, synced) ─▶ group of this turn ─▶ batch ─▶ ingest
 *
 * Signing and verifying a batch costs about 100 µs whatever its size: what arrives within a turn of
 * the event loop goes into one batch, in the order of arrival.
 *
 * Invariants:
 *
 * - A receipt is given only for an outcome of the append path, which comes behind the fsync.
 * - The writer is new in each life of the node and sequences ascend, so no sequence is used twice.
 * - Under an Idempotency-Key the same entry is appended, by whatever attempt.
 */
import type { SignedBatchParts } from "../client/append-request.js";
import { encodeAppendRequest, encodeSignedBatch } from "../client/append-request.js";
import type { KeyPair } from "../client/key-pair.js";
import { sealBatch } from "../client/sealed-batch.js";
import { sha256 } from "../crypto/sha256.js";
import { encodeEntry, entryId } from "../entry/codec.js";
import { nextTurn } from "../host/clock.js";
import type { Random } from "../host/random.js";
import type { Refusal } from "../ingest/admitted.js";
import type { BatchOutcome, Receipt, RequestOutcome } from "../ingest/outcome.js";
import { assert } from "../invariant/assert.js";
import { Fault, type FaultDetail } from "../model/fault.js";
import { bytesEqual } from "../model/hex.js";
import { batchBytesMax, batchEntriesMax } from "../model/limits.js";
import { type LogId, saltBytes, toIndex, writerBytes } from "../model/position.js";
import type { IdempotencyTable } from "../state/idempotency.js";
import type { BatchReceipt, EntrySource, Gateway, Saying, SayingReceipt } from "./parts.js";

/** The append path: `Ingest` is one. */
export interface Appends {
  openCall(): { append(message: Uint8Array): Promise<RequestOutcome> };
}

export interface GatewayWriterOptions {
  readonly keys: KeyPair;
  readonly logId: LogId;
  readonly appends: Appends;
  readonly entries: EntrySource;
  readonly idempotency: Pick<IdempotencyTable, "keep">;
  readonly random: Random;
}

/** Entries that wait for their batch; more are refused. */
const waitingMax = 4_096;
/** Signed batches on their way, of up to 2 MiB each; more are refused. */
const signedMax = 64;

interface WaitingEntry {
  readonly entry: Uint8Array;
  readonly resolve: (receipt: SayingReceipt) => void;
  readonly reject: (fault: unknown) => void;
}

interface Attempt {
  readonly digest: Uint8Array;
  readonly receipt: Promise<SayingReceipt>;
}

export class GatewayWriter implements Gateway {
  readonly author: Uint8Array;
  readonly #options: GatewayWriterOptions;
  readonly #call: ReturnType<Appends["openCall"]>;
  readonly #writer: Uint8Array;
  #sequence = 0;
  #waiting: WaitingEntry[] = [];
  /** Entries whose batch is on its way. */
  #sentCount = 0;
  #signedCount = 0;
  /** Attempts under way, by caller and key. */
  readonly #attempts = new Map<string, Attempt>();

  constructor(options: GatewayWriterOptions) {
    this.author = options.keys.publicKey;
    this.#options = options;
    this.#call = options.appends.openCall();
    this.#writer = options.random.bytes(writerBytes);
  }

  async say(saying: Saying): Promise<SayingReceipt> {
    const { caller, body, idempotency } = saying;
    const salt = this.#options.random.bytes(saltBytes);
    const entry = encodeEntry({ author: this.author, salt, onBehalfOf: caller, body });
    if (idempotency === undefined) return this.#append(entry);
    const name = JSON.stringify([caller, idempotency.key]);
    const earlier = this.#attempts.get(name);
    if (earlier !== undefined && bytesEqual(earlier.digest, idempotency.digest)) {
      return { ...(await earlier.receipt), existed: true };
    }
    const receipt = this.#sayOnce(caller, idempotency, entry);
    if (earlier !== undefined) return receipt; // the table refuses it
    this.#attempts.set(name, { digest: idempotency.digest, receipt });
    const forget = () => this.#attempts.delete(name);
    receipt.then(forget, forget);
    return receipt;
  }

  async append(batch: SignedBatchParts): Promise<BatchReceipt> {
    const ids = batch.entries.map((entry) => entryId(sha256, entry));
    const request = encodeAppendRequest(1, [encodeSignedBatch(batch)]);
    const { receipt, existed } = settled(await this.#appendSigned(request));
    return { ids, existed, position: this.#positionOf(receipt, 0), recorded: receipt.hybridTime };
  }

  /** On a call of its own: what waits for its rights holds up nobody else. */
  async #appendSigned(request: Uint8Array): Promise<BatchOutcome | undefined> {
    if (this.#signedCount >= signedMax) {
      const message = "too many signed batches are on their way; try again, or use gRPC";
      throw new Fault("OVERLOADED", message, { signed_max: signedMax });
    }
    this.#signedCount++;
    try {
      return (await this.#options.appends.openCall().append(request)).outcomes[0];
    } finally {
      this.#signedCount--;
    }
  }

  async #sayOnce(
    caller: string,
    idempotency: { readonly key: string; readonly digest: Uint8Array },
    entry: Uint8Array,
  ): Promise<SayingReceipt> {
    const kept = await this.#options.idempotency.keep({ caller, ...idempotency, entry });
    if (kept.kind === "new") return this.#append(entry);
    // The log tells whether the first attempt came through.
    const found = await this.#options.entries.find(entryId(sha256, kept.entry));
    if (found === undefined) return this.#append(kept.entry);
    const { id, position, recorded } = found;
    return { id, position, recorded, existed: true };
  }

  #append(entry: Uint8Array): Promise<SayingReceipt> {
    if (this.#waiting.length + this.#sentCount >= waitingMax) {
      const message = "too many claims wait to be appended; try again, or send signed batches";
      return Promise.reject(new Fault("OVERLOADED", message, { waiting_max: waitingMax }));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ entry, resolve, reject });
      if (this.#waiting.length === 1) void nextTurn().then(() => this.#sendWaiting());
    });
  }

  #sendWaiting(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    let start = 0;
    while (start < waiting.length) {
      let end = start;
      let bytes = 0;
      while (end < waiting.length && end - start < batchEntriesMax) {
        bytes += waiting[end]?.entry.length ?? 0;
        if (bytes > batchBytesMax && end > start) break;
        end++;
      }
      this.#send(waiting.slice(start, end));
      start = end;
    }
  }

  #send(group: readonly WaitingEntry[]): void {
    const { keys } = this.#options;
    this.#sequence++;
    const entries = group.map(({ entry }) => entry);
    const sealed = sealBatch({ keys, writer: this.#writer, sequence: this.#sequence, entries });
    this.#sentCount += group.length;
    this.#call.append(encodeAppendRequest(this.#sequence, [sealed.bytes])).then(
      ({ outcomes }) => {
        this.#sentCount -= group.length;
        this.#answer(group, sealed.ids, outcomes[0]);
      },
      (error: unknown) => {
        this.#sentCount -= group.length;
        for (const { reject } of group) reject(error);
      },
    );
  }

  #answer(
    group: readonly WaitingEntry[],
    ids: Uint8Array,
    outcome: BatchOutcome | undefined,
  ): void {
    const idBytes = ids.length / group.length;
    for (const [at, { resolve, reject }] of group.entries()) {
      try {
        const { receipt, existed } = settled(outcome);
        const id = new Uint8Array(ids.subarray(at * idBytes, (at + 1) * idBytes));
        const position = this.#positionOf(receipt, at);
        resolve({ id, position, recorded: receipt.hybridTime, existed });
      } catch (error) {
        reject(error);
      }
    }
  }

  #positionOf(receipt: Receipt, entry: number) {
    return { logId: this.#options.logId, index: toIndex(receipt.firstIndex + entry) };
  }
}

/** The receipt of a batch; throws what refused it. */
function settled(outcome: BatchOutcome | undefined): { receipt: Receipt; existed: boolean } {
  assert(outcome !== undefined, "a batch has an outcome");
  switch (outcome.kind) {
    case "appended":
      return { receipt: outcome.receipt, existed: false };
    case "exists":
      return { receipt: outcome.receipt, existed: true };
    case "refused":
      throw faultOf(outcome.refusal);
    case "unknown":
      throw new Fault(
        "OUTCOME_UNKNOWN",
        "it is not known whether this was appended: send it again with the same Idempotency-Key " +
          "or sequence, which settles it",
        faultOf(outcome.refusal).detail,
      );
  }
}

function faultOf(refusal: Refusal): Fault {
  const { code, message, reason, entries, entriesRefused } = refusal;
  const [first] = entries;
  const facts: FaultDetail = {
    ...(reason ?? {}),
    ...(first === undefined
      ? {}
      : { ...first, entry: first.index, entries_refused: entriesRefused }),
  };
  return new Fault(code, message, facts);
}
