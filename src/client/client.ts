/** A client of one node: opens writers and subscriptions on its connection, and reads. */
import { Fault } from "../model/fault.js";
import { type ConnectOptions, clientOptions } from "./client-options.js";
import { type CallLimits, Connection, closedFault } from "./connection.js";
import { type Health, readHealth } from "./health.js";
import { type NodeStatus, readStatus } from "./node-status.js";
import { PresignedCall, type PresignedOptions } from "./presigned.js";
import { Reading, type ReadOptions } from "./reading.js";
import { type GetBy, readEntry, type StoredEntry } from "./stored-entry.js";
import { Subscription, type SubscriptionOptions, subscriptionPresets } from "./subscription.js";
import { Writer } from "./writer.js";
import { type WriterInput, writerOptions } from "./writer-options.js";

/**
 * Makes a client. Connects when it is first used: `ready()` connects now and says whether it could.
 * Throws ARGUMENT_INVALID without an address.
 */
export function connect(options: ConnectOptions): StemeClient {
  return new StemeClient(new Connection(clientOptions(options)));
}

export class StemeClient {
  readonly #connection: Connection;
  readonly #writers = new Set<Writer>();
  readonly #subscriptions = new Set<Subscription>();

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** The address in use. */
  get address(): string {
    return this.#connection.address;
  }

  /** Connects; throws UNAVAILABLE if no node answers within `timeoutMs`. */
  ready(timeoutMs = this.#connection.options.callTimeoutMs): Promise<void> {
    return this.#connection.ready(timeoutMs);
  }

  /** Opens a writer for the entries of one author. Close it. */
  writer(input: WriterInput): Writer {
    this.#requireOpen();
    const options = writerOptions(input, this.#connection.options.random);
    const writer: Writer = new Writer(this.#connection, options, () => {
      this.#writers.delete(writer);
    });
    this.#writers.add(writer);
    return writer;
  }

  /** Opens an Append call for requests that were signed elsewhere. */
  appendCall(options: PresignedOptions = {}): PresignedCall {
    return new PresignedCall(this.#connection, options);
  }

  /** Subscribes: replays from `start` (absent: the end), then follows live. */
  subscribe(options: Partial<SubscriptionOptions> = {}): Subscription {
    this.#requireOpen();
    const { heartbeatMs = subscriptionPresets.heartbeatMs } = options;
    if (!(heartbeatMs >= 100 && heartbeatMs <= 600_000)) {
      const detail = { field: "heartbeatMs", limit: "100..600000", value: heartbeatMs };
      throw new Fault("ARGUMENT_INVALID", "heartbeatMs is outside its limits", detail);
    }
    const all = { ...subscriptionPresets, ...options };
    const subscription: Subscription = new Subscription(this.#connection, all, () => {
      this.#subscriptions.delete(subscription);
    });
    this.#subscriptions.add(subscription);
    return subscription;
  }

  /** Reads a bounded range. */
  read(options: ReadOptions): Reading {
    return new Reading(this.#connection, options);
  }

  /** Reads one entry by its id or place; throws NOT_FOUND. */
  get(by: GetBy, limits: CallLimits = {}): Promise<StoredEntry> {
    return readEntry(this.#connection, by, limits);
  }

  /** What the node is and holds. */
  status(limits: CallLimits = {}): Promise<NodeStatus> {
    return readStatus(this.#connection, limits);
  }

  /** Whether the node serves. */
  health(service = "", limits: CallLimits = {}): Promise<Health> {
    return readHealth(this.#connection, service, limits);
  }

  /**
   * Closes the connection. Subscriptions end; what writers have not settled is rejected: close them
   * first.
   */
  close(): void {
    if (this.#connection.isClosed) return;
    for (const writer of this.#writers) writer.abort(closedFault());
    for (const subscription of this.#subscriptions) subscription.close();
    this.#connection.close();
  }

  #requireOpen(): void {
    if (this.#connection.isClosed) throw closedFault();
  }
}
