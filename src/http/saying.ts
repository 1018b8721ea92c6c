/** What the routes that append share: on whose behalf, under which key, with which receipt. */
import type { FastifyReply, FastifyRequest } from "fastify";
import type { SignedBatchParts } from "../client/append-request.js";
import { sha256 } from "../crypto/sha256.js";
import type { JsonObject } from "../entry/json.js";
import type { Clock } from "../host/clock.js";
import type { Body } from "../model/entry.js";
import { Fault } from "../model/fault.js";
import { toHex } from "../model/hex.js";
import { batchEntriesMax } from "../model/limits.js";
import { type Position, toIndex } from "../model/position.js";
import { positionText, recordedJson } from "./answer-json.js";
import type {
  BatchReceipt,
  EntrySource,
  EpochSource,
  Gateway,
  Saying,
  SayingReceipt,
} from "./parts.js";
import { anonymous, responses } from "./route.js";
import {
  headers,
  hex,
  list,
  moment,
  named,
  oneOf,
  type Schema,
  shape,
  text,
  whole,
} from "./schema.js";

export interface SayParts {
  readonly gateway: Gateway;
  readonly entries: EntrySource;
  readonly epochs: EpochSource;
  readonly clock: Clock;
  readonly requiresSignatures: boolean;
}

const keyCharactersMax = 255;
export const receiptSchema: Schema = shape(
  "Where it stands in the log, durably.",
  {
    log_id: hex("The log.", 32),
    index: whole("Of the entry, or of the first of a batch."),
    position: text("Of the entry, or of the last of a batch: `freshness` takes it."),
    hybrid_time: text("Recorded time, as decimal text."),
    recorded_at: moment("Recorded time."),
    level: oneOf("How safe it is.", ["durable"]),
    existed: { type: "boolean", description: "A retry found it appended before." },
  },
  {
    id: hex("The entry's id.", 32),
    ids: list("The ids of a batch's entries.", hex("An id.", 32), batchEntriesMax),
    count: whole("How many entries a batch has."),
    effective: {
      type: "boolean",
      description:
        "Of an epoch: whether the gateway's key is a curator, so that it counts. `steme grants " +
        "add <gateway key> --role curator` makes it one, also for what it said before. Absent " +
        "where the views do not tell within a second.",
    },
  },
);

const receiptJson = (position: Position, last: Position, recorded: bigint, existed: boolean) => ({
  log_id: toHex(position.logId),
  index: position.index,
  position: positionText(last),
  ...recordedJson(recorded),
  level: "durable",
  existed,
});

const sayingJson = (receipt: SayingReceipt): JsonObject => {
  const { id, position, recorded, existed } = receipt;
  return { id: toHex(id), ...receiptJson(position, position, recorded, existed) };
};

function batchJson(receipt: BatchReceipt): JsonObject {
  const { ids, position, recorded, existed } = receipt;
  const last = { logId: position.logId, index: toIndex(position.index + ids.length - 1) };
  return {
    ids: ids.map(toHex),
    count: ids.length,
    ...receiptJson(position, last, recorded, existed),
  };
}

/** 201 for what is new, 200 for what a retry found. */
const sendReceipt = (reply: FastifyReply, json: JsonObject, existed: boolean): FastifyReply =>
  reply.code(existed ? 200 : 201).send(json);

/**
 * Appends what a caller says without a signature of its own, and sends the receipt.
 *
 * @param more what else the receipt says
 */
export async function say(
  parts: SayParts,
  request: FastifyRequest,
  reply: FastifyReply,
  body: Body,
  more?: (receipt: SayingReceipt) => Promise<JsonObject>,
): Promise<FastifyReply> {
  const receipt = await parts.gateway.say(sayingOf(request, body));
  const json = { ...sayingJson(receipt), ...(await more?.(receipt)) };
  return sendReceipt(reply, json, receipt.existed);
}

/** Appends a batch that its author signed, and sends the receipt. */
export async function appendSigned(
  parts: SayParts,
  reply: FastifyReply,
  batch: SignedBatchParts,
): Promise<FastifyReply> {
  const receipt = await parts.gateway.append(batch);
  return sendReceipt(reply, batchJson(receipt), receipt.existed);
}

export const idempotencyHeaders: Schema = headers({
  "idempotency-key": text(
    "Up to 255 characters of the caller's: sent again with the same request within 7 days, " +
      "also after a crash, it appends the same entry and answers the same receipt.",
    { minLength: 1, maxLength: keyCharactersMax },
  ),
});

export const saidResponses = responses("It was appended before.", named("Receipt"), {
  201: {
    description: "It is appended, durably.",
    content: { "application/json": { schema: named("Receipt") } },
  },
});

/** What a request says, with its key if it has one. */
function sayingOf(request: FastifyRequest, body: Body): Saying {
  const caller = anonymous;
  const { "idempotency-key": key } = request.headers;
  if (typeof key !== "string") return { caller, body };
  const said = `${request.routeOptions.url}\0${JSON.stringify(request.body)}`;
  return { caller, body, idempotency: { key, digest: sha256(Buffer.from(said)) } };
}

export function requireUnsignedAllowed(parts: SayParts): void {
  if (!parts.requiresSignatures) return;
  const message =
    "this node takes only what its author signed: send a signed batch to /v1/assert, or use gRPC";
  throw new Fault("SIGNATURE_REQUIRED", message, { setting: "http.signatures" });
}
