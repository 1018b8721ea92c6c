/** NATS JetStream with file storage; synced with each message where the server knows how to. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { rowOf } from "./closed-loop.js";
import type { Peer, PeerContext, PeerResult } from "./peer.js";
import {
  freePort,
  packageOf,
  packageVersion,
  printed,
  programPath,
  withServer,
} from "./program.js";

interface Connection {
  jetstream(): { publish(subject: string, payload: Uint8Array): Promise<unknown> };
  jetstreamManager(): Promise<{ streams: { add(config: object): Promise<unknown> } }>;
  close(): Promise<void>;
}
interface NatsPackage {
  connect(options: { servers: string }): Promise<Connection>;
}

/** `sync_interval: always` came with 2.10. */
function syncsAlways(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > 2 || (major === 2 && minor >= 10);
}

async function run(context: PeerContext): Promise<PeerResult> {
  const { packages, directory } = context;
  const server = programPath("nats-server");
  const nats = packageOf<NatsPackage>(packages, "nats");
  const version = /v([\d.]+)/.exec(printed(server, ["--version"]))?.[1] ?? "";
  const isDurable = syncsAlways(version);
  const port = await freePort();
  const file = join(directory, "nats.conf");
  const store = `store_dir: "${directory}/store"\n  max_file_store: 60GB`;
  const sync = isDurable ? "\n  sync_interval: always" : "";
  writeFileSync(file, `listen: "127.0.0.1:${port}"\njetstream {\n  ${store}${sync}\n}\n`);
  return withServer(server, ["-c", file], port, {}, async () => {
    const connection = await nats.connect({ servers: `127.0.0.1:${port}` });
    const manager = await connection.jetstreamManager();
    await manager.streams.add({ name: "entries", subjects: ["entries"], storage: "file" });
    const stream = connection.jetstream();
    const publish = (entries: readonly Buffer[]) =>
      Promise.all(entries.map((entry) => stream.publish("entries", entry)));
    const how = `publish, nats ${packageVersion(packages, "nats")}`;
    const rows = [
      await rowOf(context, `${how}, awaited 256 at a time`, "batches", publish),
      await rowOf(context, how, "singles", publish),
      await rowOf(context, how, "window-1", publish),
    ];
    await connection.close();
    const durability = isDurable
      ? "durable: sync_interval always"
      : "not durable when acknowledged: synced every 2 minutes (always needs 2.10)";
    return { version, durability, rows };
  });
}

export const nats: Peer = { name: "NATS JetStream, file", packages: ["nats"], run };
