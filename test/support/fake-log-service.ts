/**
 * A node in memory for the client's tests: it speaks the contract over real gRPC and TCP, checks
 * signatures, remembers sequences across its «restarts», and misbehaves exactly as a test tells it.
 *
 *     client ──▶ DroppableLink (port that stays) ──▶ grpc server (in this process)
 */
import {
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type ServiceError,
  type sendUnaryData,
} from "@grpc/grpc-js";
import { verify } from "../../src/crypto/ed25519.js";
import { sha256 } from "../../src/crypto/sha256.js";
import { batchMessage } from "../../src/entry/batch.js";
import { encodeEntry } from "../../src/entry/codec.js";
import { systemClock } from "../../src/host/clock.js";
import { Fault, type FaultCode } from "../../src/model/fault.js";
import { toHex } from "../../src/model/hex.js";
import type { Queries, QueryResult } from "../../src/model/query.js";
import { CallRegistry } from "../../src/rpc/call-registry.js";
import { queryServiceDefinition, queryServiceHandlers } from "../../src/rpc/query-service.js";
import { toServiceError } from "../../src/rpc/status.js";
import { AdminServiceService } from "../../src/wire/steme/v1/admin_service.js";
import {
  type AppendRequest,
  AppendRequest as AppendRequestMessage,
  type AppendResponse,
  type BatchOutcome,
  type GetRequest,
  type GetResponse,
  Level,
  LogServiceService,
  type ReadRequest,
  type ReadResponse,
  type Receipt,
  type Refusal,
  type SignedBatch,
  type SubscribeRequest,
  type SubscribeResponse,
} from "../../src/wire/steme/v1/log_service.js";
import { DroppableLink } from "./droppable-link.js";
import { Gate } from "./gate.js";
import { leafOf, plainRoot } from "./sample-batches.js";

/** What happens to a request: before it is looked at, or to its reply. */
export type Fate =
  | "answer"
  | "lost" // the connection breaks before anything is stored
  | "stored, reply lost" // everything is stored, and the connection breaks
  | "unknown" // stored, and answered with unknown
  | "unknown, not stored"
  | "pending"
  | "overloaded";

export interface EntryVerdict {
  readonly code: FaultCode;
  readonly field: string;
  readonly limit: string;
  readonly value: string;
}

export interface StoredBatch {
  readonly root: string;
  readonly receipt: Receipt;
}

const nothingSaid = { rows: [], frontier: new Uint8Array(0), isBehind: false };
const basis: QueryResult["basis"] = {
  lens: "consensus",
  lensVersion: 1,
  parameters: {},
  frontier: new Uint8Array(0),
  evaluatedAtMs: 0,
};
const notExplained = (): never => {
  throw new Fault("INTERNAL", "this node explains nothing");
};

/** Nobody said anything about anything. */
const emptyQueries: Queries = {
  query: async () => ({ basis, answers: [], isBehind: false, queryId: new Uint8Array(16) }),
  explain: notExplained,
  diff: notExplained,
  concepts: async () => nothingSaid,
  questions: async () => nothingSaid,
  assertions: async () => nothingSaid,
  sources: async () => nothingSaid,
};

type Subscriber = ServerWritableStream<SubscribeRequest, SubscribeResponse>;

const wrongNumber = 999_999n;
const firstEntry = Buffer.from(
  encodeEntry({
    author: new Uint8Array(32).fill(1),
    salt: new Uint8Array(16),
    body: { kind: "alias", path: "the/first", canonical: "entry" },
  }),
);

export class FakeLogService {
  readonly logId = Buffer.from(sha256(Buffer.from("a log")));
  /** The log: entry bytes by index. */
  readonly entries: Buffer[] = [firstEntry];
  readonly sequences = new Map<string, StoredBatch>();
  /** Every request that arrived, as it was. */
  readonly requests: AppendRequest[] = [];
  /** Holds back replies: a node that is stuck. */
  readonly replies = new Gate();
  readonly subscribes: SubscribeRequest[] = [];
  /** Frames handed to grpc for subscribers. */
  framesWritten = 0;

