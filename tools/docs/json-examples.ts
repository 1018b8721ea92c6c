/**
 * One example of everything that `--json` prints and `import` reads. docs/reference/json.md shows
 * them; test/integration/cli-json.test.ts runs the commands and compares the shapes.
 */
import { answerExamples } from "./answer-examples.js";

export interface JsonExample {
  /** As in `CommandFacts.json`. */
  readonly name: string;
  readonly doc: string;
  readonly command: string;
  readonly value: unknown;
}

const logId = "0f8270423a23484e6c9321ef155a31a024c9693f6b6e0036b6080d773b723050";
const entryId = "00ede1a052848b7d2ad8b1ad17d680ecc18cedd23efc9ac916a946a16a30284d";
const otherId = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
const author = "0ffa1c47cbafaba9d3282758b79e48ee512c6f5ed5cdea3b5c4ffc4310a69e5d";
const clusterId = "264230572b0a925bc704b5e769e2aaae";

const assertion = {
  author,
  salt: "1feb38840bc6fecd5dc328fae7a26494",
  concept_path: "web/feature/grid/chrome",
  predicate: "supported_since",
  value: { kind: "version", version: "57", bound: "exact" },
  polarity: "affirms",
  confidence: 1,
  source: { id: "caniuse", class: "community" },
  asserted_at: "2026-01-01T00:00:00Z",
  lifecycle: "proposed",
};

const record = {
  id: entryId,
  log_id: logId,
  index: 7,
  hybrid_time: "117667463237926912",
  recorded_at: "2026-11-23T19:43:21.067Z",
  entry: assertion,
};

const latency = { p50: 4.92, p99: 11.36, "p99.9": 14.08, max: 14.6 };

const appendLoad = {
  entries: 1865216,
  batches: 7286,
  refused: 0,
  seconds: 5.001,
  entries_per_second: 372969,
  entry_bytes_per_second: 93242151,
  signed_during: 0,
  latency_ms: latency,
};

/** Records that `import` takes, each on a line of its own. */
export const recordExamples: readonly (readonly [doc: string, record: unknown])[] = [
  [
    "The least that an assertion says. It affirms, is proposed, with confidence 1, from a " +
      "community source.",
    {
      concept_path: "lake/zurich/surface",
      predicate: "temperature",
      value: 18.4,
      source: { id: "sensor/7" },
      asserted_at: "2026-06-01T12:00:00Z",
    },
  ],
  [
    "Everything that one can say.",
    {
      on_behalf_of: "ann",
      concept_path: "lake/zurich/surface",
      predicate: "temperature",
      value: { kind: "number", number: 18.4, unit: "Cel", bound: "at_least" },
      polarity: "denies",
      confidence: 0.9,
      source: {
        id: "sensor/7",
        version: "2",
        hash: "9f86d081884c7d659a2feaa0c55ad015",
        class: "observational",
        uri: "https://lake.example/sensor/7",
        locator: "line 12",
        derived_from: ["sensor/6"],
      },
      asserted_at: "2026-06-01T12:00:00.250Z",
      valid_from: "2026-06-01T00:00:00Z",
      valid_until: "2026-06-02T00:00:00Z",
      lifecycle: "approved",
      epoch: "2026",
      parent: entryId,
      labels: { station: "north" },
      vector: [0.25, -1.5],
      visual_hash: "ff00",
    },
  ],
  [
    'Values: `true`, `12`, `18.4` and `"text"` as they are, everything else with its kind.',
    {
      concept_path: "web/feature/grid/chrome",
      predicate: "supported_since",
      value: { kind: "version", version: "57" },
      source: { id: "caniuse" },
      asserted_at: "2026-01-01T00:00:00Z",
    },
  ],
  [
    "Any other body stands under its name.",
    { retraction: { target: entryId, path: "web/feature/grid/chrome", reason: "misread" } },
  ],
  [
    "A curator says what a predicate is like: `cardinality` is `one` or `many`, `comparator` " +
      "`exact`, `version` or `step` (with a `step`).",
    {
      predicate_record: {
        prefix: "lake",
        predicate: "temperature",
        cardinality: "one",
        comparator: "step",
        step: 0.5,
        unit: "Cel",
      },
    },
  ],
  [
    "That a path means another concept.",
    { alias: { path: "lake/zuerich/surface", canonical: "lake/zurich/surface" } },
  ],
  ["That an epoch takes the place of another one.", { epoch: { name: "2", supersedes: "1" } }],
  [
    "How a claim turned out, `right` or `wrong`: its voice is trusted more or less.",
    { trust_outcome: { target: entryId, path: "web/feature/grid/chrome", outcome: "wrong" } },
  ],
  [
    "That a claim takes the place of another one; its author may say that, too.",
    { supersession: { old: entryId, new: otherId, path: "web/feature/grid/chrome" } },
  ],
  [
    "What a source is; anybody may say that.",
    {
      source_record: {
        id: "caniuse",
        version: "1.0.30001826",
        title: "Can I use",
        class: "community",
        uri: "https://caniuse.com",
      },
    },
  ],
  [
    "Weights and confidences are decimals with six places at most.",
    { vote: { target: entryId, path: "web/feature/grid/chrome", weight: -0.5 } },
  ],
  [
    "A line that `steme read --json` printed is taken back, with the same id, from its own author.",
    record,
  ],
];

