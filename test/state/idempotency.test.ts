/**
 * Goal: an entry that was kept under a caller's key is kept through a crash, for seven days and not
 * longer, however many keys there are, and no key ever stands for two requests. Method: the rows on
 * a real LMDB environment and time in the test's hands; a model of the whole table for histories of
 * chance; the store on its thread, killed by SIGKILL behind its acknowledgements.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { nodeDisk } from "../../src/host/node-disk.js";
import { systemWorkers } from "../../src/host/workers.js";
import { LmdbEnvironment } from "../../src/lmdb/lmdb.js";
import { Fault } from "../../src/model/fault.js";
import { silentProbe } from "../../src/observability/probe.js";
import {
  IdempotencyTable,
  idempotencyTablePreset,
  type KeyedEntry,
  type KeyedEntryStore,
} from "../../src/state/idempotency.js";
import {
  IDEMPOTENCY_KEYSPACE,
  type KeepOutcome,
  type KeptLimits,
  keepEntries,
} from "../../src/state/idempotency-rows.js";
import { StateStore } from "../../src/state/state-store.js";
import { rejects, within } from "../support/expect.js";
import { startProcess } from "../support/process.js";
import { Seeded } from "../support/seeded.js";
import { SimulatedClock } from "../support/simulated-clock.js";
import { temporaryDirectory } from "../support/temporary.js";
import { keyedEntry } from "./keyed-entries.js";

const test = suite("state: idempotency");
const limits: KeptLimits = idempotencyTablePreset;
const week = limits.retentionMs;

async function onRows(work: (environment: LmdbEnvironment) => void): Promise<void> {
  const directory = temporaryDirectory("idempotency");
  const keyspaces = [IDEMPOTENCY_KEYSPACE];
  const options = { directory, mapBytes: 64 * 1024 ** 2, keyspaces, syncsCommits: false };
  const environment = await LmdbEnvironment.open(options, nodeDisk);
  try {
    work(environment);
  } finally {
    await environment.close();
  }
}

const keep = (
  environment: LmdbEnvironment,
  nowMs: number,
  entries: readonly KeyedEntry[],
  own: Partial<KeptLimits> = {},
): readonly KeepOutcome[] =>
  environment.write((writer) => keepEntries(writer, entries, nowMs, { ...limits, ...own }));

const kinds = (outcomes: readonly KeepOutcome[]) => outcomes.map(({ kind }) => kind);

test("keep: a key stands for its first entry, and for its request alone", () =>
  onRows((environment) => {
    const first = keyedEntry("ann", "k", 1, 10);
    assert.equal(kinds(keep(environment, 5, [first])), ["new"]);
    // Made anew, with another salt, by the same request: the first one is what counts.
    const again = keyedEntry("ann", "k", 1, 11);
    const [known] = keep(environment, 6, [again]);
    assert.equal(known, { kind: "known", entry: first.entry });
    const other = keyedEntry("ann", "k", 2, 12);
    assert.equal(kinds(keep(environment, 7, [other])), ["reused"]);
    assert.equal(kinds(keep(environment, 7, [keyedEntry("bob", "k", 2, 12)])), ["new"]);
    assert.equal(kinds(keep(environment, 7, [keyedEntry("an", "nk", 2, 12)])), ["new"]);
  }));

test("keep: in one transaction the later of two with one key finds the earlier", () =>
  onRows((environment) => {
    const entries = [keyedEntry("ann", "k", 1, 1), keyedEntry("ann", "k", 1, 2)];
    assert.equal(kinds(keep(environment, 5, entries)), ["new", "known"]);
  }));

test("expiry: a key is remembered for seven days, to the millisecond", () =>
  onRows((environment) => {
    keep(environment, 1_000, [keyedEntry("ann", "k", 1, 1)]);
    const retry = keyedEntry("ann", "k", 2, 2);
    assert.equal(kinds(keep(environment, 1_000 + week - 1, [retry])), ["reused"]);
    assert.equal(kinds(keep(environment, 1_000 + week, [retry])), ["new"]);
    const last = keep(environment, 1_000 + 2 * week - 1, [retry]);
    assert.equal(last, [{ kind: "known", entry: retry.entry }]);
  }));

test("expiry: what is forgotten leaves nothing behind", () =>
  onRows((environment) => {
    const many = Array.from({ length: 900 }, (_none, n) => keyedEntry(`c${n % 7}`, `k${n}`, n, n));
    keep(environment, 1_000, many);
    keep(environment, 1_000 + week, []);
    const rows = environment.read((reader) => [...reader.keys(IDEMPOTENCY_KEYSPACE)].length);
    assert.is(rows, 1); // the count of all
  }));

test("bounds: keys per caller, keys in all, bytes in all; what is remembered stays", () =>
  onRows((environment) => {
    const keyOf = (caller: string, n: number) => keyedEntry(caller, `k${n}`, n, n);
    const own = { callerKeysMax: 3, keysMax: 5 };
    const three = [keyOf("ann", 1), keyOf("ann", 2), keyOf("ann", 3)];
    keep(environment, 1, three, own);
    const [full] = keep(environment, 2, [keyOf("ann", 4)], own);
    assert.equal(full, { kind: "full", of: "caller", limit: 3 });
    assert.equal(kinds(keep(environment, 2, three, own)), ["known", "known", "known"]);
    keep(environment, 2, [keyOf("bob", 1), keyOf("bob", 2)], own);
    const [all] = keep(environment, 2, [keyOf("eve", 1)], own);
    assert.equal(all, { kind: "full", of: "node", limit: 5 });
    // Room comes back with time.
    assert.equal(kinds(keep(environment, 1 + week, [keyOf("ann", 4)], own)), ["new"]);
    const bytes = { entryBytesMax: 1 };
    assert.equal(kinds(keep(environment, 1 + week, [keyOf("eve", 2)], bytes)), ["full"]);
  }));

interface Remembered {
  readonly digest: string;
  readonly entry: string;
  readonly keptAtMs: number;
}

/** What the table promises, said as plainly as can be. */
class Model {
  readonly #kept = new Map<string, Remembered>();

