/** One peer, in a process of its own: takes a job over IPC, answers with what it measured. */
import { randomBytes } from "node:crypto";
import { EntryMaker } from "../../../cli/load/entries.js";
import { KeyPair } from "../../../src/client/index.js";
import { entryBytes } from "../bench.js";
import { peerAt } from "./all.js";
import { Missing, type PeerResult } from "./peer.js";

export interface PeerJob {
  readonly place: number;
  readonly directory: string;
  readonly packages: string;
  readonly seconds: number;
  readonly warmUpSeconds: number;
}

export type PeerMessage =
  | { readonly kind: "measured"; readonly result: PeerResult }
  | { readonly kind: "missing" | "failed"; readonly message: string };

async function run(job: PeerJob): Promise<PeerMessage> {
  const maker = new EntryMaker(KeyPair.generate().publicKey, randomBytes(8), entryBytes);
  const entry = () => Buffer.from(maker.make().buffer);
  try {
    return { kind: "measured", result: await peerAt(job.place).run({ ...job, entry }) };
  } catch (error) {
    const kind = error instanceof Missing ? "missing" : "failed";
    return { kind, message: error instanceof Error ? error.message : String(error) };
  }
}

process.once("disconnect", () => process.exit(1)); // nobody asks any more
process.once("message", async (job: PeerJob) => {
  const message = await run(job);
  process.send?.(message, () => process.exit());
});