export const jsonExamples: readonly JsonExample[] = [
  {
    name: "record",
    doc:
      "An entry: where it stands, and what it says. `tail` and `read` print one per line. " +
      "`first` (`log_id`, `index`) is there where the id stood in the log before, `hole` " +
      "(`redacted` or `pruned`) instead of `entry` where the bytes are gone.",
    command: "steme read --from -1 --json",
    value: record,
  },
  {
    name: "get",
    doc: "A record, and the batch that it was signed in; `null` for entries of the log's own key.",
    command: `steme get ${entryId} --json`,
    value: {
      ...record,
      batch: {
        author,
        writer: "b335ac705b079a631cab7d5350e6cc83",
        sequence: 1,
        first_index: 7,
        count: 1,
        signature:
          "af65d23bad38150e1b10504482e31841c527ca5ca94b866691e05f285940da4f" +
          "fc061f775c8d4b2326e6579fe5048667cc03ea18a3316ea28cbbae1a27377b03",
      },
    },
  },
  {
    name: "assert",
    doc: "The receipt. `existed` is true where a retry found it appended before.",
    command: "steme assert web/feature/grid/chrome supported_since 57 --type version --json",
    value: {
      id: entryId,
      log_id: logId,
      index: 7,
      hybrid_time: "117667463237926912",
      recorded_at: "2026-11-23T19:43:21.067Z",
      level: "durable",
      existed: false,
    },
  },
  {
    name: "import",
    doc:
      "Counts, at the end. `complete` is false where the import was ended before its last " +
      "record. Each refused record is an error on standard error, with `file` and `line` in its " +
      "detail.",
    command: "steme import claims.jsonl --json",
    value: {
      appended: 100000,
      existed: 0,
      refused: 0,
      complete: true,
      seconds: 1.94,
      entries_per_second: 51546,
    },
  },
  ...answerExamples,
  {
    name: "status",
    doc:
      "`status` is `healthy`, `degraded` or `unhealthy` (exit code 10), and `detail` says why. " +
      "Keys that a node does not have are `null`.",
    command: "steme status --json",
    value: {
      status: "healthy",
      detail: "",
      appends_accepted: true,
      address: "127.0.0.1:18184",
      version: "0.1.0",
      runtime: "Node.js v20.20.2",
      uptime_ms: 5120,
      cluster_id: clusterId,
      log_id: logId,
      log_key: "353684d9ec0398f4869b42690825af22fd156d38b976aa3f1a614cf0fc3db23b",
      size: 8,
      root: "16e3c04fbd676311143b78b4256225895eb2ae33100caa702cd1a5b81b9cb51e",
      hybrid_time: "117667463237926912",
      recorded_at: "2026-11-23T19:43:21.067Z",
      segment_count: 1,
      segment_bytes: 67108864,
      appended: 2,
      refused: 0,
      append_calls: 0,
      subscriptions: 0,
      gateway_key: "a5b30958060316471a2c0e6a1f1d3f6e1b2c3d4e5f60718293a4b5c6d7e8f901",
      first_administrator: "90d415f8f987c32402088c61bad612dd9cff259bed653345eb3ba9cc4cca1090",
      limits: {
        entry_bytes_max: 65535,
        batch_entries_max: 4096,
        batch_bytes_max: 1048576,
        message_bytes_max: 2097152,
      },
    },
  },
  {
    name: "serve",
    doc: "Printed once, when the node serves. Log lines go to standard error.",
    command: "steme serve --json",
    value: {
      data_dir: "./data",
      grpc_address: "127.0.0.1:18184",
      http_address: "127.0.0.1:18180",
    },
  },
  {
    name: "bench append",
    doc:
      "`latency_ms` is the time to a receipt. `signed_during` counts batches that were not " +
      "signed beforehand.",
    command: "steme bench append --json",
    value: appendLoad,
  },
  {
    name: "bench subscribe",
    doc: "Of all subscribers together.",
    command: "steme bench subscribe --json",
    value: {
      subscribers: 1,
      entries: 254961,
      seconds: 0.43,
      entries_per_second: 592932,
      entry_bytes_per_second: 112657080,
    },
  },
  {
    name: "bench subscribe --rate",
    doc: "`delivery_ms` is the time from a batch's receipt to its delivery at a subscriber.",
    command: "steme bench subscribe --rate 20000 --batch 64 --json",
    value: { subscribers: 1, deliveries: 1562, delivery_ms: latency, append: appendLoad },
  },
  {
    name: "keys",
    doc: "`keys generate` and `keys show`.",
    command: "steme keys show --json",
    value: { public_key: author, file: "/home/ann/.config/stemedb/key" },
  },
  {
    name: "grants list",
    doc:
      "One grant or revocation per line. A grant has a `role` or a `class_ceiling`; a revocation " +
      "has `since` and `reason` in their place. `effective`: its author might say it.",
    command: "steme grants list --json",
    value: {
      id: entryId,
      log_id: logId,
      index: 2,
      recorded_at: "2026-11-23T19:43:21.067Z",
      author: "90d415f8f987c32402088c61bad612dd9cff259bed653345eb3ba9cc4cca1090",
      effective: true,
      kind: "grant",
      key: author,
      role: "gateway",
      class_ceiling: null,
      prefix: null,
      note: "the gateway of the founding node",
      revoked_since: null,
    },
  },
  {
    name: "grants add",
    doc: "`grants add` and `grants revoke`: the receipt, and the key that it is about.",
    command: `steme grants add ${author} --role curator --key administrator.key --json`,
    value: {
      id: entryId,
      log_id: logId,
      index: 8,
      hybrid_time: "117667463237926912",
      recorded_at: "2026-11-23T19:43:21.067Z",
      level: "durable",
      existed: false,
      key: author,
    },
  },
  {
    name: "config show",
    doc: "One object per setting; here the first two.",
    command: "steme config show --data-dir /data --json",
    value: {
      settings: [
        {
          key: "data_dir",
          value: "/data",
          text: "/data",
          layer: "flag",
          from: "--data-dir",
          environment: "STEMEDB_DATA_DIR",
        },
        {
          key: "grpc.address",
          value: "127.0.0.1:18184",
          text: "127.0.0.1:18184",
          layer: "preset",
          from: "preset",
          environment: "STEMEDB_GRPC_ADDRESS",
        },
      ],
    },
  },
  {
    name: "help",
    doc: "The commands (all, or the one asked for), as data.",
    command: "steme help keys show --json",
    value: {
      commands: [
        {
          name: "keys show",
          summary: "Print your public key, the name that others know you by",
          usage: "steme keys show [flags]",
          flags: [{ name: "key", value: "FILE", doc: "File of the key that signs." }],
          examples: [{ doc: "Your key as JSON", line: "steme keys show --json" }],
        },
      ],
      exit_codes: { "0": "done", "1": "…", "2": "…", "10": "…" },
    },
  },
  {
    name: "version",
    doc: "Of StemeDB and of Node.js.",
    command: "steme --version --json",
    value: { version: "0.1.0", runtime: "v20.20.2" },
  },
  {
    name: "error",
    doc:
      "On standard error, one line each. `code` is one of [faults.md](faults.md); `detail` holds " +
      "facts, and which ones depends on the code.",
    command: "steme get 999 --json",
    value: {
      error: {
        code: "NOT_FOUND",
        message: "the position lies behind the end of the log",
        detail: { index: 8 },
      },
    },
  },
];
