/** Prints one stored entry: a JSON line, or a line of text. */
import type { EntryRecord } from "../src/client/index.js";
import type { Output } from "./output.js";
import { bodyText, lineText } from "./record.js";
import { recordJson } from "./record-json.js";

function textOf(record: EntryRecord): { text: string; author?: Uint8Array } {
  if (record.hole !== undefined) {
    return { text: record.hole.isRedacted ? "(redacted)" : "(pruned here)" };
  }
  const entry = record.decode();
  if (entry === undefined) return { text: "" };
  return { text: bodyText(entry.body), author: entry.author };
}

export async function printRecord(output: Output, record: EntryRecord): Promise<void> {
  if (output.isJson) {
    await output.result(recordJson(record), () => "");
    return;
  }
  const { index, recordedMs } = record;
  await output.write(`${lineText(output, { index, recordedMs, ...textOf(record) })}\n`);
}
