/**
 * The process that writes the views of a node: it reads the log's files, applies what is in them,
 * and tells the main process how far it is. Started by writer-process.ts.
 *
 *     lock of the generation ─▶ store ─▶ does it belong to the log? ─▶ «ready» ─▶ projections
 *
 * The lock keeps away a writer that a killed main process left behind and that has not ended yet:
 * two writers would each go on from what the other one changed.
 */

import { readBootId } from "../host/boot-id.js";
import { type ChildSide, thisChild } from "../host/children.js";
import { pause, systemClock } from "../host/clock.js";
import { DirectoryLock } from "../host/directory-lock.js";
import { nodeDisk } from "../host/node-disk.js";
import { isFault } from "../model/fault.js";
import { ViewStore } from "../views/view-store.js";
import { projectionNames } from "../views/view-types.js";
import { LogReader } from "../wal/log-reader.js";
import { BlockTranslator } from "./committed-entries.js";
import { forwardedProbe } from "./forwarded-probe.js";
import { requireNoOther, requireSameLog } from "./frontier-check.js";
import { reasonOf } from "./member.js";
import type { SizeMessage, WriterData, WriterMessage, WriterReport } from "./messages.js";
import { Pace } from "./pace.js";
import { Projections } from "./projections.js";

/** A writer that was left behind ends within one transaction. */
const lockWaitMs = 100;
/** How often committed transactions are synced: a bound of what an orderly end has to write. */
const syncIntervalMs = 10_000;

async function acquireLock(directory: string): Promise<DirectoryLock> {
  await nodeDisk.makeDirectory(directory);
  for (;;) {
    try {
      return await DirectoryLock.acquire(directory);
    } catch (error) {
      if (!isFault(error, "DATA_DIRECTORY_IN_USE")) throw error;
      await pause(systemClock, lockWaitMs);
    }
  }
}

class ViewWriter {
  readonly #side: ChildSide;
  readonly #store: ViewStore;
  readonly #projections: Projections;
  #seen: number;
  #isReportDue = false;
  #syncing: Promise<void> | undefined;
  #syncedMs = systemClock.monotonicMs();

  constructor(side: ChildSide, store: ViewStore, projections: Projections, size: number) {
    this.#side = side;
    this.#store = store;
    this.#projections = projections;
    this.#seen = size;
  }

  /** Returns when it was stopped; throws what pausing does not help against. */
  run(): Promise<void> {
    return new Promise((resolve, reject) => {
      const changes = this.#projections.changes.subscribe(() => this.#changed());
      const running = this.#projections.run().subscribe({ error: reject });
      this.#side.onStop(async () => {
        running.unsubscribe();
        changes.unsubscribe();
        await this.#syncing;
        await this.#store.close();
        resolve();
      });
      this.#side.onMessage((message) => {
        this.#seen = (message as SizeMessage).size;
        this.#projections.tell(this.#seen);
      });
      this.#post({ kind: "ready", report: this.#report() });
    });
  }

  /** One report for all that changes in a turn. */
  #changed(): void {
    if (this.#isReportDue) return;
    this.#isReportDue = true;
    queueMicrotask(() => {
      this.#isReportDue = false;
      this.#post({ kind: "report", report: this.#report() });
      this.#syncNowAndThen();
    });
  }

  #report(): WriterReport {
    const { size, recorded } = this.#projections.applied("questions");
    return {
      seen: this.#seen,
      applied: size,
      recorded,
      projections: this.#projections.statuses(),
      bytes: this.#store.usedBytes,
    };
  }

  #syncNowAndThen(): void {
    const nowMs = systemClock.monotonicMs();
    if (this.#syncing !== undefined || nowMs - this.#syncedMs < syncIntervalMs) return;
    this.#syncing = this.#store
      .sync()
      .catch((error: unknown) => {
        this.#post({
          kind: "told",
          level: "warn",
          message: "views not synced",
          fields: { reason: reasonOf(error) },
        });
      })
      .finally(() => {
        this.#syncing = undefined;
        this.#syncedMs = systemClock.monotonicMs();
      });
  }

  #post(message: WriterMessage): void {
    this.#side.post(message);
  }
}

async function open(side: ChildSide): Promise<ViewWriter> {
  const data = side.data as WriterData;
  const { directory, mapBytes, logId, logKey, segmentsDirectory } = data;
  const probe = forwardedProbe((message) => side.post(message));
  await acquireLock(directory);
  const bootId = await readBootId(nodeDisk);
  const store = await ViewStore.open({ directory, mapBytes, disk: nodeDisk, bootId, probe });
  let projections: Projections | undefined;
  const source = new LogReader({
    disk: nodeDisk,
    logId,
    directory: segmentsDirectory,
    durableSize: () => projections?.told ?? data.size,
  });
  try {
    const stands = store.transaction((transaction) =>
      projectionNames.map((name) => transaction.applied(name, logId)),
    );
    requireNoOther(
      logId,
      store.read((snapshot) => snapshot.frontier()),
    );
    for (const stand of stands) {
      if (stand !== undefined) await requireSameLog({ source, size: data.size }, stand);
    }
  } catch (error) {
    await store.close();
    throw error;
  }
  const translator = new BlockTranslator(logKey);
  projections = new Projections({
    store,
    logId,
    source,
    translate: (block) => translator.translate(block),
    pace: new Pace(data.transactions),
    size: data.size,
    retries: data.retries,
    clock: systemClock,
    probe,
  });
  return new ViewWriter(side, store, projections, data.size);
}

const side = await thisChild();
try {
  const writer = await open(side);
  await writer.run();
} catch (error) {
  // Anything else ends the process; whoever started it sees why, and starts it again.
  if (!isFault(error, "VIEWS_DAMAGED") && !isFault(error, "STATE_DAMAGED")) throw error;
  const message: WriterMessage = { kind: "damaged", reason: reasonOf(error) };
  side.post(message);
}
