/**
 * Runs the peers one after the other, each in a process of its own. Their npm packages are no
 * dependencies of ours: they are installed into a temporary folder, once.
 */
import { execFile, fork } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Bench } from "../bench.js";
import { mind } from "../processes.js";
import { peers } from "./all.js";
import type { Peer, PeerResult } from "./peer.js";
import type { PeerJob, PeerMessage } from "./peer-process.js";

const peerProgram = fileURLToPath(new URL("./peer-process.js", import.meta.url));
/** Where the npm packages of peers are installed. */
export const peerPackages = join(tmpdir(), "stemedb-bench-packages");
const installMsMax = 180_000;

export type PeerOutcome = { readonly name: string } & (
  | { readonly result: PeerResult }
  | { readonly skipped: string }
);

/** A package that cannot be installed is missing when its peer looks for it. */
export async function installPackages(names: readonly string[]): Promise<void> {
  mkdirSync(peerPackages, { recursive: true });
  const manifest = join(peerPackages, "package.json");
  if (!existsSync(manifest)) writeFileSync(manifest, '{"private":true}\n');
  const bare = (name: string) => name.replace(/(.)@.*$/, "$1");
  const missing = names.filter(
    (name) => !existsSync(join(peerPackages, "node_modules", bare(name))),
  );
  for (const name of missing) {
    const args = ["install", "--prefix", peerPackages, "--no-audit", "--no-fund", name];
    const options = { timeout: installMsMax, cwd: peerPackages };
    await promisify(execFile)("npm", args, options).catch(() => undefined);
  }
}

async function runPeer(bench: Bench, peer: Peer, place: number): Promise<PeerOutcome> {
  const { name } = peer;
  const directory = bench.directory();
  const stdio = ["ignore", "inherit", "inherit", "ipc"] as const;
  const child = mind(fork(peerProgram, [], { stdio: [...stdio] }));
  let answer: PeerMessage | undefined;
  child.on("message", (message: PeerMessage) => {
    answer = message;
  });
  const { seconds, warmUpSeconds } = bench.scale;
  child.send({
    place,
    directory,
    packages: peerPackages,
    seconds,
    warmUpSeconds,
  } satisfies PeerJob);
  const [code] = (await once(child, "close")) as [number | null];
  bench.remove(directory);
  if (answer === undefined) return { name, skipped: `its process ended with ${code}` };
  if (answer.kind === "measured") return { name, result: answer.result };
  return { name, skipped: answer.message };
}

export async function runPeers(
  bench: Bench,
  onOutcome: (outcome: PeerOutcome) => void,
): Promise<readonly PeerOutcome[]> {
  await installPackages(peers.flatMap((peer) => peer.packages));
  const outcomes: PeerOutcome[] = [];
  for (const [place, peer] of peers.entries()) {
    const outcome = await runPeer(bench, peer, place);
    outcomes.push(outcome);
    onOutcome(outcome);
  }
  return outcomes;
}
