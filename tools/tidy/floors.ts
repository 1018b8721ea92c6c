/**
 * Who may import whom: the one table. `tidy` enforces it and docs/ARCHITECTURE.md prints it.
 *
 * Every import falls to a strictly lower floor, so a cycle between folders cannot be written. Where
 * a lower floor needs something from above, it owns the interface, and server.ts hands in the
 * concrete. Folders that are not made yet stand here already: their place is part of the design.
 */

/** From the ground up. Folders below src/, but for cli; `server` is server.ts and its folder. */
const floors: readonly (readonly string[])[] = [
  ["invariant", "wire"],
  ["model"],
  ["host", "observability", "entry"],
  ["crypto", "lmdb"],
  ["merkle", "lens", "membership"],
  ["wal", "views", "state", "client"],
  ["projection", "archive", "id-index"],
  ["ingest", "subscription", "query"],
  ["replication", "cluster"],
  ["rpc", "http"],
  ["config"],
  ["server"],
  ["cli"],
];

/** Folders of src/ that may see the types generated from proto/. */
export const wireReaders: readonly string[] = ["entry", "client", "replication", "rpc"];

/** Modules that stand behind one interface each: where they may be named at all. */
export const moduleHomes: Readonly<Record<string, readonly string[]>> = {
  "sodium-native": ["src/crypto/"],
  "lz4-napi": ["src/wal/"],
  "node-lmdb": ["src/lmdb/"],
  pino: ["src/observability/"],
  "prom-client": ["src/observability/"],
  fastify: ["src/http/"],
  "@fastify/swagger": ["src/http/"],
  "@fastify/compress": ["src/http/"],
  "smol-toml": ["src/config/"],
  rxjs: ["src/projection/", "src/client/"],
  "@grpc/grpc-js": ["src/rpc/", "src/client/"],
  "@grpc/proto-loader": ["src/rpc/"],
  "@grpc/reflection": ["src/rpc/"],
  "grpc-health-check": ["src/rpc/", "src/client/"],
  "node:net": ["src/host/", "src/rpc/", "src/http/", "src/client/"],
  "node:http2": ["src/host/", "src/rpc/", "src/client/"],
  "node:dgram": ["src/host/"],
  "node:child_process": ["src/host/"],
};

/** Modules that are compiled for a machine. Outside src/ they are as unwelcome as inside. */
export const nativeModules: readonly string[] = ["sodium-native", "lz4-napi", "node-lmdb"];

/** `src/wal/block.ts` → `wal`, `src/server.ts` → `server`, `cli/main.ts` → `cli`. */
export function folderOf(path: string): string | undefined {
  const [top, second] = path.split("/");
  if (top === "cli") return "cli";
  return top === "src" ? second?.replace(/\.ts$/, "") : undefined;
}

/** 0 is the ground; `undefined` for a folder that has no place in the table. */
export function floorOf(folder: string): number | undefined {
  const floor = floors.findIndex((folders) => folders.includes(folder));
  return floor < 0 ? undefined : floor;
}

/** The table as Markdown. */
export function floorsTable(): string {
  const rows = floors.map((folders, floor) => `| ${floor} | ${folders.join(", ")} |`);
  return ["| floor | folders |", "|---|---|", ...rows].join("\n");
}
