/**
 * Goal: strangers find their way without our client: gRPC's own health checking and reflection; and
 * bounds on calls and connections hold. Method: those protocols by hand, over grpc-js.
 */
import { connect as dial } from "node:net";
import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";
import { status } from "@grpc/grpc-js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { eventually, rejects, within } from "../support/expect.js";
import { faultOf, RawAppend, rawClient, receiptOf } from "./raw-calls.js";
import { appendBatches, batchOf, started, stopped } from "./started-node.js";

const test = suite("integration: services");
const same = (bytes: Buffer): Buffer => bytes;

/** The fields of a message, by number: length-delimited ones as bytes, others as numbers. */
function fieldsOf(message: Uint8Array): Map<number, (Uint8Array | number)[]> {
  const fields = new Map<number, (Uint8Array | number)[]>();
  const reader = new BinaryReader(message);
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    const list = fields.get(number) ?? [];
    fields.set(number, list);
    if (wireType === 2) list.push(reader.bytes());
    else if (wireType === 0) list.push(Number(reader.uint64()));
    else reader.skip(wireType);
  }
  return fields;
}

const bytesIn = (message: Uint8Array, number: number): Uint8Array[] =>
  (fieldsOf(message).get(number) ?? []).filter((one) => typeof one !== "number");

const textField = (number: number, text: string): Buffer =>
  Buffer.from(
    new BinaryWriter()
      .uint32((number << 3) | 2)
      .string(text)
      .finish(),
  );

const SERVING = 1;
const NOT_SERVING = 2;

test("health: checked and watched by service; a stopping node says so", async () => {
  const [server, client] = await started();
  const raw = rawClient(server.address);
  const check = (service: string) =>
    new Promise<number>((resolve) => {
      const path = "/grpc.health.v1.Health/Check";
      const request = service === "" ? Buffer.alloc(0) : textField(1, service);
      raw.makeUnaryRequest(path, same, same, request, (error, answer) => {
        if (error !== null) resolve(-error.code);
        else resolve(Number(fieldsOf(answer ?? Buffer.alloc(0)).get(1)?.[0]));
      });
    });
  for (const service of ["", "steme.v1.LogService", "steme.v1.AdminService"]) {
    assert.is(await check(service), SERVING, service);
  }
  assert.is(await check("steme.v1.Nothing"), -status.NOT_FOUND);

  const path = "/grpc.health.v1.Health/Watch";
  const watch = raw.makeServerStreamRequest(path, same, same, textField(1, "steme.v1.LogService"));
  const seen: number[] = [];
  watch.on("data", (bytes: Buffer) => seen.push(Number(fieldsOf(bytes).get(1)?.[0])));
  watch.on("error", () => {});
  const ended = new Promise<number>((resolve) => watch.on("status", ({ code }) => resolve(code)));
  await eventually(() => seen.length === 1, 5_000, "the first answer");
  const startedMs = performance.now();
  await stopped(server, client);
  assert.ok(performance.now() - startedMs < 5_000, "who watches does not hold it up");
  assert.equal(seen, [SERVING, NOT_SERVING]);
  assert.is(await ended, status.UNAVAILABLE);
  raw.close();
});

test("reflection: both versions list the services and give their files", async () => {
  const [server, client] = await started();
  const raw = rawClient(server.address);
  const ask = (version: string, request: Buffer) =>
    new Promise<Buffer>((resolve, reject) => {
      const path = `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`;
      const call = raw.makeBidiStreamRequest(path, same, same);
      call.on("data", resolve);
      call.on("error", reject);
      call.write(request);
      call.end();
    });
  for (const version of ["v1", "v1alpha"]) {
    const listed = await within(5_000, ask(version, textField(7, "*")));
    const [services] = bytesIn(listed, 6);
    assert.ok(services);
    const names = bytesIn(services, 1).map((one) =>
      Buffer.from(bytesIn(one, 1)[0] ?? []).toString(),
    );
    for (const name of ["steme.v1.LogService", "steme.v1.AdminService"]) {
      assert.ok(names.includes(name), `${name} in ${names}`);
      const answer = await within(5_000, ask(version, textField(4, name)));
      const [files] = bytesIn(answer, 4);
      assert.ok(files);
      const descriptors = bytesIn(files, 1);
      const service = name.slice("steme.v1.".length);
      assert.ok(
        descriptors.some((one) => Buffer.from(one).includes(service)),
        name,
      );
    }
  }
  raw.close();
  await stopped(server, client);
});

test("bounds: one call too many is OVERLOADED, one connection too many is closed", async () => {
  const [server, client] = await started(["--grpc-calls-max", "3", "--grpc-connections-max", "5"]);
  await client.ready();
  const calls: RawAppend[] = [];
  for (let at = 1; at <= 3; at++) {
    const call = new RawAppend(server.address);
    receiptOf(await call.appendOne(batchOf(1, 1, at)), "appended");
    calls.push(call);
  }
  const refused = new RawAppend(server.address);
  refused.appendOne(batchOf(1, 1, 9)).catch(() => {});
  const ended = await within(5_000, refused.ended);
  assert.is(ended.code, status.RESOURCE_EXHAUSTED);
  assert.is(faultOf(ended).code, "OVERLOADED");
  const subscription = client.subscribe({ start: "start", resume: false });
  await rejects(subscription.next(), "OVERLOADED");
  await calls[0]?.end();
  const taken = new RawAppend(server.address);
  receiptOf(await within(5_000, taken.appendOne(batchOf(1, 1, 8))), "appended");

  const [host = "", port = ""] = server.address.split(":");
  const sockets = Array.from({ length: 12 }, () => dial(Number(port), host));
  let closed = 0;
  for (const socket of sockets) {
    socket.on("error", () => {});
    socket.on("close", () => closed++);
  }
  await eventually(() => closed >= 8, 5_000, "the node closes what is too much");
  receiptOf(await within(5_000, taken.appendOne(batchOf(2, 1, 8))), "appended");
  for (const socket of sockets) socket.destroy();
  for (const call of [...calls.slice(1), taken]) await call.end();
  await eventually(async () => (await client.status()).appendCalls === 0, 5_000, "calls left");
  await appendBatches(server, 10, 2);
  await stopped(server, client);
});

test.run();
