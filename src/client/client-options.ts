/** The options of a connection, all of them: `connect` fills in the presets. */
import { type Clock, systemClock } from "../host/clock.js";
import { type Random, systemRandom } from "../host/random.js";
import { Fault } from "../model/fault.js";
import { messageBytesMax } from "../model/limits.js";
import { type Probe, silentProbe } from "../observability/probe.js";

export interface ClientOptions {
  /** `host:port`, several for several ways to the same node. */
  readonly addresses: readonly string[];
  /** Deadline of calls with one answer. */
  readonly callTimeoutMs: number;
  /** A ping after this long without traffic on an open call. */
  readonly keepaliveMs: number;
  /** The connection counts as lost this long after an unanswered ping. */
  readonly keepaliveTimeoutMs: number;
  /** Largest message, both ways. */
  readonly messageBytesMax: number;
  /** What a node may send before this side has read it: the HTTP/2 window. */
  readonly flowControlWindowBytes: number;
  /** First and longest delay before connecting again. */
  readonly reconnectMsMin: number;
  readonly reconnectMsMax: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly probe: Probe;
}

/** What `connect` takes: an address, and whatever differs from the presets. */
export interface ConnectOptions extends Partial<ClientOptions> {
  readonly address?: string;
}

const MiB = 1024 * 1024;

export const clientPresets: Omit<ClientOptions, "addresses"> = {
  callTimeoutMs: 10_000,
  keepaliveMs: 20_000,
  keepaliveTimeoutMs: 10_000,
  messageBytesMax,
  flowControlWindowBytes: 4 * MiB,
  reconnectMsMin: 50,
  reconnectMsMax: 500,
  clock: systemClock,
  random: systemRandom,
  probe: silentProbe,
};

export function clientOptions(given: ConnectOptions): ClientOptions {
  const { address, ...rest } = given;
  const addresses = rest.addresses ?? (address === undefined ? [] : [address]);
  if (addresses.length === 0) {
    throw new Fault("ARGUMENT_INVALID", "an address to connect to is missing", {
      field: "address",
      limit: "host:port",
    });
  }
  return { ...clientPresets, ...rest, addresses };
}
