/** The peers that we stand beside. */
import { hypercore } from "./hypercore.js";
import { nats } from "./nats.js";
import type { Peer } from "./peer.js";
import { postgres } from "./postgres.js";
import { redis } from "./redis.js";
import { sqlite } from "./sqlite.js";

export const peers: readonly Peer[] = [postgres, redis, nats, sqlite, hypercore];

export function peerAt(place: number): Peer {
  const peer = peers[place];
  if (peer === undefined) throw new Error(`there is no peer ${place}`);
  return peer;
}
