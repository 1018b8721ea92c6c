/**
 * What uvu's asserts lack: promises that must be refused, faults by code, and time bounds.
 *
 * uvu's `assert.throws` takes a function that throws at once; handed an async one it fails for the
 * wrong reason, or passes beside it. Here is the pair for promises. uvu has no time limit per test
 * either: a promise that never settles hangs the file, so what might hang goes through `within`.
 */
import * as assert from "uvu/assert";
import type { FaultCode } from "../../src/model/fault.js";
import { Fault } from "../../src/model/fault.js";

const describe = (error: unknown): string => (error instanceof Error ? `${error}` : String(error));

function checkCode(error: unknown, code: FaultCode | undefined): void {
  if (code === undefined) return;
  if (!(error instanceof Fault)) {
    throw new Error(`expected the fault ${code}, got ${describe(error)}`, { cause: error });
  }
  assert.is(error.code, code, `expected the fault ${code}, got ${error.code}: ${error.message}`);
}

/** The promise is refused, by a fault of that code if one is given. Returns what it threw. */
export async function rejects(promise: Promise<unknown>, code?: FaultCode): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    checkCode(error, code);
    return error;
  }
  throw new Error(`expected a rejection${code ? ` with ${code}` : ""}, but it resolved`);
}

/** The function throws a fault of that code at once. Returns the fault, for its facts. */
export function throwsFault(call: () => unknown, code: FaultCode): Fault {
  let result: unknown;
  try {
    result = call();
  } catch (error) {
    checkCode(error, code);
    return error as Fault;
  }
  if (result instanceof Promise) {
    result.catch(() => {});
    throw new Error("throwsFault was handed an async function: use rejects");
  }
  throw new Error(`expected the fault ${code}, but nothing was thrown`);
}

/** The promise's outcome, if it comes within `ms` milliseconds; else the test fails. */
export function within<T>(ms: number, promise: Promise<T>, what = "the promise"): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${what} took longer than ${ms} ms`)), ms);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** Asks again every few milliseconds until the condition holds; fails after `ms` milliseconds. */
export async function eventually(
  condition: () => boolean | Promise<boolean>,
  ms: number,
  what = "the condition",
): Promise<void> {
  const end = performance.now() + ms;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`${what} did not hold within ${ms} ms`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