  keep(keyed: KeyedEntry, nowMs: number, own: KeptLimits): string {
    for (const [name, one] of this.#kept) {
      if (nowMs - one.keptAtMs >= own.retentionMs) this.#kept.delete(name);
    }
    const name = `${keyed.caller}/${keyed.key}`;
    const digest = Buffer.from(keyed.digest).toString("hex");
    const entry = Buffer.from(keyed.entry).toString("hex");
    const known = this.#kept.get(name);
    if (known !== undefined) return known.digest === digest ? known.entry : "reused";
    const ofCaller = [...this.#kept.keys()].filter((one) => one.startsWith(`${keyed.caller}/`));
    if (ofCaller.length >= own.callerKeysMax) return "full";
    if (this.#kept.size >= own.keysMax) return "full";
    this.#kept.set(name, { digest, entry, keptAtMs: nowMs });
    return "new";
  }
}

test("histories of chance: the rows do what the model does", () =>
  onRows((environment) => {
    const seeded = new Seeded(7);
    const own = { ...limits, callerKeysMax: 12, keysMax: 30, retentionMs: 1_000 };
    const model = new Model();
    let nowMs = 1_000_000;
    for (let step = 0; step < 400; step++) {
      nowMs += seeded.below(120);
      const group = Array.from({ length: seeded.below(5) }, () => {
        const caller = `c${seeded.below(4)}`;
        return keyedEntry(caller, `k${seeded.below(15)}`, seeded.below(2), seeded.below(1_000));
      });
      const expected = group.map((keyed) => model.keep(keyed, nowMs, own));
      const outcomes = keep(environment, nowMs, group, own).map((outcome) =>
        outcome.kind === "known" ? Buffer.from(outcome.entry).toString("hex") : outcome.kind,
      );
      assert.equal(outcomes, expected, `step ${step}`);
    }
  }));

class HeldStore implements KeyedEntryStore {
  readonly groups: (readonly KeyedEntry[])[] = [];
  readonly #settles: ((outcome: KeepOutcome | Fault) => void)[] = [];

  keepEntries(entries: readonly KeyedEntry[]): Promise<readonly KeepOutcome[]> {
    this.groups.push(entries);
    return new Promise((resolve, reject) => {
      this.#settles.push((outcome) => {
        if (outcome instanceof Fault) reject(outcome);
        else resolve(entries.map(() => outcome));
      });
    });
  }

