/** The HTTP API of a node: translates requests into the words of the parts that serve them. */

import type { FastifyInstance } from "fastify";
import type { Clock, Timer } from "../host/clock.js";
import { Fault } from "../model/fault.js";
import type { Metrics } from "../observability/metrics.js";
import type { Probe } from "../observability/probe.js";
import type { TracedQueries } from "../query/metered-queries.js";
import { type HttpTimeouts, httpTimeoutsPreset, openApplication } from "./application.js";
import { Feeds, feedRoute } from "./feed-route.js";
import { listRoutes } from "./list-routes.js";
import { nodeRoutes } from "./node-routes.js";
import type {
  EntrySource,
  EpochSource,
  FeedSource,
  Gateway,
  HealthSource,
  MetricsText,
} from "./parts.js";
import { queryRoutes } from "./query-routes.js";
import { retractionRoute } from "./retraction-route.js";
import type { Route } from "./route.js";
import { sayRoutes } from "./say-routes.js";

export interface HttpServerOptions {
  /** `host:port`; port 0 lets the system choose. */
  readonly address: string;
  readonly connectionsMax: number;
  /** Refuse what is not signed by its author. */
  readonly requiresSignatures: boolean;
  readonly queries: TracedQueries;
  readonly gateway: Gateway;
  readonly entries: EntrySource;
  readonly epochs: EpochSource;
  readonly health: HealthSource;
  readonly feed: FeedSource;
  /** Between heartbeats of a feed that asks for no interval of its own. */
  readonly heartbeatMs: number;
  readonly metrics: Metrics;
  readonly metricsText: MetricsText;
  readonly clock: Clock;
  readonly probe: Probe;
  /** Of StemeDB: the API description names it. */
  readonly version: string;
  /** `httpTimeoutsPreset` unless told otherwise. */
  readonly timeouts?: HttpTimeouts;
}

const closingIntervalMs = 20;

/** Half of the connections: feeds never keep everybody else out. */
const feedsOf = (connectionsMax: number): number => Math.max(1, Math.floor(connectionsMax / 2));

/** Every route of the API. */
export const routesOf = (
  options: Omit<HttpServerOptions, "address" | "connectionsMax" | "probe" | "version" | "timeouts">,
  feeds: Feeds,
  isStopping: () => boolean,
): readonly Route[] => [
  ...queryRoutes(options.queries),
  ...sayRoutes(options),
  retractionRoute(options, options.queries),
  ...listRoutes(options.queries, options.epochs),
  feedRoute(feeds),
  ...nodeRoutes(options.health, options.metricsText, isStopping),
];

export class HttpServer {
  /** `host:port` that it listens on. */
  readonly address: string;
  readonly #application: FastifyInstance;
  readonly #feeds: Feeds;
  readonly #clock: Clock;
  readonly #setStopping: () => void;

  private constructor(parts: {
    readonly address: string;
    readonly application: FastifyInstance;
    readonly feeds: Feeds;
    readonly clock: Clock;
    readonly setStopping: () => void;
  }) {
    this.address = parts.address;
    this.#application = parts.application;
    this.#feeds = parts.feeds;
    this.#clock = parts.clock;
    this.#setStopping = parts.setStopping;
  }

  /** Throws ADDRESS_IN_USE, CONFIG_INVALID. */
  static async open(options: HttpServerOptions): Promise<HttpServer> {
    const { connectionsMax, clock } = options;
    const feeds = new Feeds({ ...options, feedsMax: feedsOf(connectionsMax) });
    let isStopping = false;
    const routes = routesOf(options, feeds, () => isStopping);
    const application = await openApplication({ timeouts: httpTimeoutsPreset, ...options, routes });
    application.server.maxConnections = connectionsMax;
    const address = await listen(application, options.address);
    const setStopping = () => {
      isStopping = true;
    };
    return new HttpServer({ address, application, feeds, clock, setStopping });
  }

  /** `/readyz` says so from now on: load balancers look elsewhere. */
  drain(): void {
    this.#setStopping();
  }

  /** Takes no further connections, ends the feeds, and lets what was begun finish. */
  async close(withinMs: number): Promise<void> {
    this.drain();
    this.#feeds.stop();
    const { server } = this.#application;
    const endMs = this.#clock.monotonicMs() + withinMs;
    let timer: Timer | undefined;
    // A connection that was busy when the listening ended is idle behind its answer.
    const look = () => {
      if (this.#clock.monotonicMs() >= endMs) server.closeAllConnections();
      else server.closeIdleConnections();
      timer = this.#clock.after(closingIntervalMs, look, true);
    };
    look();
    await this.#application.close();
    timer?.cancel();
  }
}

async function listen(application: FastifyInstance, address: string): Promise<string> {
  const colon = address.lastIndexOf(":");
  const host = address.slice(0, colon).replace(/^\[(.*)\]$/, "$1");
  const port = Number(address.slice(colon + 1));
  try {
    await application.listen({ host, port });
  } catch (error) {
    await application.close();
    throw bindFault(address, error as NodeJS.ErrnoException);
  }
  const bound = application.server.address();
  const boundPort = typeof bound === "object" && bound !== null ? bound.port : port;
  return `${address.slice(0, colon)}:${boundPort}`;
}

function bindFault(address: string, error: NodeJS.ErrnoException): Fault {
  if (error.code === "EADDRINUSE") {
    const message = `${address} is in use: stop what listens there, or give another --http-address`;
    return new Fault("ADDRESS_IN_USE", message, { address }, error);
  }
  const message = `cannot listen on ${address}: check --http-address (${error.message})`;
  return new Fault("CONFIG_INVALID", message, { address }, error);
}
