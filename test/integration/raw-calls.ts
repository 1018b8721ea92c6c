/**
 * Calls that the client would not make: any bytes as a message, of any size, and the status as gRPC
 * gives it. A node must bear everything that a stranger sends.
 */
import { type CallOptions, Client, credentials, Metadata, type StatusObject } from "@grpc/grpc-js";
import { failureOf } from "../../src/client/call-failure.js";
import { eventOf, type SubscriptionEvent } from "../../src/client/subscription-event.js";
import type { Fault } from "../../src/model/fault.js";
import {
  type AppendReply,
  AppendResponse,
  type BatchOutcome,
  type Receipt,
  type Refusal,
  type SignedBatch,
  SubscribeRequest,
} from "../../src/wire/steme/v1/log_service.js";
import { requestBytes } from "../support/batches.js";

const same = (bytes: Buffer): Buffer => bytes;

/** A channel of its own, without bounds on what is sent. */
export const rawClient = (address: string): Client =>
  new Client(address, credentials.createInsecure(), {
    "grpc.max_send_message_length": -1,
    "grpc.max_receive_message_length": -1,
    "grpc.use_local_subchannel_pool": 1,
    "grpc.enable_retries": 0,
  });

interface Waiter {
  resolve(reply: AppendReply): void;
  reject(error: Error): void;
}

/** One Append call: each message is answered by the reply that comes next. */
export class RawAppend {
  readonly #call;
  readonly #client: Client;
  readonly #waiters: Waiter[] = [];
  #number = 0;
  /** How the call ended. */
  readonly ended: Promise<StatusObject>;

  constructor(address: string, options: CallOptions = {}) {
    this.#client = rawClient(address);
    const path = "/steme.v1.LogService/Append";
    const call = this.#client.makeBidiStreamRequest(path, same, same, new Metadata(), options);
    this.#call = call;
    call.on("data", (bytes: Buffer) => {
      const { frame } = AppendResponse.decode(bytes);
      if (frame?.$case === "reply") this.#waiters.shift()?.resolve(frame.value);
    });
    call.on("error", () => {});
    this.ended = new Promise((resolve) => {
      call.on("status", (status: StatusObject) => {
        const error = Object.assign(new Error(`the call ended: ${status.details}`), { status });
        for (const waiter of this.#waiters.splice(0)) waiter.reject(error);
        this.#client.close();
        resolve(status);
      });
    });
  }

  /** Sends bytes as a message; its reply. */
  send(message: Uint8Array): Promise<AppendReply> {
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
      this.#call.write(Buffer.from(message));
    });
  }

  /** Sends a request of batches; the outcomes of each. */
  async append(...batches: readonly SignedBatch[]): Promise<readonly BatchOutcome[]> {
    const number = ++this.#number;
    const reply = await this.send(requestBytes(number, batches));
    if (Number(reply.number) !== number) throw new Error(`reply ${reply.number} to ${number}`);
    if (reply.outcomes.length !== batches.length) throw new Error("an outcome per batch");
    return reply.outcomes;
  }

  async appendOne(batch: SignedBatch): Promise<BatchOutcome> {
    const [outcome] = await this.append(batch);
    if (outcome === undefined) throw new Error("an outcome per batch");
    return outcome;
  }

  /** No more requests; returns when the node has ended the call too. */
  end(): Promise<StatusObject> {
    this.#call.end();
    return this.ended;
  }

  cancel(): Promise<StatusObject> {
    this.#call.cancel();
    return this.ended;
  }
}

/** The fault that a status carries. */
export const faultOf = (status: StatusObject): Fault => failureOf(status).fault;

export function receiptOf(outcome: BatchOutcome, $case: "appended" | "exists"): Receipt {
  const { outcome: found } = outcome;
  if (found?.$case === $case) return found.value as Receipt;
  throw new Error(`expected ${$case}, got ${JSON.stringify(found, jsonable)}`);
}

export function refusalOf(outcome: BatchOutcome): Refusal {
  const { outcome: found } = outcome;
  if (found?.$case === "refused") return found.value;
  throw new Error(`expected a refusal, got ${JSON.stringify(found, jsonable)}`);
}

const jsonable = (_key: string, value: unknown): unknown =>
  typeof value === "bigint" ? String(value) : value;

/** One Subscribe call as it comes: nothing is left out that comes twice, and nothing resumes. */
export class RawSubscription {
  readonly #client: Client;
  readonly #call;
  /** How the call ended. */
  readonly ended: Promise<StatusObject>;

  constructor(address: string, request: Partial<SubscribeRequest>) {
    this.#client = rawClient(address);
    const all = {
      start: undefined,
      filter: undefined,
      heartbeatMs: 0,
      untilEnd: false,
      ...request,
    };
    const bytes = Buffer.from(SubscribeRequest.encode(all).finish());
    const path = "/steme.v1.LogService/Subscribe";
    this.#call = this.#client.makeServerStreamRequest(path, same, same, bytes);
    this.#call.on("error", () => {});
    this.ended = new Promise((resolve) => {
      this.#call.on("status", (status: StatusObject) => {
        this.#client.close();
        resolve(status);
      });
    });
  }

  /** Takes frames at the pace of the caller; ends with the call, whatever its status. */
  async *events(): AsyncGenerator<SubscriptionEvent, void> {
    try {
      for await (const bytes of this.#call) {
        const event = eventOf(bytes as Buffer, false);
        if (event !== undefined) yield event;
      }
    } catch (error) {
      if ((error as { code?: unknown }).code === undefined) throw error;
    }
  }

  cancel(): Promise<StatusObject> {
    this.#call.cancel();
    this.#call.resume();
    return this.ended;
  }
}
