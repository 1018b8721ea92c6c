/** `bench append`, `bench subscribe`: how fast a node is, from where you stand. */
import { parseBytes, parseDurationMs } from "../../src/config/index.js";
import type { Arguments } from "../arguments.js";
import { type Command, EXIT_FINE, type FlagFacts, type Surroundings } from "../command.js";
import { connectionFlags, type Target, targetOf, withClient } from "../connection.js";
import type { AppendLoad, AppendResult } from "../load/append.js";
import type { LatencySummary } from "../load/latency.js";
import { parsePoint } from "../offset.js";
import { grouped, tableText } from "../output.js";
import { extentAt, startAt } from "../place.js";
import { Progress } from "../progress.js";
import { Usage } from "../usage.js";

const MiB = 1024 * 1024;

const loadFlags: readonly FlagFacts[] = [
  { name: "clients", value: "COUNT", preset: "1", doc: "Clients, each with its own connection." },
  { name: "batch", value: "ENTRIES", preset: "256", doc: "Entries under one signature." },
  { name: "message", value: "BATCHES", preset: "1", doc: "Batches in one message." },
  { name: "window", value: "BATCHES", preset: "8", doc: "Most batches in flight per client." },
  { name: "seconds", value: "DURATION", preset: "5s", doc: "How long to measure." },
  { name: "warm-up", value: "DURATION", preset: "1s", doc: "Not measured, before that." },
  { name: "entry-bytes", value: "BYTES", preset: "250", doc: "Size of an entry." },
  {
    name: "prepare-memory",
    value: "SIZE",
    preset: "256MiB",
    doc: "For batches signed beforehand.",
  },
];

const rateDoc =
  "Open loop: so many entries per second, all clients together; latency counts from when a " +
  "message was due.";

function secondsOf(given: Arguments, flag: string, preset: string): number {
  const text = given.one(flag) ?? preset;
  const bare = /^\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;
  const seconds = bare ?? (parseDurationMs(text) ?? Number.NaN) / 1000;
  if (seconds >= 0 && seconds <= 86_400) return seconds;
  throw new Usage(`--${flag} is ${text}, and must be a duration such as 5s, up to 24h`);
}

/** Throws `Usage`. */
function appendLoadOf(given: Arguments, target: Target): AppendLoad {
  const batchEntries = given.count("batch", 256, 1, 4096);
  const messageBatches = given.count("message", 1, 1, 1024);
  const windowBatches = given.count("window", Math.max(8, messageBatches), 1, 1024);
  const entryBytes = given.count("entry-bytes", 250, 1, 32_000);
  const memory = given.one("prepare-memory") ?? "256MiB";
  const preparedBytesMax = parseBytes(memory);
  if (preparedBytesMax === undefined || preparedBytesMax < 0) {
    throw new Usage(`--prepare-memory is ${memory}, and must be a size such as 256MiB`);
  }
  if (windowBatches < messageBatches) {
    throw new Usage(`--window is ${windowBatches}, and must hold a message of ${messageBatches}`);
  }
  const bytes = messageBatches * batchEntries * entryBytes;
  if (batchEntries * entryBytes > MiB || bytes > 2 * MiB - 64 * 1024) {
    throw new Usage("a batch holds at most 1 MiB of entries, and a message 2 MiB: make them less");
  }
  return {
    address: target.address,
    clients: given.count("clients", 1, 1, 1024),
    batchEntries,
    messageBatches,
    windowBatches,
    seconds: Math.max(0.1, secondsOf(given, "seconds", "5s")),
    warmUpSeconds: secondsOf(given, "warm-up", "1s"),
    entryBytes,
    preparedBytesMax,
    ...(given.has("rate") ? { entriesPerSecond: given.count("rate", 0, 1, 100_000_000) } : {}),
  };
}

const latencyJson = (latency: LatencySummary) => ({
  p50: latency.p50,
  p99: latency.p99,
  "p99.9": latency.p999,
  max: latency.max,
});

const latencyText = ({ p50, p99, p999, max }: LatencySummary): string =>
  `p50 ${p50} ms, p99 ${p99} ms, p99.9 ${p999} ms, max ${max} ms`;

const appendJson = (result: AppendResult) => ({
  entries: result.entries,
  batches: result.batches,
  refused: result.refused,
  seconds: Number(result.seconds.toFixed(3)),
  entries_per_second: Math.round(result.entriesPerSecond),
  entry_bytes_per_second: Math.round(result.entryBytesPerSecond),
  signed_during: result.signedDuring,
  latency_ms: latencyJson(result.latencyMs),
});

function appendText(result: AppendResult): string[][] {
  const rate = `${grouped(result.entriesPerSecond)} durable entries/s`;
  const bytes = `${(result.entryBytesPerSecond / MiB).toFixed(1)} MiB/s of entries`;
  return [
    ["rate", `${rate}, ${bytes}`],
    ["receipts", latencyText(result.latencyMs)],
    ["in all", `${grouped(result.entries)} entries in ${grouped(result.batches)} batches`],
    ...(result.refused === 0 ? [] : [["refused", `${grouped(result.refused)} batches`]]),
    ...(result.signedDuring === 0
      ? []
      : [["note", `${grouped(result.signedDuring)} batches were signed during the run`]]),
  ];
}

