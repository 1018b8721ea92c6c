/** Comparing and copying parts of byte strings. */

/** A copy of `bytes[start..end)`, in memory of its own, even of a `Buffer` or of shared memory. */
export function copyBytes(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const copy = new Uint8Array(end - start);
  copy.set(bytes.subarray(start, end));
  return copy;
}

/** Compares bytes like `Buffer.compare`: shorter first where one begins the other. */
export function compareBytes(
  bytes: Uint8Array,
  leftStart: number,
  leftEnd: number,
  rightStart: number,
  rightEnd: number,
): number {
  const count = Math.min(leftEnd - leftStart, rightEnd - rightStart);
  for (let i = 0; i < count; i++) {
    const difference = (bytes[leftStart + i] as number) - (bytes[rightStart + i] as number);
    if (difference !== 0) return difference;
  }
  return leftEnd - leftStart - (rightEnd - rightStart);
}
