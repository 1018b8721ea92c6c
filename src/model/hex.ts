/** Bytes as people read and type them: lower-case hexadecimal. */

export const toHex = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");

/** Returns `undefined` where the text is not hexadecimal, or (if given) not of `bytes` bytes. */
export function fromHex(text: string, bytes?: number): Uint8Array | undefined {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) return undefined;
  if (bytes !== undefined && text.length !== bytes * 2) return undefined;
  return new Uint8Array(Buffer.from(text, "hex"));
}

/** Whether two byte strings are equal. Not constant-time: for public values only. */
export function bytesEqual(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  for (let i = 0; i < left.length; i++) if (left[i] !== right[i]) return false;
  return true;
}
