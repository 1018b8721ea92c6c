/**
 * The way to one node: a gRPC channel per address, and calls that carry bytes.
 *
 * Messages pass as bytes, unserialised: the append path encodes into its own buffers, and frames
 * of a subscription are parsed without an object per entry. Several addresses are several ways to
 * the *same* node (sequences are idempotency keys of one node); the next is tried when one fails.
 *
 * Invariants: after `close()` no call is opened; a channel is this connection's own (grpc-js would
 * share them among clients otherwise, and with them one TCP connection).
 */
import {
  type CallOptions,
  type ChannelOptions,
  Client,
  type ClientDuplexStream,
  type ClientReadableStream,
  connectivityState,
  credentials,
  Metadata,
} from "@grpc/grpc-js";
import { systemClock } from "../host/clock.js";
import { assert } from "../invariant/assert.js";
import { Fault } from "../model/fault.js";
import { failureOfError } from "./call-failure.js";
import type { ClientOptions } from "./client-options.js";

export type ByteDuplex = ClientDuplexStream<Buffer, Buffer>;
export type ByteReadable = ClientReadableStream<Buffer>;

export interface CallLimits {
  /** Gives up after this long; absent: the connection's preset for calls with one answer. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
}

const same = (bytes: Buffer): Buffer => bytes;
/** gRPC keeps its deadlines by the machine's clock, whatever clock the client was given. */
const deadlineIn = (timeoutMs: number): number => systemClock.nowMs() + timeoutMs;
/** Frame headers and small fields beside the largest message of entries. */
const messageSlackBytes = 64 * 1024;

export class Connection {
  readonly options: ClientOptions;
  readonly #clients: readonly Client[];
  #current = 0;
  #isClosed = false;

  constructor(options: ClientOptions) {
    assert(options.addresses.length > 0, "there is an address to connect to");
    const channel = channelOptions(options);
    this.options = options;
    this.#clients = options.addresses.map(
      (address) => new Client(address, credentials.createInsecure(), channel),
    );
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** The address in use, for messages. */
  get address(): string {
    return this.options.addresses[this.#current] ?? "";
  }

  /** Tries the next address from now on. */
  rotate(): void {
    this.#current = (this.#current + 1) % this.#clients.length;
  }

  /** Whether a call made now goes out at once. */
  get isReady(): boolean {
    if (this.#isClosed) return false;
    return this.#client().getChannel().getConnectivityState(false) === connectivityState.READY;
  }

  /** Connects. Throws UNAVAILABLE after `timeoutMs`, CANCELLED if closed meanwhile. */
  async ready(timeoutMs: number): Promise<void> {
    const client = this.#client();
    const deadline = deadlineIn(timeoutMs);
    await new Promise<void>((resolve, reject) => {
      client.waitForReady(deadline, (error) => {
        if (error === undefined) return resolve();
        if (this.#isClosed) return reject(closedFault());
        const { address } = this;
        reject(new Fault("UNAVAILABLE", `no node answers at ${address}`, { address, timeoutMs }));
      });
    });
  }

  appendCall(path: string): ByteDuplex {
    return this.#client().makeBidiStreamRequest(path, same, same, new Metadata(), {});
  }

  readableCall(path: string, request: Uint8Array, limits: CallLimits = {}): ByteReadable {
    const options = this.#callOptions(limits.timeoutMs);
    const bytes = Buffer.from(request);
    return this.#client().makeServerStreamRequest(path, same, same, bytes, new Metadata(), options);
  }

  /** A call with one answer. */
  async unaryCall(path: string, request: Uint8Array, limits: CallLimits = {}): Promise<Buffer> {
    const { signal } = limits;
    if (signal?.aborted === true) throw cancelledFault(signal.reason);
    const client = this.#client();
    const options = this.#callOptions(limits.timeoutMs ?? this.options.callTimeoutMs);
    return await new Promise<Buffer>((resolve, reject) => {
      const bytes = Buffer.from(request);
      const call = client.makeUnaryRequest(path, same, same, bytes, options, (error, answer) => {
        signal?.removeEventListener("abort", cancel);
        if (signal?.aborted === true) return reject(cancelledFault(signal.reason));
        if (error !== null) return reject(failureOfError(error).fault);
        if (answer === undefined) return reject(new Fault("INTERNAL", "the answer is missing"));
        resolve(answer);
      });
      const cancel = () => call.cancel();
      signal?.addEventListener("abort", cancel, { once: true });
    });
  }

  close(): void {
    this.#isClosed = true;
    for (const client of this.#clients) client.close();
  }

  #client(): Client {
    const client = this.#clients[this.#current];
    assert(client !== undefined, "the address in use has its channel");
    if (this.#isClosed) throw closedFault();
    return client;
  }

  #callOptions(timeoutMs: number | undefined): CallOptions {
    if (timeoutMs === undefined) return {};
    return { deadline: deadlineIn(timeoutMs) };
  }
}

/**
 * Cancels a call, behind the turn that may have opened it: grpc-js 1.14 forgets a cancellation that
 * comes before it has put the call on its connection, and the call stays open at the node.
 */
export function cancelCall(call: { cancel(): void }): void {
  setImmediate(() => call.cancel());
}

export const closedFault = (): Fault => new Fault("CANCELLED", "the client was closed");

export const cancelledFault = (reason?: unknown): Fault =>
  new Fault("CANCELLED", "the caller gave up", {}, reason);

function channelOptions(options: ClientOptions): ChannelOptions {
  return {
    "grpc.keepalive_time_ms": options.keepaliveMs,
    "grpc.keepalive_timeout_ms": options.keepaliveTimeoutMs,
    "grpc.max_receive_message_length": options.messageBytesMax + messageSlackBytes,
    "grpc.max_send_message_length": options.messageBytesMax + messageSlackBytes,
    "grpc-node.flow_control_window": options.flowControlWindowBytes,
    "grpc.initial_reconnect_backoff_ms": options.reconnectMsMin,
    "grpc.max_reconnect_backoff_ms": options.reconnectMsMax,
    "grpc.use_local_subchannel_pool": 1,
    // What is resent and when is decided here, exactly; a proxy for web pages is no way to a node.
    "grpc.enable_retries": 0,
    "grpc.enable_http_proxy": 0,
    "grpc.service_config_disable_resolution": 1,
    "grpc.enable_channelz": 0,
  };
}