  settle(outcome: KeepOutcome | Fault): void {
    this.#settles.shift()?.(outcome);
  }
}

const tableOn = (store: KeyedEntryStore) =>
  new IdempotencyTable({ ...idempotencyTablePreset, store, clock: new SimulatedClock() });

test("table: what comes during a sync shares the next, and nothing is told before", async () => {
  const store = new HeldStore();
  const table = tableOn(store);
  const told: string[] = [];
  const asked = [1, 2, 3].map((n) =>
    table.keep(keyedEntry("ann", `k${n}`, n, n)).then(({ kind }) => told.push(kind)),
  );
  await Promise.resolve();
  assert.equal(
    store.groups.map((group) => group.length),
    [1],
  );
  assert.equal(told, []);
  store.settle({ kind: "new" });
  await asked[0];
  assert.equal(
    store.groups.map((group) => group.length),
    [1, 2],
  );
  store.settle({ kind: "new" });
  await Promise.all(asked);
  assert.equal(told, ["new", "new", "new"]);
});

test("table: a store that fails fails those who asked, and serves the next", async () => {
  const store = new HeldStore();
  const table = tableOn(store);
  const first = table.keep(keyedEntry("ann", "k", 1, 1));
  store.settle(new Fault("DISK_FULL", "no room"));
  await rejects(first, "DISK_FULL");
  const reused = table.keep(keyedEntry("ann", "k", 1, 1));
  store.settle({ kind: "reused" });
  await rejects(reused, "IDEMPOTENCY_KEY_REUSED");
  const full = table.keep(keyedEntry("ann", "k", 1, 1));
  store.settle({ kind: "full", of: "caller", limit: 5 });
  const fault = (await rejects(full, "OVERLOADED")) as Fault;
  assert.match(fault.message, /^5 keys of this caller are remembered/);
});

test("table: keys that wait for the disk are bounded", async () => {
  const store = new HeldStore();
  const table = tableOn(store);
  const asked = Array.from({ length: 4_097 }, (_none, n) =>
    table.keep(keyedEntry("ann", `k${n}`, n, n)).then(
      () => "kept",
      (error: Fault) => error.code,
    ),
  );
  const refused = table.keep(keyedEntry("ann", "one more", 1, 1));
  await rejects(refused, "OVERLOADED");
  let open = true;
  const settling = (async () => {
    while (open) {
      store.settle({ kind: "new" });
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  assert.ok((await Promise.all(asked)).every((outcome) => outcome === "kept"));
  open = false;
  await settling;
});

const openStore = (directory: string): Promise<StateStore> =>
  within(
    20_000,
    StateStore.open({
      directory,
      mapBytes: 64 * 1024 ** 2,
      disk: nodeDisk,
      workers: systemWorkers,
      probe: silentProbe,
    }),
    "open",
  );

test("store: keeps through close and open, beside what was there", async () => {
  const directory = join(temporaryDirectory("state"), "state");
  const first = await openStore(directory);
  const keyed = keyedEntry("ann", "k", 1, 1);
  assert.equal(kinds(await first.keepEntries([keyed], 5, limits)), ["new"]);
  await first.close();
  const second = await openStore(directory);
  const again = keyedEntry("ann", "k", 1, 2);
  assert.equal(await second.keepEntries([again], 6, limits), [
    { kind: "known", entry: keyed.entry },
  ]);
  await second.close();
});

test("store: what was acknowledged is there after SIGKILL", async () => {
  const directory = join(temporaryDirectory("state"), "state");
  const module = fileURLToPath(new URL("./keeping-process.js", import.meta.url));
  const keeping = startProcess(process.execPath, [module, directory]);
  await keeping.line(/^40$/m, 15_000);
  await keeping.kill("SIGKILL");
  const store = await openStore(directory);
  const count = keeping.stdout().trim().split("\n").length;
  assert.ok(count >= 40);
  for (let n = 0; n < count; n++) {
    const [outcome] = await store.keepEntries([keyedEntry("ann", `k${n}`, n, -1)], 5, limits);
    assert.equal(outcome, { kind: "known", entry: keyedEntry("ann", `k${n}`, n, n).entry });
  }
  await store.close();
});

test.run();
