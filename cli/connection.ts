/** How commands reach a node. */
import type { StemeClient } from "../src/client/index.js";
import { formatDurationMs, keyOf, parseAddress, parseDurationMs } from "../src/config/index.js";
import { Fault, isFault } from "../src/model/fault.js";
import type { Arguments } from "./arguments.js";
import type { FlagFacts, Surroundings } from "./command.js";
import { Usage } from "./usage.js";

const timeoutPreset = "3s";
const timeoutMsMax = 24 * 3_600_000;

/** Flags of every command that talks to a node. */
export const connectionFlags: readonly FlagFacts[] = [
  {
    name: "address",
    value: "HOST:PORT",
    preset: `STEMEDB_ADDRESS, else ${keyOf("grpc.address").preset}`,
    doc: "The node's gRPC address.",
  },
  {
    name: "timeout",
    value: "DURATION",
    preset: timeoutPreset,
    doc: "How long to wait for the node before giving up.",
  },
];

export interface Target {
  readonly address: string;
  readonly timeoutMs: number;
}

/** Throws `Usage`. */
export function targetOf(given: Arguments, environment: Surroundings["environment"]): Target {
  const { STEMEDB_ADDRESS: named } = environment;
  const flag = given.one("address");
  const address = flag ?? (named || String(keyOf("grpc.address").preset));
  if (parseAddress(address) === undefined) {
    const origin = flag === undefined ? "STEMEDB_ADDRESS" : "--address";
    throw new Usage(`${origin} is ${address}, and must be host:port`, { argument: origin });
  }
  const text = given.one("timeout") ?? timeoutPreset;
  const timeoutMs = parseDurationMs(text);
  if (timeoutMs === undefined || timeoutMs < 1 || timeoutMs > timeoutMsMax) {
    throw new Usage(`--timeout is ${text}, and must be a duration such as 10s, up to 24h`);
  }
  return { address, timeoutMs };
}

/** Connects, hands the client on, and closes it whatever happens. Throws UNAVAILABLE. */
export async function withClient<Result>(
  target: Target,
  use: (client: StemeClient) => Promise<Result>,
): Promise<Result> {
  const { connect } = await import("../src/client/index.js");
  const client = connect({ address: target.address, callTimeoutMs: target.timeoutMs });
  try {
    await client.ready(target.timeoutMs).catch((error: unknown) => {
      if (!isFault(error, "UNAVAILABLE")) throw error;
      const message =
        `no node answers at ${target.address} within ${formatDurationMs(target.timeoutMs)}: ` +
        "is it running (`steme serve`), and is this its --address?";
      throw new Fault("UNAVAILABLE", message, { address: target.address }, error);
    });
    return await use(client);
  } finally {
    client.close();
  }
}
