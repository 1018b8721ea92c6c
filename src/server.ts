/**
 * The roof: the only place where the parts of a node meet. Start order, stop order, nothing else.
 *
 *     lock ─▶ keys ─▶ state ─▶ log (recovers) ─▶ sequences (replay) ─▶ admission ─▶ gRPC, HTTP
 *                                  └─▶ ids, views ─▶ queries ─────────────────────────┘
 *
 * Each step needs the one before: the state says how far the log was once seen, the log fills what
 * the sequence table lost, and nothing is served before both are whole. Views are not waited for.
 * Stopping goes backwards, and so does a start that fails half-way: what was opened is closed.
 */
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import type { ServerOptions } from "./config/index.js";
import { systemChildren } from "./host/children.js";
import { systemClock } from "./host/clock.js";
import { DirectoryLock } from "./host/directory-lock.js";
import { nodeDisk } from "./host/node-disk.js";
import { systemRandom } from "./host/random.js";
import { systemWorkers } from "./host/workers.js";
import { GatewayWriter } from "./http/gateway.js";
import { HttpServer } from "./http/http-server.js";
import { logEntries } from "./http/log-entries.js";
import { logFeed } from "./http/log-feed.js";
import { IdIndex, idIndexPreset } from "./id-index/id-index.js";
import { AdmissionPool } from "./ingest/admission-pool.js";
import { type BatchInFlight, Ingest } from "./ingest/ingest.js";
import { toHex } from "./model/hex.js";
import { openPinoProbe } from "./observability/pino-probe.js";
import type { Probe } from "./observability/probe.js";
import {
  openPrometheusMetrics,
  type PrometheusMetrics,
} from "./observability/prometheus-metrics.js";
import { type FollowedLog, Views } from "./projection/views.js";
import { MeteredQueries } from "./query/metered-queries.js";
import { QueryEngine } from "./query/query-engine.js";
import type { NodeFacts } from "./rpc/admin-service.js";
import { CallRegistry } from "./rpc/call-registry.js";
import { RpcServer } from "./rpc/rpc-server.js";
import { viewedEpochs } from "./server/epochs.js";
import { HealthWatch } from "./server/health.js";
import { logBatches } from "./server/log-batches.js";
import { meterNode } from "./server/metering.js";
import { noViews, type ViewsInUse } from "./server/no-views.js";
import { nodeHealth } from "./server/node-health.js";
import { type FoundLog, findOrFoundLog, openLog } from "./server/open-log.js";
import { viewedRights } from "./server/rights.js";
import { segmentFacts } from "./server/segment-facts.js";
import { IdempotencyTable, idempotencyTablePreset } from "./state/idempotency.js";
import { peekAppliedSize, SequenceTable, sequenceTablePresets } from "./state/sequences.js";
import { StateStore, stateMapBytesPreset } from "./state/state-store.js";
import type { Log } from "./wal/log.js";

export interface RunningServer {
  /** `host:port` that gRPC listens on. */
  readonly grpcAddress: string;
  /** `host:port` that HTTP listens on. */
  readonly httpAddress: string;
  readonly logId: Uint8Array;
  /** Settles what was taken, closes everything, and leaves a log that opens without recovery. */
  stop(): Promise<void>;
}

/** What was opened, to be closed in the opposite order. */
class Opened {
  readonly #closers: (() => Promise<void>)[] = [];

  add<T>(part: T, close: (part: T) => Promise<void>): T {
    this.#closers.push(() => close(part));
    return part;
  }

  /** Closes everything, and throws the first thing that went wrong. */
  async close(): Promise<void> {
    const errors: unknown[] = [];
    for (const close of this.#closers.splice(0).reverse()) {
      await close().catch((error: unknown) => errors.push(error));
    }
    if (errors.length > 0) throw errors[0];
  }
}

const KiB = 1024;
const MiB = 1024 * KiB;
/** The largest message is admitted in an area of its own even where little memory is granted. */
const areaBytesMin = 10 * MiB;
const inlineBytesMax = 32 * KiB;

const { version } = createRequire(import.meta.url)("../../package.json") as { version: string };

/**
 * Opens the data directory, formats it where it is empty, and serves. Throws a fault that tells
 * what to do: DATA_DIRECTORY_IN_USE, ADDRESS_IN_USE, KEY_INVALID, LOG_FORMAT_UNSUPPORTED,
 * MODULE_MISSING, DISK_FULL, ...
 */
