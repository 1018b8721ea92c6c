/**
 * Every setting of a node, declared once.
 *
 * One declaration gives the file key, the environment name, the flag, the bounds, the type of the
 * option in `ServerOptions`, and the row in docs/reference/config.md. Nothing below config reads
 * this module: each part takes a plain options object, so that a test never needs a config file.
 */
import { batchBytesMax, blockPayloadBytesMax, messageBytesMax } from "../model/limits.js";
import type { Key } from "./key.js";

const KiB = 1024;
const MiB = 1024 * KiB;
const GiB = 1024 * MiB;
const second = 1000;
const minute = 60 * second;

export const keys = {
  data_dir: {
    unit: "path",
    preset: "./data",
    doc:
      "Directory of the log, the state and the keys of this node. An empty one is formatted; one " +
      "process at a time may use it.",
  },
  "grpc.address": {
    unit: "address",
    preset: "127.0.0.1:18184",
    doc: "Where the gRPC API listens. Port 0 lets the system choose.",
  },
  "grpc.calls_max": {
    unit: "count",
    preset: 1_024,
    min: 1,
    max: 65_536,
    doc: "Most calls that are open at a time; one more is answered OVERLOADED.",
  },
  "grpc.connections_max": {
    unit: "count",
    preset: 1_024,
    min: 1,
    max: 65_536,
    doc: "Most connections that are open at a time; one more is closed at once.",
  },
  "http.address": {
    unit: "address",
    preset: "127.0.0.1:18180",
    doc: "Where the HTTP API listens. Port 0 lets the system choose.",
  },
  "http.connections_max": {
    unit: "count",
    preset: 1_024,
    min: 1,
    max: 65_536,
    doc: "Most HTTP connections that are open at a time; one more is closed at once.",
  },
  "http.signatures": {
    unit: "choice",
    preset: "optional",
    choices: ["optional", "required"],
    doc:
      "`optional`: what comes over HTTP without its author's signature is signed with the node's " +
      "gateway key, on behalf of the caller. `required`: it is refused.",
  },
  "wal.segment_bytes_max": {
    unit: "bytes",
    preset: 64 * MiB,
    min: 2 * blockPayloadBytesMax,
    max: 1 * GiB,
    doc:
      "Size of a segment file of the log; the block that would not fit any more opens the next. " +
      "Larger: fewer files, and a longer start after a crash. Smaller: more files, and more " +
      "syncs of the directory.",
  },
  "wal.reserve_bytes": {
    unit: "bytes",
    preset: 256 * MiB,
    min: 0,
    max: 1024 * GiB,
    doc:
      "Appends are refused with DISK_FULL while the disk has less free room than this, so that " +
      "reads, the state and a clean stop still work on a full disk.",
  },
  "wal.cache_bytes_max": {
    unit: "bytes",
    preset: 32 * MiB,
    min: blockPayloadBytesMax,
    max: 16 * GiB,
    doc: "Memory for recently read or written blocks. Live subscribers are served from it.",
  },
  "wal.compression": {
    unit: "choice",
    preset: "lz4",
    choices: ["lz4", "none"],
    doc:
      "How the payload of a block is compressed, where that pays. `none` spends disk to save " +
      "about a tenth of the processor time of an append.",
  },
  "ingest.workers": {
    unit: "count",
    preset: 1,
    min: 0,
    max: 4,
    doc:
      "Threads that check, hash and verify what clients append. 0: the main thread does it. 1 is " +
      "best for batches; 2 pay where most batches have one entry, since signatures then dominate.",
  },
  "ingest.pending_bytes_max": {
    unit: "bytes",
    preset: 32 * MiB,
    min: 2 * messageBytesMax,
    max: 4 * GiB,
    doc: "Memory for appends that are not yet synced; beyond it clients are slowed down.",
  },
  "subscription.heartbeat_ms": {
    unit: "ms",
    preset: 10 * second,
    min: 100,
    max: 10 * minute,
    doc:
      "A subscription on which nothing was sent for this long gets a heartbeat, where the " +
      "subscriber names no interval of its own.",
  },
  "subscription.buffer_bytes_max": {
    unit: "bytes",
    preset: 4 * MiB,
    min: batchBytesMax,
    max: 256 * MiB,
    doc:
      "Memory for what one subscriber has not yet taken; a slower one is served from disk until " +
      "it has caught up.",
  },
  "views.mode": {
    unit: "choice",
    preset: "on",
    choices: ["on", "off"],
    doc:
      "`off`: no views are kept, and queries are refused with VIEWS_UNAVAILABLE; appends, reads " +
      "and subscriptions have the processor to themselves.",
  },
  "views.map_bytes_max": {
    unit: "bytes",
    preset: 64 * GiB,
    min: 64 * MiB,
    max: 16 * 1024 * GiB,
    doc:
      "Address space that is reserved for the views: the size that they cannot outgrow. It takes " +
      "no memory and no disk by itself. A smaller one is for machines that limit address space.",
  },
  "state.flush_ms": {
    unit: "ms",
    preset: 100,
    min: 10,
    max: 10 * second,
    doc:
      "How often the state directory is synced. Receipts do not wait for it: what is missing " +
      "there is replayed from the log at the next start.",
  },
  "shutdown.drain_ms": {
    unit: "ms",
    preset: 10 * second,
    min: 0,
    max: 10 * minute,
    doc: "How long a stopping node waits for open appends to be settled before it cuts calls off.",
  },
  "log.level": {
    unit: "choice",
    preset: "info",
    choices: ["debug", "info", "warn", "error", "silent"],
    doc: "The least serious lines that the node writes to standard error.",
  },
  "log.format": {
    unit: "choice",
    preset: "json",
    choices: ["json", "pretty"],
    doc: "`json`: one object per line, for machines. `pretty`: for people.",
  },
} as const satisfies Record<string, Key>;

export type KeyName = keyof typeof keys;

export const keyNames = Object.keys(keys) as readonly KeyName[];

/** The declaration of a key, widened: for code that treats all keys alike. */
export const keyOf = (name: KeyName): Key => keys[name];

/**
 * Names of the environment that are not settings of a node: they tell the commands where to look.
 */
export const commandEnvironment = {
  STEMEDB_CONFIG: "Config file of `serve` and `config show`, where `--config` is not given.",
  STEMEDB_ADDRESS: "Address of the node that commands talk to, where `--address` is not given.",
  STEMEDB_KEY: "Key file that `assert` and `import` sign with, where `--key` is not given.",
} as const satisfies Record<string, string>;
