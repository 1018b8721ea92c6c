/** Redis streams, synced with every turn of its loop: the Node client, and redis-benchmark. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { rowOf } from "./closed-loop.js";
import type { Peer, PeerContext, PeerResult, PeerRow } from "./peer.js";
import {
  freePort,
  packageOf,
  packageVersion,
  printed,
  programPath,
  withServer,
} from "./program.js";

interface Pipeline {
  xadd(...args: readonly unknown[]): void;
  exec(): Promise<unknown>;
}
interface Client {
  xadd(...args: readonly unknown[]): Promise<unknown>;
  pipeline(): Pipeline;
  disconnect(): void;
}
type RedisPackage = new (port: number, host: string) => Client;

const stream = "entries";
const benchmarkCount = 300_000;

/** redis-benchmark sends the same bytes again and again: it takes no others. */
async function benchmark(program: string, port: number, entry: Buffer): Promise<PeerRow> {
  const value = entry.toString("latin1").replaceAll(/[^a-z0-9]/g, "x");
  const shape = ["-c", "16", "-P", "64", "-n", String(benchmarkCount), "--csv"];
  const command = ["XADD", stream, "*", "e", value];
  const { stdout } = await promisify(execFile)(program, ["-p", String(port), ...shape, ...command]);
  const [names = "", values = ""] = stdout.trim().split("\n").slice(-2);
  const cell = (name: string): number => {
    const place = names.split(",").findIndex((title) => title.includes(name));
    return Number((values.split('","')[place] ?? "").replaceAll('"', ""));
  };
  return {
    how: "XADD, redis-benchmark: 16 connections, 64 in flight each, one text again and again",
    mode: "own",
    figures: {
      entriesPerSecond: cell("rps"),
      p50: cell("p50_latency_ms"),
      p99: cell("p99_latency_ms"),
    },
  };
}

async function run(context: PeerContext): Promise<PeerResult> {
  const { packages, directory } = context;
  const server = programPath("redis-server");
  const tool = programPath("redis-benchmark");
  const Redis = packageOf<RedisPackage>(packages, "ioredis");
  const port = await freePort();
  const place = ["--port", String(port), "--bind", "127.0.0.1", "--dir", directory];
  const sync = ["--appendonly", "yes", "--appendfsync", "always", "--save", ""];
  return withServer(server, [...place, ...sync], port, {}, async () => {
    const client = new Redis(port, "127.0.0.1");
    const one = (entries: readonly Buffer[]) => client.xadd(stream, "*", "e", entries[0]);
    const many = (entries: readonly Buffer[]) => {
      const pipeline = client.pipeline();
      for (const entry of entries) pipeline.xadd(stream, "*", "e", entry);
      return pipeline.exec();
    };
    const how = `ioredis ${packageVersion(packages, "ioredis")}`;
    const rows = [
      await rowOf(context, `XADD, pipelines of 256, ${how}`, "batches", many),
      await benchmark(tool, port, context.entry()),
      await rowOf(context, `XADD, ${how}`, "singles", one),
      await rowOf(context, `XADD, ${how}`, "window-1", one),
    ];
    client.disconnect();
    const durability = "durable: appendfsync always";
    const version = /v=([\d.]+)/.exec(printed(server, ["--version"]))?.[1] ?? "";
    return { version, durability, rows };
  });
}

export const redis: Peer = { name: "Redis streams", packages: ["ioredis"], run };
