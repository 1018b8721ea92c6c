/**
 * The gRPC server of a node: services, health, reflection, bounds.
 *
 * Health follows the log: NOT_SERVING for «steme.v1.LogService» where appends are refused, and for
 * everything while the node stops. Reads go on either way.
 */
import { fileURLToPath } from "node:url";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { ReflectionService } from "@grpc/reflection";
import { HealthImplementation } from "grpc-health-check";
import { Fault } from "../model/fault.js";
import { messageBytesMax } from "../model/limits.js";
import type { Queries } from "../model/query.js";
import {
  type AdministeredViews,
  adminServiceDefinition,
  adminServiceHandlers,
  type NodeFactsSource,
} from "./admin-service.js";
import { countedServices } from "./counted-services.js";
import { withHttp2Bounds } from "./http2-window.js";
import { type LogServiceParts, logServiceDefinition, logServiceHandlers } from "./log-service.js";
import { queryServiceDefinition, queryServiceHandlers } from "./query-service.js";

export interface RpcServerOptions extends LogServiceParts {
  /** `host:port`; port 0 lets the system choose. */
  readonly address: string;
  readonly facts: NodeFactsSource;
  readonly queries: Queries;
  readonly views: AdministeredViews;
  readonly connectionsMax: number;
  /** Calls that one connection may have open. */
  readonly callsMax: number;
}

const KiB = 1024;
const MiB = 1024 * KiB;
/** Room for the largest message of a few calls at a time. */
const streamWindowBytes = 4 * MiB;
const connectionWindowBytes = 8 * MiB;
/**
 * gRPC ends a call on a message above its limit. Up to twice ours we read it, refuse it by name,
 * and the call goes on; what is larger than that is not read at all.
 */
const receivedBytesMax = 2 * messageBytesMax;

const protoFolder = fileURLToPath(new URL("../../../proto", import.meta.url));
const protoFiles = ["log_service", "query_service", "admin_service", "fault"];

type Health = "SERVING" | "NOT_SERVING";
const serviceNames = [
  "",
  "steme.v1.LogService",
  "steme.v1.QueryService",
  "steme.v1.AdminService",
] as const;

export class RpcServer {
  readonly #server: Server;
  readonly #health: HealthImplementation;
  readonly #options: RpcServerOptions;
  readonly #shown = new Map<string, Health>();
  readonly address: string;

  private constructor(
    server: Server,
    health: HealthImplementation,
    options: RpcServerOptions,
    address: string,
  ) {
    this.#server = server;
    this.#health = health;
    this.#options = options;
    this.address = address;
  }

  static async open(options: RpcServerOptions): Promise<RpcServer> {
    const server = new Server({
      "grpc.max_receive_message_length": receivedBytesMax,
      "grpc.max_send_message_length": receivedBytesMax,
      "grpc.max_concurrent_streams": options.callsMax,
      "grpc.max_metadata_size": 16 * KiB,
      "grpc.keepalive_time_ms": 60_000,
      "grpc.keepalive_timeout_ms": 20_000,
      "grpc.enable_channelz": 0, // nobody asks for its counts, and each call pays for them
    });
    server.addService(logServiceDefinition, logServiceHandlers(options));
    server.addService(queryServiceDefinition, queryServiceHandlers(options));
    server.addService(adminServiceDefinition, adminServiceHandlers(options));
    const health = new HealthImplementation();
    const counted = countedServices(server, options.calls);
    health.addToServer(counted);
    reflection().addToServer(counted);
    const port = await withHttp2Bounds(
      { streamWindowBytes, connectionWindowBytes, connectionsMax: options.connectionsMax },
      () => bind(server, options.address),
    );
    const host = options.address.slice(0, options.address.lastIndexOf(":"));
    return new RpcServer(server, health, options, `${host}:${port}`);
  }

  /** What health checks answer about the log from now on. */
  setHealth(log: Health, node: Health = "SERVING"): void {
    for (const name of serviceNames) {
      const status = name === "steme.v1.LogService" || name === "" ? log : node;
      if (this.#shown.get(name) === status) continue; // watchers are told of changes
      this.#shown.set(name, status);
      this.#health.setStatus(name, status);
    }
  }

  /** Takes no further calls, ends the open ones, and closes the connections. */
  async close(withinMs: number): Promise<void> {
    this.setHealth("NOT_SERVING", "NOT_SERVING");
    this.#options.calls.stopAll();
    const { clock } = this.#options;
    await new Promise<void>((resolve) => {
      const timer = clock.after(withinMs, () => {
        this.#server.forceShutdown();
        resolve();
      });
      this.#server.tryShutdown(() => {
        timer.cancel();
        resolve();
      });
    });
  }
}

function reflection(): ReflectionService {
  const files = protoFiles.map((name) => `steme/v1/${name}.proto`);
  return new ReflectionService(loadSync(files, { includeDirs: [protoFolder] }));
}

function bind(server: Server, address: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(address, ServerCredentials.createInsecure(), (error, port) => {
      if (error === null) resolve(port);
      else reject(bindFault(address, error));
    });
  });
}

function bindFault(address: string, error: Error): Fault {
  if (error.message.includes("EADDRINUSE")) {
    const message = `${address} is in use: stop what listens there, or give another --grpc-address`;
    return new Fault("ADDRESS_IN_USE", message, { address }, error);
  }
  const message = `cannot listen on ${address}: check --grpc-address (${error.message})`;
  return new Fault("CONFIG_INVALID", message, { address }, error);
}
