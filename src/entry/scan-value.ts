/** What was found, for a reason: at most 128 bytes, safe to print. */
import { toHex } from "../model/hex.js";
import { copyBytes } from "./bytes.js";

const valueBytesMax = 128;
const hexBytesMax = 24;

/** Cuts a text to 128 bytes of UTF-8, between characters. */
export function shorten(text: string): string {
  if (Buffer.byteLength(text) <= valueBytesMax) return text;
  let bytes = 0;
  let kept = "";
  for (const character of text) {
    bytes += Buffer.byteLength(character);
    if (bytes > valueBytesMax - 3) break;
    kept += character;
  }
  return `${kept}…`;
}

/** The size, and the first bytes as hexadecimal. */
export function describeBytes(bytes: Uint8Array, start: number, end: number): string {
  const length = end - start;
  const size = length === 1 ? "1 byte" : `${length} bytes`;
  if (length === 0) return size;
  const hex = toHex(copyBytes(bytes, start, Math.min(end, start + hexBytesMax)));
  return `${size}: ${hex}${length > hexBytesMax ? "…" : ""}`;
}

/** The size, and the beginning with control characters escaped. */
export function describeText(bytes: Uint8Array, start: number, end: number): string {
  const length = end - start;
  const size = length === 1 ? "1 byte" : `${length} bytes`;
  if (length === 0) return size;
  const head = Buffer.from(copyBytes(bytes, start, Math.min(end, start + valueBytesMax)));
  return `${size}: ${JSON.stringify(head.toString("utf8"))}`;
}