function measured({ output, stop, nowMs }: Surroundings, load: AppendLoad) {
  const progress = new Progress(output, { label: "appending", unit: "entries", nowMs });
  const onProgress = (entries: number, share: number) => progress.update(entries, share);
  return { progress, load: { ...load, signal: stop, onProgress } };
}

export const benchAppendCommand: Command = {
  name: "bench append",
  group: "node",
  summary: "Measure how fast a node takes claims",
  description: [
    "Writes claims under load/key/, signed by keys made for the run, and measures until their " +
      "receipts, which come when they are on disk. They stay in the log: use a node that is " +
      "there to be measured.",
  ],
  flags: [...loadFlags, { name: "rate", value: "ENTRIES", doc: rateDoc }, ...connectionFlags],
  examples: [
    { doc: "As fast as it goes", line: "bench append" },
    { doc: "Many small clients", line: "bench append --clients 16 --batch 64 --window 4" },
    { doc: "Latency at a fixed rate", line: "bench append --rate 100000 --seconds 30s" },
    { doc: "One entry at a time", line: "bench append --batch 1 --window 1" },
  ],
  json: "bench append",
  async run(surroundings, given) {
    const target = targetOf(given, surroundings.environment);
    const load = appendLoadOf(given, target);
    await withClient(target, async () => {}); // no node: say so before anything is signed
    const { runAppendLoad } = await import("../load/append.js");
    const run = measured(surroundings, load);
    const result = await runAppendLoad(run.load).finally(() => run.progress.clear());
    await surroundings.output.result(appendJson(result), () => tableText(appendText(result)));
    return EXIT_FINE;
  },
};

export const benchSubscribeCommand: Command = {
  name: "bench subscribe",
  group: "node",
  summary: "Measure how fast subscribers catch up, or how soon they hear of what is new",
  description: [
    "Without --rate, subscribers replay the log from --from to its end. With --rate, claims are " +
      "appended at that rate meanwhile, as by `steme bench append`, and the time from a receipt " +
      "to the delivery at each subscriber is measured.",
  ],
  flags: [
    { name: "subscribers", value: "COUNT", preset: "1", doc: "Each with its own connection." },
    { name: "from", value: "OFFSET", preset: "start", doc: "Where catching up begins." },
    { name: "rate", value: "ENTRIES", doc: `Measure live delivery. ${rateDoc}` },
    ...loadFlags,
    ...connectionFlags,
  ],
  examples: [
    { doc: "Replay the whole log", line: "bench subscribe" },
    { doc: "Delivery at 20,000 entries a second", line: "bench subscribe --rate 20000 --batch 64" },
  ],
  json: "bench subscribe",
  async run(surroundings, given) {
    const target = targetOf(given, surroundings.environment);
    const subscribers = given.count("subscribers", 1, 1, 1024);
    const load = appendLoadOf(given, target);
    const { entriesPerSecond } = load;
    if (entriesPerSecond === undefined) await catchUp(surroundings, given, target, subscribers);
    else await live(surroundings, { ...load, entriesPerSecond }, target, subscribers);
    return EXIT_FINE;
  },
};

async function catchUp(
  { output, stop, nowMs }: Surroundings,
  given: Arguments,
  target: Target,
  subscribers: number,
): Promise<void> {
  const { address } = target;
  const offset = parsePoint(given.one("from") ?? "start", nowMs(), "--from");
  const extent = await withClient(target, (client) => extentAt(client, offset));
  const { runCatchUpLoad } = await import("../load/subscribe.js");
  const progress = new Progress(output, { label: "receiving", unit: "entries", nowMs });
  const whole = Math.max(1, (extent.end - extent.start) * subscribers);
  const result = await runCatchUpLoad({
    address,
    subscribers,
    start: startAt(extent),
    signal: stop,
    onProgress: (entries) => progress.update(entries, entries / whole),
  }).finally(() => progress.clear());
  const json = {
    subscribers,
    entries: result.entries,
    seconds: Number(result.seconds.toFixed(3)),
    entries_per_second: Math.round(result.entriesPerSecond),
    entry_bytes_per_second: Math.round(result.entryBytesPerSecond),
  };
  await output.result(json, () => {
    const mib = (result.entryBytesPerSecond / MiB).toFixed(1);
    const rate = `${grouped(result.entriesPerSecond)} entries/s, ${mib} MiB/s of entries`;
    return `${rate}; ${grouped(result.entries)} entries in ${result.seconds.toFixed(2)} s`;
  });
}

async function live(
  surroundings: Surroundings,
  load: AppendLoad & { readonly entriesPerSecond: number },
  target: Target,
  subscribers: number,
): Promise<void> {
  await withClient(target, async () => {});
  const { runLiveLoad } = await import("../load/subscribe.js");
  const run = measured(surroundings, load);
  const append = { ...run.load, entriesPerSecond: load.entriesPerSecond };
  const result = await runLiveLoad({ subscribers, append }).finally(() => run.progress.clear());
  const json = {
    subscribers,
    deliveries: result.deliveries,
    delivery_ms: latencyJson(result.deliveryMs),
    append: appendJson(result.append),
  };
  await surroundings.output.result(json, () =>
    tableText([
      ["delivery", `${latencyText(result.deliveryMs)}, behind the receipt`],
      ...appendText(result.append),
    ]),
  );
}
