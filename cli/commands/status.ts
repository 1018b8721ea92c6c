/** `status`: what a node is and holds, and whether it is well. */
import type { NodeStatus } from "../../src/client/index.js";
import { isFault } from "../../src/model/fault.js";
import { toHex } from "../../src/model/hex.js";
import { millisecondsOf } from "../../src/model/hybrid-time.js";
import { type Command, EXIT_FINE, EXIT_UNHEALTHY } from "../command.js";
import { connectionFlags, targetOf, withClient } from "../connection.js";
import { grouped, tableText } from "../output.js";
import { durationText } from "../progress.js";

type Health = "healthy" | "degraded" | "unhealthy";

const healthOf = (status: NodeStatus): Health =>
  status.appendsAccepted ? (status.healthDetail === "" ? "healthy" : "degraded") : "unhealthy";

const optionalHex = (bytes: Uint8Array): string | null =>
  bytes.length === 0 ? null : toHex(bytes);

function statusJson(address: string, status: NodeStatus): Record<string, unknown> {
  return {
    status: healthOf(status),
    detail: status.healthDetail,
    appends_accepted: status.appendsAccepted,
    address,
    version: status.version,
    runtime: status.runtime,
    uptime_ms: status.uptimeMs,
    cluster_id: toHex(status.clusterId),
    log_id: toHex(status.logId),
    log_key: toHex(status.logKey),
    size: status.size,
    root: toHex(status.root),
    hybrid_time: status.hybridTime.toString(),
    recorded_at: new Date(millisecondsOf(status.hybridTime)).toISOString(),
    segment_count: status.segmentCount,
    segment_bytes: status.segmentBytes,
    appended: status.appended,
    refused: status.refused,
    append_calls: status.appendCalls,
    subscriptions: status.subscriptions,
    gateway_key: optionalHex(status.gatewayKey),
    first_administrator: optionalHex(status.firstAdministrator),
    limits: {
      entry_bytes_max: status.entryBytesMax,
      batch_entries_max: status.batchEntriesMax,
      batch_bytes_max: status.batchBytesMax,
      message_bytes_max: status.messageBytesMax,
    },
  };
}

function statusText(address: string, status: NodeStatus, health: string): string {
  const { segmentCount, segmentBytes, appended, refused } = status;
  const newest = new Date(millisecondsOf(status.hybridTime)).toISOString();
  return tableText([
    ["status", health],
    ...(status.healthDetail === "" ? [] : [["detail", status.healthDetail]]),
    ["node", `${address}, StemeDB ${status.version}, ${status.runtime}`],
    ["running for", durationText(status.uptimeMs)],
    ["log", toHex(status.logId)],
    ["entries", `${grouped(status.size)}, the newest ${newest}`],
    ["root", toHex(status.root)],
    ["on disk", `${grouped(segmentBytes)} bytes in ${grouped(segmentCount)} files`],
    ["since start", `${grouped(appended)} entries appended, ${grouped(refused)} batches refused`],
    ["open", `${status.appendCalls} append calls, ${status.subscriptions} subscriptions`],
    ["cluster", toHex(status.clusterId)],
  ]);
}

export const statusCommand: Command = {
  name: "status",
  group: "node",
  summary: "Say what a node is and holds, and whether it is well",
  description: ["Ends with 10 where the node is unhealthy or cannot be reached."],
  flags: connectionFlags,
  examples: [
    { doc: "The node on this machine", line: "status" },
    { doc: "In a health check", line: "status --address node1:18184 --timeout 2s --json" },
  ],
  json: "status",
  async run({ output, environment }, given) {
    const target = targetOf(given, environment);
    try {
      const status = await withClient(target, (client) => client.status());
      const health = healthOf(status);
      const colour = health === "healthy" ? "green" : health === "degraded" ? "yellow" : "red";
      await output.result(statusJson(target.address, status), () =>
        statusText(target.address, status, health).replace(health, output.paint(colour, health)),
      );
      return health === "unhealthy" ? EXIT_UNHEALTHY : EXIT_FINE;
    } catch (error) {
      if (!isFault(error)) throw error;
      output.error(error);
      return EXIT_UNHEALTHY;
    }
  },
};
