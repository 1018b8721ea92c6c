/** The HTTP API of a node: translates requests into the words of the parts that serve them. */
import type { Clock } from "../host/clock.js";
import { assert } from "../invariant/assert.js";
import type { Metrics } from "../observability/metrics.js";
import type { Probe } from "../observability/probe.js";
import type {
  EntrySource,
  EpochSource,
  FeedSource,
  Gateway,
  HealthSource,
  MetricsText,
  TracedQueries,
} from "./parts.js";

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
}

export class HttpServer {
  /** `host:port` that it listens on. */
  readonly address: string;

  private constructor(address: string) {
    this.address = address;
  }

  /** Throws ADDRESS_IN_USE, CONFIG_INVALID. */
  static async open(options: HttpServerOptions): Promise<HttpServer> {
    assert(options.address !== "", "an address is given");
    return new HttpServer(options.address);
  }

  /** Takes no further requests, ends the feeds, and lets what was begun finish. */
  async close(_withinMs: number): Promise<void> {}
}
