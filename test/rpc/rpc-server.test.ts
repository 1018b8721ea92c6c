/**
 * Goal: a server that stops waits for nobody who only listens, answers what it had, and says in its
 * health what it does. Method: a real server without a log behind it, and clients of health and
 * reflection that keep their streams open.
 */
import { Client, type ClientReadableStream, credentials, type ServiceError } from "@grpc/grpc-js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { systemClock } from "../../src/host/clock.js";
import { CallRegistry } from "../../src/rpc/call-registry.js";
import { RpcServer, type RpcServerOptions } from "../../src/rpc/rpc-server.js";
import { eventually, rejects, within } from "../support/expect.js";

interface Context {
  calls: CallRegistry;
  server: RpcServer;
  client: Client;
}

const tests = suite<Context>("rpc: rpc server");

const open = (calls: CallRegistry, address = "127.0.0.1:0"): Promise<RpcServer> => {
  const parts: Partial<RpcServerOptions> = {
    address,
    calls,
    clock: systemClock,
    log: { id: new Uint8Array(32) } as RpcServerOptions["log"],
    connectionsMax: 10,
    callsMax: 10,
  };
  return RpcServer.open(parts as RpcServerOptions);
};

function test(name: string, run: (context: Context) => Promise<void>): void {
  tests(name, async () => {
    const calls = new CallRegistry(3);
    const server = await open(calls);
    const client = new Client(server.address, credentials.createInsecure());
    try {
      await within(15_000, run({ calls, server, client }));
    } finally {
      client.close();
      await server.close(0);
    }
  });
}

const same = (bytes: Buffer): Buffer => bytes;

/** A stream of bytes, and what came on it. */
class Listening {
  readonly received: Buffer[] = [];
  readonly ended: Promise<ServiceError>;

  constructor(stream: ClientReadableStream<Buffer>) {
    stream.on("data", (bytes: Buffer) => this.received.push(bytes));
    this.ended = new Promise((resolve) => stream.on("error", resolve));
  }
}

/** The health of the whole node, from now on. */
const watch = (client: Client) =>
  new Listening(
    client.makeServerStreamRequest("/grpc.health.v1.Health/Watch", same, same, Buffer.alloc(0)),
  );

function reflect(client: Client): Listening {
  const method = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
  const stream = client.makeBidiStreamRequest(method, same, same);
  stream.write(Buffer.of(0x3a, 0)); // list_services: ""
  return new Listening(stream);
}

const SERVING = Buffer.of(0x08, 1);
const NOT_SERVING = Buffer.of(0x08, 2);

test("close: streams of health and reflection end, and nobody is waited for", async (context) => {
  const { calls, server, client } = context;
  server.setHealth("SERVING");
  const health = watch(client);
  const reflection = reflect(client);
  await eventually(() => health.received.length > 0 && reflection.received.length > 0, 5_000);
  assert.is(calls.count("other"), 2);
  assert.match(reflection.received[0]?.toString("latin1") ?? "", "steme.v1.LogService");
  await within(5_000, server.close(60_000));
  assert.equal(health.received, [SERVING, NOT_SERVING], "health says so before it ends");
  assert.is((await health.ended).code, 14);
  assert.is((await reflection.ended).code, 14);
  assert.is(calls.count("other"), 0);
});

test("streams: of libraries count among the calls, one too many is refused", async (context) => {
  const { calls, client } = context;
  const open = [watch(client), watch(client), watch(client)];
  await eventually(() => calls.count("other") === 3, 5_000);
  assert.is((await watch(client).ended).code, 8, "RESOURCE_EXHAUSTED");
  assert.ok(open.every(({ received }) => received.length > 0));
});

test("streams: one that its client gave up is not counted any more", async ({ calls, client }) => {
  const method = "/grpc.health.v1.Health/Watch";
  const stream = client.makeServerStreamRequest(method, same, same, Buffer.alloc(0));
  stream.on("error", () => {});
  await eventually(() => calls.count("other") === 1, 5_000);
  stream.cancel();
  await eventually(() => calls.count("other") === 0, 5_000);
});

test("open: an address in use is ADDRESS_IN_USE, and says what to do", async ({ server }) => {
  const fault = await rejects(open(new CallRegistry(1), server.address), "ADDRESS_IN_USE");
  assert.match((fault as Error).message, "--grpc-address");
});

test("open: an address that is none is CONFIG_INVALID", async () => {
  await rejects(open(new CallRegistry(1), "256.0.0.1:0"), "CONFIG_INVALID");
});

tests.run();
