/**
 * Opens the HTTP/2 windows of servers that are made in this process, and bounds their connections.
 *
 * grpc-js reads `grpc-node.flow_control_window` in its client only: uploads run in the 64 KiB
 * windows that HTTP/2 begins with, so a client that sends 70 KB batches stalls on every second one
 * (docs/benchmarks.md). It asks `http2.createServer` for its server when it binds, so that is the
 * one place where a window, and a bound on connections, can be set.
 *
 * Stream windows bound what one append call can have in our memory before we read it; the
 * connection's window bounds all calls of one client together.
 */
import { createRequire } from "node:module";

type Http2 = typeof import("node:http2");

export interface Http2Bounds {
  readonly streamWindowBytes: number;
  readonly connectionWindowBytes: number;
  readonly connectionsMax: number;
}

// The CommonJS module object, which is the one that grpc-js looks the function up in.
const http2 = createRequire(import.meta.url)("node:http2") as Http2;

/** The binds of this process, one after the other: what each puts in place, each takes away. */
let lastBind: Promise<unknown> = Promise.resolve();

/** Runs `bind`, in which grpc-js makes its servers, with the bounds in force. */
export function withHttp2Bounds<T>(bounds: Http2Bounds, bind: () => Promise<T>): Promise<T> {
  const bound = lastBind.then(() => bindInTurn(bounds, bind));
  lastBind = bound.catch(() => {});
  return bound;
}

async function bindInTurn<T>(bounds: Http2Bounds, bind: () => Promise<T>): Promise<T> {
  const { createServer } = http2;
  const bounded = (options: object, ...rest: unknown[]) => {
    const given = (options as { settings?: object }).settings;
    const settings = { ...given, initialWindowSize: bounds.streamWindowBytes };
    const create = createServer as (...parts: unknown[]) => import("node:http2").Http2Server;
    const server = create({ ...options, settings }, ...rest);
    (server as unknown as import("node:net").Server).maxConnections = bounds.connectionsMax;
    server.on("session", (session) => session.setLocalWindowSize(bounds.connectionWindowBytes));
    return server;
  };
  http2.createServer = bounded as unknown as Http2["createServer"];
  try {
    return await bind();
  } finally {
    http2.createServer = createServer;
  }
}
