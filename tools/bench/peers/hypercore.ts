/** hypercore: a signed log in the process of its client. Signs a tree root per append. */
import { join } from "node:path";
import { rowOf } from "./closed-loop.js";
import type { Peer, PeerContext, PeerResult } from "./peer.js";
import { packageOf, packageVersion } from "./program.js";

interface Core {
  ready(): Promise<void>;
  append(blocks: readonly Buffer[]): Promise<unknown>;
  close(): Promise<void>;
}

async function run(context: PeerContext): Promise<PeerResult> {
  const Hypercore = packageOf<new (path: string) => Core>(context.packages, "hypercore");
  const version = packageVersion(context.packages, "hypercore");
  const core = new Hypercore(join(context.directory, "core"));
  await core.ready();
  const append = (entries: readonly Buffer[]) => core.append(entries);
  const rows = [
    await rowOf(context, "append of 256, in its own process", "batches", append),
    await rowOf(context, "append, in its own process", "singles", append),
    await rowOf(context, "append, in its own process", "window-1", append),
  ];
  await core.close();
  return { version, durability: "not durable: it never syncs; signs and hashes", rows };
}

export const hypercore: Peer = { name: "hypercore", packages: ["hypercore@10.38.2"], run };
