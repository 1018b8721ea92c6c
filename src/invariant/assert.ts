/**
 * Assertions catch programmer errors. They stay on in production.
 *
 * An assertion failure means our mental model is wrong, so no caller may catch it: the process
 * stops, and recovery starts again from the log. Operating errors (a full disk, a bad signature)
 * are expected, and are `Fault`s (model/fault.ts) instead.
 */

export class AssertionFailure extends Error {
  override readonly name = "AssertionFailure";
}

/** Claims are stated positively: `assert(index < count, "index is inside the segment")`. */
export function assert(condition: boolean, claim: string): asserts condition {
  if (!condition) throw new AssertionFailure(claim);
}

/** The compiler proves that every case of a union was handled; this proves it again at run time. */
export function unreachable(value: never): never {
  throw new AssertionFailure(`unreachable: ${JSON.stringify(value)}`);
}
