/** Nodes of a test file: started with flags, stopped in order, and none left behind. */
import * as assert from "uvu/assert";
import { connect, type StemeClient } from "../../src/client/index.js";
import { authorOf, entriesOf, signedBatch } from "../support/batches.js";
import { within } from "../support/expect.js";
import { ServerProcess } from "../support/server-process.js";
import { RawAppend, receiptOf } from "./raw-calls.js";

const author = authorOf(41);

export async function started(
  flags: readonly string[] = [],
  dataDir?: string,
): Promise<[ServerProcess, StemeClient]> {
  const options = dataDir === undefined ? { flags } : { flags, dataDir };
  const server = await (await ServerProcess.create(options)).start();
  return [server, connect({ address: server.address })];
}

/** SIGTERM: it ends with 0. */
export async function stopped(server: ServerProcess, client: StemeClient): Promise<void> {
  client.close();
  const { code } = await within(15_000, server.stop(), "stopping");
  assert.is(code, 0, server.process.stderr());
}

/** It does not start, and says why in one line. */
export async function requireNoStart(
  server: ServerProcess,
  code: string,
  exit = 1,
): Promise<string> {
  const { code: exitCode } = await within(15_000, server.spawn().ended, "not starting");
  const stderr = server.process.stderr();
  assert.is(exitCode, exit, stderr);
  assert.match(stderr, new RegExp(`^error: .* \\(${code}\\)$`, "m"));
  return stderr;
}

/** A batch that no other (writer, sequence) has. */
export const batchOf = (sequence: number, count: number, writer = 1) =>
  signedBatch({
    author,
    writer: Buffer.alloc(16, writer),
    sequence,
    entries: entriesOf(author, writer * 1_000_000 + sequence * 1_000, count),
  });

export async function appendBatches(
  server: ServerProcess,
  first: number,
  count: number,
): Promise<void> {
  const call = new RawAppend(server.address);
  const sent = Array.from({ length: count }, (_none, at) =>
    call.appendOne(batchOf(first + at, 10)),
  );
  for (const outcome of await within(10_000, Promise.all(sent))) receiptOf(outcome, "appended");
  await call.end();
}
