/** Appends one entry and says where it stands: what commands that say one thing share. */
import type { EntryReceipt, KeyPair, StemeClient } from "../src/client/index.js";
import type { Body } from "../src/model/entry.js";
import { toHex } from "../src/model/hex.js";
import { millisecondsOf } from "../src/model/hybrid-time.js";
import type { Surroundings } from "./command.js";
import type { Target } from "./connection.js";

export interface Speaker {
  readonly keys: KeyPair;
  readonly onBehalfOf?: string | undefined;
}

/** Resolves when the entry is durable. */
export async function sayOne(
  client: StemeClient,
  { keys, onBehalfOf }: Speaker,
  body: Body,
  target: Target,
  { stop }: Pick<Surroundings, "stop">,
): Promise<EntryReceipt> {
  const writer = client.writer({ keys, lingerMs: 0, retryMsMax: target.timeoutMs, signal: stop });
  const receipt = await writer.append(onBehalfOf === undefined ? { body } : { body, onBehalfOf });
  await writer.close();
  return receipt;
}

const recordedAt = (receipt: EntryReceipt): string =>
  new Date(millisecondsOf(receipt.hybridTime)).toISOString();

export const receiptJson = (receipt: EntryReceipt): Record<string, unknown> => ({
  id: toHex(receipt.id),
  log_id: toHex(receipt.logId),
  index: receipt.index,
  hybrid_time: receipt.hybridTime.toString(),
  recorded_at: recordedAt(receipt),
  level: receipt.level,
  existed: receipt.existed,
});

export const receiptText = (receipt: EntryReceipt): string =>
  [
    `id        ${toHex(receipt.id)}`,
    `position  ${toHex(receipt.logId)}:${receipt.index}`,
    `recorded  ${recordedAt(receipt)}, ${receipt.level}`,
  ].join("\n");