  /** Decides over each request; tests replace it. */
  fateOf: (request: AppendRequest, ordinal: number) => Fate = () => "answer";
  /** Judges each entry; tests replace it. */
  verdictOn: (entry: Buffer) => EntryVerdict | undefined = () => undefined;
  /** Numbers replies wrongly. */
  isConfused = false;
  /** Refuses subscriptions. */
  subscribeFault: Fault | undefined;
  /** Entries of a frame. */
  frameEntries = 3;
  /** Frames after which a subscription's connection breaks; 0: never. */
  framesUntilCut = 0;
  /** Sends nothing to subscribers, not even heartbeats. */
  isSilent = false;
  /** How many entries before its place a resumed subscription begins: a node that repeats. */
  rewind = 0;
  /** Left out of what is sent to subscribers: a node that loses. */
  leftOut: ReadonlySet<number> = new Set();

  private readonly listeners = new Set<() => void>();
  private readonly calls = new Set<{ emit(event: "error", error: ServiceError): boolean }>();
  private hybridTime = 1n << 16n;

  private constructor(
    private readonly server: Server,
    readonly link: DroppableLink,
  ) {}

  static async open(): Promise<FakeLogService> {
    const server = new Server({ "grpc.max_receive_message_length": 4 * 1024 * 1024 });
    const part: { service?: FakeLogService } = {};
    const serve = () => {
      if (part.service === undefined) throw new Error("the service is open");
      return part.service;
    };
    server.addService(LogServiceService, {
      append: (call: ServerDuplexStream<AppendRequest, AppendResponse>) => serve().append(call),
      subscribe: (call: Subscriber) => serve().subscribe(call),
      read: (call: ServerWritableStream<ReadRequest, ReadResponse>) => serve().read(call),
      get: (call: ServerUnaryCall<GetRequest, GetResponse>, done: sendUnaryData<GetResponse>) =>
        serve().get(call, done),
    });
    server.addService(AdminServiceService, {
      getStatus: (_call: unknown, done: (error: null, answer: unknown) => void) =>
        done(null, serve().status()),
    });
    server.addService(
      queryServiceDefinition,
      queryServiceHandlers({
        queries: emptyQueries,
        clock: systemClock,
        calls: new CallRegistry(1_000),
      }),
    );
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      );
    });
    const service = new FakeLogService(server, await DroppableLink.open(port));
    part.service = service;
    return service;
  }

  get address(): string {
    return this.link.address;
  }

  get size(): number {
    return this.entries.length;
  }

  /** Puts entries into the log as another writer would. */
  store(...entries: Buffer[]): void {
    this.entries.push(...entries);
    this.hybridTime += 1n;
    for (const listener of [...this.listeners]) listener();
  }

  /** Ends every append call with a fault. */
  failAppends(fault: Fault): void {
    for (const call of [...this.calls]) call.emit("error", toServiceError(fault));
  }

  async close(): Promise<void> {
    this.replies.release();
    await this.link.lower();
    this.server.forceShutdown();
  }

  // ------------------------------------------------------------------ append

  private append(call: ServerDuplexStream<AppendRequest, AppendResponse>): void {
    let isOver = false;
    let turn = Promise.resolve();
    this.calls.add(call);
    const leave = () => {
      isOver = true;
      this.calls.delete(call);
    };
    call.on("cancelled", leave);
    call.on("error", leave);
    call.on("data", (request: AppendRequest) => {
      if (isOver) return;
      this.requests.push(request);
      const reply = this.judge(request, this.requests.length - 1);
      if (reply === undefined) {
        leave();
        this.link.cut();
        return;
      }
      turn = turn.then(async () => {
        await this.replies.pass();
        if (!isOver) call.write({ frame: { $case: "reply", value: reply } });
      });
    });
    call.on("end", () => {
      void turn.then(() => {
        if (!isOver) call.end();
        leave();
      });
    });
  }

  private judge(request: AppendRequest, ordinal: number) {
    const fate = this.fateOf(request, ordinal);
    if (fate === "lost") return undefined;
    const outcomes = request.batches.map((batch) => this.outcomeOf(batch, fate));
    if (fate === "stored, reply lost") return undefined;
    return { number: this.isConfused ? wrongNumber : request.number, outcomes };
  }

  private outcomeOf(batch: SignedBatch, fate: Fate): BatchOutcome {
    if (fate === "overloaded") return refused(refusal("OVERLOADED"));
    const unknown: BatchOutcome = {
      outcome: { $case: "unknown", value: refusal("OUTCOME_UNKNOWN") },
    };
    if (fate === "unknown, not stored") return unknown;
    const outcome = this.admit(batch);
    if (outcome.outcome?.$case === "refused") return outcome;
    if (fate === "unknown") return unknown;
    if (fate === "pending" && outcome.outcome !== undefined) {
      const { value } = outcome.outcome;
      if ("firstIndex" in value) return { outcome: { $case: "pending", value } };
    }
    return outcome;
  }

  private admit(batch: SignedBatch): BatchOutcome {
    const root = plainRoot(batch.entries.map(leafOf));
    const key = `${toHex(batch.author)}/${toHex(batch.writer)}/${batch.sequence}`;
    const sequence = Number(batch.sequence);
    const message = batchMessage(batch.writer, sequence, batch.entries.length, root);
    if (!verify(batch.signature, message, batch.author)) {
      return refused(refusal("SIGNATURE_INVALID"));
    }
    const known = this.sequences.get(key);
    if (known !== undefined) {
      return known.root === toHex(root)
        ? { outcome: { $case: "exists", value: known.receipt } }
        : refused(refusal("SEQUENCE_REUSED"));
    }
    const entries = batch.entries.flatMap((entry, index) => {
      const verdict = this.verdictOn(entry);
      if (verdict === undefined) return [];
      const { code, ...reason } = verdict;
      return [{ index, code, reason }];
    });
    const [first] = entries;
    if (first !== undefined) {
      const listed = entries.slice(0, 16);
      const code = first.code;
      return refused({
        ...refusal(code),
        entries: listed,
        entriesRefused: entries.length,
      });
    }
    const receipt = {
      logId: this.logId,
      firstIndex: BigInt(this.entries.length),
      count: batch.entries.length,
      hybridTime: this.hybridTime,
      level: Level.DURABLE,
    };
    this.sequences.set(key, { root: toHex(root), receipt });
    this.store(...batch.entries);
    return { outcome: { $case: "appended", value: receipt } };
  }

  // --------------------------------------------------------------- subscribe

  private subscribe(call: Subscriber): void {
    const { request } = call;
    this.subscribes.push(request);
    if (this.subscribeFault !== undefined) {
      call.emit("error", toServiceError(this.subscribeFault));
      return;
    }
    void this.feed(call, request).catch(() => {});
  }

  private async feed(call: Subscriber, request: SubscribeRequest): Promise<void> {
    let isOver = false;
    let wake = () => {};
    const listener = () => wake();
    const leave = () => {
      isOver = true;
      this.listeners.delete(listener);
      wake();
    };
    call.on("cancelled", leave);
    call.on("error", leave);
    this.listeners.add(listener);
    const end = request.untilEnd ? this.size : Number.POSITIVE_INFINITY;
    let frames = 0;
    const write = async (frame: SubscribeResponse["frame"]) => {
      if (isOver) return;
      frames += 1;
      this.framesWritten += 1;
      await new Promise<void>((resolve) => call.write({ frame }, () => resolve()));
      if (this.framesUntilCut > 0 && frames >= this.framesUntilCut) {
        leave();
        this.link.cut();
      }
    };
    let next = Math.max(0, this.resolve(request) - (this.subscribes.length > 1 ? this.rewind : 0));
    await write({
      $case: "confirmed",
      value: { next: this.positionOf(next), size: BigInt(this.size) },
    });
    while (!isOver) {
      if (this.isSilent) return;
      while (next < Math.min(end, this.size) && !isOver) {
        const stop = Math.min(next + this.frameEntries, this.size, end);
        await write(this.framesOf(next, stop));
        next = stop;
      }
      if (isOver) break;
      if (next >= end) {
        leave();
        call.end();
        break;
      }
      await write({
        $case: "caughtUp",
        value: { size: BigInt(this.size), frontier: this.tokenAt(next) },
      });
      if (next >= this.size && !isOver) {
        const timer = setInterval(
          () =>
            void write({
              $case: "heartbeat",
              value: { next: this.positionOf(next), size: BigInt(this.size) },
            }),
          request.heartbeatMs || 10_000,
        );
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        clearInterval(timer);
      }
    }
  }

  private framesOf(start: number, end: number): SubscribeResponse["frame"] {
    const kept: number[] = [];
    for (let index = start; index < end; index++) if (!this.leftOut.has(index)) kept.push(index);
    const first = kept[0] ?? start;
    const skips = kept.map((index, place) =>
      place === 0 ? 0 : index - (kept[place - 1] ?? 0) - 1,
    );
    return {
      $case: "entries",
      value: {
        logId: this.logId,
        firstIndex: BigInt(first),
        hybridTime: this.hybridTime,
        entries: kept.map((index) => this.entries[index] ?? Buffer.alloc(0)),
        skips: skips.some((skip) => skip > 0) ? skips : [],
        repeats: [],
        holes: [],
        frontier: this.tokenAt(end),
      },
    };
  }

  private resolve(request: SubscribeRequest): number {
    const at = request.start?.at;
    switch (at?.$case) {
      case "end":
        return this.size;
      case "after":
        return Number(at.value.index) + 1;
      case "atPosition":
        return Number(at.value.index);
      case "frontier":
        return Number(at.value.readBigUInt64BE(32));
      case "last":
        return Math.max(0, this.size - Number(at.value));
      default:
        return 0;
    }
  }

  /** This fake's resume token; clients look into none. */
  private tokenAt(next: number): Buffer {
    const token = Buffer.alloc(48);
    this.logId.copy(token);
    token.writeBigUInt64BE(BigInt(next), 32);
    return token;
  }

  private positionOf(index: number) {
    return { logId: this.logId, index: BigInt(index) };
  }

  // --------------------------------------------------------------- the rest

  private read(call: ServerWritableStream<ReadRequest, ReadResponse>): void {
    const { fromIndex, count, backwards } = call.request;
    const from = Number(fromIndex);
    if (from > this.size) {
      const fault = new Fault("POSITION_INVALID", "behind the end of the log", { from });
      call.emit("error", toServiceError(fault));
      return;
    }
    const start = backwards ? Math.max(0, from - Number(count)) : from;
    const end = backwards ? from : Math.min(this.size, from + Number(count));
    const frames: (readonly [number, number])[] = [];
    for (let next = start; next < end; next += this.frameEntries) {
      frames.push([next, Math.min(next + this.frameEntries, end)]);
    }
    for (const [first, behind] of backwards ? frames.reverse() : frames) {
      const frame = this.framesOf(first, behind);
      if (frame?.$case === "entries") call.write({ entries: frame.value });
    }
    call.end();
  }

  private get(call: ServerUnaryCall<GetRequest, GetResponse>, done: sendUnaryData<GetResponse>) {
    const by = call.request.by;
    const index =
      by?.$case === "position"
        ? Number(by.value.index)
        : this.entries.findIndex((entry) => by?.value.equals(leafOf(entry)) ?? false);
    const entry = this.entries[index];
    if (entry === undefined) {
      const fault = new Fault("NOT_FOUND", "nothing is there", { index });
      return done(toServiceError(fault));
    }
    done(null, {
      id: Buffer.from(leafOf(entry)),
      position: this.positionOf(index),
      hybridTime: this.hybridTime,
      entry,
      hole: undefined,
      batch: undefined,
    });
  }

  private status() {
    const key = Buffer.alloc(32, 7);
    return {
      logId: this.logId,
      logKey: key,
      clusterId: Buffer.alloc(16, 3),
      size: BigInt(this.size),
      root: key,
      hybridTime: this.hybridTime,
      appendsAccepted: true,
      healthDetail: "",
      version: "0.0.0",
      runtime: process.version,
      uptimeMs: 5n,
      segmentCount: 1,
      segmentBytes: 4096n,
      appended: BigInt(this.size - 1),
      refused: 0n,
      appendCalls: 0,
      subscriptions: 0,
      gatewayKey: key,
      firstAdministrator: key,
      entryBytesMax: 65_535,
      batchEntriesMax: 4_096,
      batchBytesMax: 1_048_576,
      messageBytesMax: 2_097_152,
    };
  }
}

/** The encoded batches of a request, for comparing what was sent twice. */
export const batchBytesOf = (request: AppendRequest): string[] =>
  request.batches.map((batch) =>
    toHex(AppendRequestMessage.encode({ number: 0n, batches: [batch], level: 0 }).finish()),
  );

const refused = (value: Refusal): BatchOutcome => ({ outcome: { $case: "refused", value } });

const refusal = (code: FaultCode): Refusal => ({
  code,
  message: `refused: ${code}`,
  reason: undefined,
  entries: [],
  entriesRefused: 0,
});