export async function startServer(
  options: ServerOptions,
  probe: Probe = openPinoProbe({ ...options.log, base: {} }),
): Promise<RunningServer> {
  const opened = new Opened();
  try {
    return await openServer(options, probe, opened);
  } catch (error) {
    await opened.close().catch(() => {});
    throw error;
  }
}

async function openServer(
  options: ServerOptions,
  probe: Probe,
  opened: Opened,
): Promise<RunningServer> {
  const startedMs = systemClock.monotonicMs();
  const { dataDir } = options;
  await nodeDisk.makeDirectory(dataDir);
  await nodeDisk.syncDirectory(dirname(resolve(dataDir)));
  opened.add(await DirectoryLock.acquire(dataDir), (lock) => lock.release());

  const metrics = opened.add(openPrometheusMetrics(), async (one) => one.close());
  const logOptions = { ...options.wal, dataDirectory: dataDir, probe, metrics };
  const found = await findOrFoundLog(nodeDisk, logOptions);
  const store = opened.add(await openState(options, probe), (state) => state.close());
  const knownSize = await peekAppliedSize(store, found.logId);
  const log = opened.add(await openLog(found, knownSize, logOptions), (one) => one.close());
  const sequences = opened.add(await openSequences(options, store, log, probe), (table) =>
    table.close(),
  );
  const pool = opened.add(openPool(options, probe), (one) => one.close());
  const ids = opened.add(openIds(dataDir, log, probe), (index) => index.close());
  const views = opened.add(await openViews(options, log, probe), (one) => one.close());
  const rights = viewedRights({ views, log });
  const ingest = new Ingest({ log, sequences, pool, rights, clock: systemClock, metrics });
  const engine = opened.add(openQueries(log, views), (one) => one.close());
  const queries = new MeteredQueries(engine, metrics);

  const parts = { options, probe, opened, metrics, found, store, log, ids, ingest, views, queries };
  const { rpc, http } = await openInterfaces({ ...parts, startedMs });
  probe.info("node serving", {
    grpc_address: rpc.address,
    http_address: http.address,
    log_id: toHex(log.id),
    size: log.size,
    opened_ms: Math.round(systemClock.monotonicMs() - startedMs),
    version,
  });
  return {
    grpcAddress: rpc.address,
    httpAddress: http.address,
    logId: log.id,
    stop: () => stopServer(opened, probe),
  };
}

interface Parts {
  readonly options: ServerOptions;
  readonly probe: Probe;
  readonly opened: Opened;
  readonly metrics: PrometheusMetrics;
  readonly found: FoundLog;
  readonly store: StateStore;
  readonly log: Log;
  readonly ids: IdIndex;
  readonly ingest: Ingest;
  readonly views: ViewsInUse;
  readonly queries: MeteredQueries;
  readonly startedMs: number;
}

/** Opens what listens, and stops it before all that it stands on. */
async function openInterfaces(parts: Parts): Promise<{ rpc: RpcServer; http: HttpServer }> {
  const { options, probe, opened, metrics, log, ids, ingest, views, queries, startedMs } = parts;
  const calls = new CallRegistry(options.grpc.callsMax);
  const rpc = await RpcServer.open({
    address: options.grpc.address,
    log,
    ingest,
    ids,
    queries,
    views,
    clock: systemClock,
    calls,
    facts: () => gatherFacts(parts, calls),
    connectionsMax: options.grpc.connectionsMax,
    callsMax: options.grpc.callsMax,
    heartbeatMs: options.subscription.heartbeatMs,
    bufferBytesMax: options.subscription.bufferBytesMax,
  });
  opened.add(rpc, () => rpc.close(options.shutdown.drainMs));
  meterNode(metrics, { log, ingest, calls, views });
  const http = await openHttp(parts, startedMs);
  const health = new HealthWatch({
    clock: systemClock,
    probe,
    refusal: () => ingest.unavailable(),
    show: (isHealthy) => rpc.setHealth(isHealthy ? "SERVING" : "NOT_SERVING"),
  });
  opened.add(http, async () => {
    health.stop();
    rpc.setHealth("NOT_SERVING", "NOT_SERVING");
    await http.close(options.shutdown.drainMs);
    await ingest.drain();
  });
  return { rpc, http };
}

