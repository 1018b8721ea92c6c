/**
 * A gRPC server whose queries and views answer as a test says, and a client of it: everything
 * between the two is real.
 */
import { connect, type StemeClient } from "../../src/client/index.js";
import { systemClock } from "../../src/host/clock.js";
import { Fault } from "../../src/model/fault.js";
import type { Queries } from "../../src/model/query.js";
import type { AdministeredViews } from "../../src/rpc/admin-service.js";
import { CallRegistry } from "../../src/rpc/call-registry.js";
import { RpcServer, type RpcServerOptions } from "../../src/rpc/rpc-server.js";

const notAsked = (): never => {
  throw new Fault("INTERNAL", "this test does not ask that");
};

const noQueries: Queries = {
  query: notAsked,
  explain: notAsked,
  diff: notAsked,
  concepts: notAsked,
  questions: notAsked,
  assertions: notAsked,
  sources: notAsked,
};
const noViews: AdministeredViews = { status: notAsked, rebuild: notAsked, verify: notAsked };

export interface AnsweringNode {
  readonly client: StemeClient;
  readonly calls: CallRegistry;
  readonly server: RpcServer;
  close(): Promise<void>;
}

export async function answeringNode(
  queries: Partial<Queries>,
  views: Partial<AdministeredViews> = {},
  callsMax = 100,
): Promise<AnsweringNode> {
  const calls = new CallRegistry(callsMax);
  const parts: Partial<RpcServerOptions> = {
    address: "127.0.0.1:0",
    calls,
    clock: systemClock,
    log: { id: new Uint8Array(32) } as RpcServerOptions["log"],
    queries: { ...noQueries, ...queries },
    views: { ...noViews, ...views },
    connectionsMax: 10,
    callsMax: 100,
    bufferBytesMax: 1_000_000,
  };
  const server = await RpcServer.open(parts as RpcServerOptions);
  const client = connect({ address: server.address });
  return {
    client,
    calls,
    server,
    close: async () => {
      client.close();
      await server.close(0);
    },
  };
}
