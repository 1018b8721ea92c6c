/** The id of a cluster, as the genesis that founds it derives it. */
import { clusterIdBytes } from "../model/position.js";
import { sha256 } from "./sha256.js";

const CLUSTER_CONTEXT = new TextEncoder().encode("stemedb/cluster/v1\0");

/**
 * The id of the cluster that a log founds: the first 16 bytes of
 * SHA-256("stemedb/cluster/v1" ‖ 0x00 ‖ first administrator's key ‖ the genesis' nonce).
 *
 * So whoever knows a cluster's id can tell its first administrator from any other log that claims
 * to have founded it.
 */
export const clusterIdOf = (firstAdministrator: Uint8Array, nonce: Uint8Array): Uint8Array =>
  sha256(CLUSTER_CONTEXT, firstAdministrator, nonce).slice(0, clusterIdBytes);
