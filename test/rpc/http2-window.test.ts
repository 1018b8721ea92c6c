/**
 * Goal: servers made inside `bind` have the window and the bound on connections, and the process's
 * own function is back afterwards, whatever happened and however many bind at once. Method: real
 * HTTP/2 servers and a client that reads their settings.
 */
import { once } from "node:events";
import { createRequire } from "node:module";
import type { AddressInfo, Server } from "node:net";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { withHttp2Bounds } from "../../src/rpc/http2-window.js";
import { rejects } from "../support/expect.js";

const test = suite("rpc: http2 window");
const http2 = createRequire(import.meta.url)("node:http2") as typeof import("node:http2");
const original = http2.createServer;

const bounds = (streamWindowBytes: number) => ({
  streamWindowBytes,
  connectionWindowBytes: 2 * streamWindowBytes,
  connectionsMax: 7,
});

const later = () => new Promise((resolve) => setImmediate(resolve));

test("bind: a server made inside has the windows and the bound on connections", async () => {
  const server = await withHttp2Bounds(bounds(3_000_000), async () => {
    await later();
    return http2.createServer({ settings: { maxConcurrentStreams: 5 } });
  });
  assert.is((server as unknown as Server).maxConnections, 7);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const session = http2.connect(`http://127.0.0.1:${port}`);
  const [settings] = (await once(session, "remoteSettings")) as [import("node:http2").Settings];
  assert.is(settings.initialWindowSize, 3_000_000);
  assert.is(settings.maxConcurrentStreams, 5, "what grpc-js asks for stays");
  session.destroy();
  server.close();
});

test("bind: a bind that fails leaves the process's function as it was", async () => {
  const fails = withHttp2Bounds(bounds(100_000), async () => {
    throw new Error("no port");
  });
  await rejects(fails);
  assert.is(http2.createServer, original);
});

test("bind: two at once have their own bounds each, and leave nothing behind", async () => {
  const seen: unknown[] = [];
  const bind = async () => {
    const mine = http2.createServer;
    await later();
    seen.push(mine === http2.createServer && mine !== original);
  };
  await Promise.all([
    withHttp2Bounds(bounds(100_000), bind),
    withHttp2Bounds(bounds(200_000), bind),
  ]);
  assert.equal(seen, [true, true]);
  assert.is(http2.createServer, original);
});

test.run();
