/** The same questions on the same data in PostgreSQL: rows that have nothing to reach. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Bench, Measured, RowPlan } from "../bench.js";
import { installPackages, peerPackages } from "../peers/run-peers.js";
import { mind } from "../processes.js";
import type { PostgresAnswers, PostgresJob, PostgresMessage } from "./postgres-load.js";

const program = fileURLToPath(new URL("./postgres-load.js", import.meta.url));

async function measure(bench: Bench): Promise<PostgresMessage> {
  await installPackages(["pg", "pg-copy-streams"]);
  const directory = bench.directory();
  const child = mind(fork(program, [], { stdio: ["ignore", "inherit", "inherit", "ipc"] }));
  let message: PostgresMessage | undefined;
  child.on("message", (said: PostgresMessage) => {
    message = said;
  });
  const { seconds, warmUpSeconds } = bench.scale;
  const job = { directory, packages: peerPackages, seconds, warmUpSeconds };
  child.send(job satisfies PostgresJob);
  const [code] = (await once(child, "close")) as [number | null];
  bench.remove(directory);
  return message ?? { kind: "failed", message: `its process ended with ${code}` };
}

const measured = new WeakMap<Bench, Promise<PostgresMessage>>();

/** Measured once for all rows. */
function answersOf(bench: Bench): Promise<PostgresMessage> {
  const known = measured.get(bench) ?? measure(bench);
  measured.set(bench, known);
  return known;
}

const row = (
  name: string,
  what: string,
  pick: (answers: PostgresAnswers) => Measured,
): RowPlan => ({
  name,
  what: `PostgreSQL: ${what}`,
  must: {},
  aim: {},
  run: async (bench) => {
    const message = await answersOf(bench);
    if (message.kind === "measured") return pick(message.answers);
    return { figures: {}, note: `skipped: ${message.message}` };
  },
});

export const postgresRows: readonly RowPlan[] = [
  row("pg-load", "COPY of the demo's claims into a table with its index", (answers) => ({
    figures: answers.loading,
    note: `${answers.version}; batches of 512, one connection; fsync on`,
  })),
  row("pg-trigger", "the same, with a trigger that keeps the winners", (answers) => ({
    figures: answers.loadingWithTrigger,
    note: `${answers.different} kept winners differ from what the query finds`,
  })),
  row("pg-size", "bytes per claim, table and indexes", ({ bytesPerClaim }) => ({
    figures: { bytesPerEntry: bytesPerClaim },
  })),
  row("pg-consensus-1", "consensus by window functions, one caller", ({ consensus }) => ({
    figures: consensus,
  })),
  row("pg-consensus-16", "the same, 16 callers", ({ consensusBy16 }) => ({
    figures: consensusBy16,
  })),
  row("pg-winner-1", "a kept winner, one caller", ({ winner }) => ({ figures: winner })),
  row("pg-winner-16", "the same, 16 callers", ({ winnerBy16 }) => ({ figures: winnerBy16 })),
];