async function openHttp(parts: Parts, startedMs: number): Promise<HttpServer> {
  const { options, probe, metrics, found, store, log, ids, ingest, views, queries } = parts;
  const clock = systemClock;
  const entries = logEntries(log, ids);
  const gateway = new GatewayWriter({
    keys: found.keys.gateway,
    logId: log.id,
    appends: ingest,
    entries,
    idempotency: new IdempotencyTable({ ...idempotencyTablePreset, store, clock }),
    random: systemRandom,
  });
  return HttpServer.open({
    address: options.http.address,
    connectionsMax: options.http.connectionsMax,
    requiresSignatures: options.http.signatures === "required",
    queries,
    gateway,
    entries,
    epochs: viewedEpochs(views),
    health: nodeHealth({ log, ingest, views, clock, startedMs, version }),
    feed: logFeed({ log, repeats: ids, clock }),
    heartbeatMs: options.subscription.heartbeatMs,
    metrics,
    metricsText: metrics,
    clock,
    probe,
    version,
  });
}

async function stopServer(opened: Opened, probe: Probe): Promise<void> {
  probe.info("node stopping");
  await opened.close();
  probe.info("node stopped");
}

const openState = (options: ServerOptions, probe: Probe): Promise<StateStore> =>
  StateStore.open({
    directory: join(options.dataDir, "state"),
    mapBytes: stateMapBytesPreset,
    disk: nodeDisk,
    workers: systemWorkers,
    probe,
  });

const openSequences = (
  options: ServerOptions,
  store: StateStore,
  log: Log,
  probe: Probe,
): Promise<SequenceTable<BatchInFlight>> =>
  SequenceTable.open({
    ...sequenceTablePresets,
    flushIntervalMs: options.state.flushMs,
    store,
    clock: systemClock,
    log: logBatches(log),
    probe,
  });

const openIds = (dataDir: string, log: Log, probe: Probe): IdIndex =>
  IdIndex.open({
    ...idIndexPreset,
    log,
    segmentsDirectory: segmentsDirectoryOf(dataDir, log),
    tablesDirectory: join(dataDir, "db", "ids", toHex(log.id)),
    workers: systemWorkers,
    probe,
  });

const segmentsDirectoryOf = (dataDir: string, log: Log): string =>
  join(dataDir, "wal", toHex(log.id));

/** Views are derived: nothing that is acknowledged waits for them. */
async function openViews(options: ServerOptions, log: Log, probe: Probe): Promise<ViewsInUse> {
  if (options.views.mode === "off") return noViews;
  return Views.open({
    directory: join(options.dataDir, "db"),
    log: followedLog(log, segmentsDirectoryOf(options.dataDir, log)),
    children: systemChildren,
    clock: systemClock,
    disk: nodeDisk,
    probe,
    mapBytes: options.views.mapBytesMax,
  });
}

const followedLog = (log: Log, segmentsDirectory: string): FollowedLog => ({
  id: log.id,
  genesis: log.genesis,
  segmentsDirectory,
  get size() {
    return log.size;
  },
  get lastTime() {
    return log.lastTime;
  },
  onCommitted: (listener) => log.onCommitted(listener),
});

const openQueries = (log: Log, views: ViewsInUse): QueryEngine =>
  new QueryEngine({
    log,
    views,
    clock: systemClock,
    random: systemRandom,
    workers: systemWorkers,
  });

/** A node that cannot check what it is sent stops: a supervisor starts it anew. */
function openPool(options: ServerOptions, probe: Probe): AdmissionPool {
  const { workers, pendingBytesMax } = options.ingest;
  const areaBytes = Math.max(areaBytesMin, Math.floor(pendingBytesMax / (workers + 1)));
  return AdmissionPool.open(
    { workers: systemWorkers, workerCount: workers, areaBytes, inlineBytesMax },
    (fault) => {
      probe.error("admission thread ended", { message: fault.message, ...fault.detail });
      throw fault;
    },
  );
}

async function gatherFacts(parts: Parts, calls: CallRegistry): Promise<NodeFacts> {
  const { log, found, ingest, startedMs, options } = parts;
  const { logKey, clusterId, firstAdministrator } = log.genesis;
  const segments = await segmentFacts(nodeDisk, options.dataDir, log.id);
  return {
    logId: log.id,
    logKey,
    clusterId,
    gatewayKey: found.keys.gateway.publicKey,
    firstAdministrator: firstAdministrator ?? new Uint8Array(0),
    size: log.size,
    root: log.root(),
    hybridTime: log.lastTime,
    healthDetail: ingest.unavailable()?.message ?? "",
    version,
    runtime: `Node.js ${process.version}`,
    uptimeMs: systemClock.monotonicMs() - startedMs,
    segmentCount: segments.count,
    segmentBytes: segments.bytes,
    appended: ingest.appendedCount,
    refused: ingest.refusedCount,
    appendCalls: calls.count("append"),
    subscriptions: calls.count("subscribe"),
  };
}
