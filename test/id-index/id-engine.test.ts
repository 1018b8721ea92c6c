/**
 * Goal: a life that ends anywhere leaves nothing that misleads the next one. Method: the engine on
 * a simulated disk that is gone after its n-th operation, for every n up to the end of building;
 * then another engine on what is left.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Disk, DiskFile } from "../../src/host/disk.js";
import { IdEngine } from "../../src/id-index/id-engine.js";
import { Fault } from "../../src/model/fault.js";
import { fromHex, toHex } from "../../src/model/hex.js";
import { idOf } from "../../src/wal/block-id.js";
import type { Log } from "../../src/wal/log.js";
import { rejects } from "../support/expect.js";
import { blocksOf, LogSubject } from "../wal/log-subject.js";

const test = suite("id-index: id-engine");
const tablesDirectory = "/data/db/ids/log";

/** A disk on which so many operations succeed, and none behind them. */
class MortalDisk {
  left: number;
  readonly disk: Disk;

  constructor(disk: Disk, operations: number) {
    this.left = operations;
    this.disk = this.#mortal(disk);
  }

  #mortal<T extends object>(target: T): T {
    return new Proxy(target, {
      get: (_, name) => {
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== "function") return member;
        return async (...given: unknown[]) => {
          if (this.left === 0) throw new Fault("DISK_FAILED", "the disk is gone");
          this.left -= 1;
          const result: unknown = await member.apply(target, given);
          return name === "open" ? this.#mortal(result as DiskFile) : result;
        };
      },
    });
  }
}

function engineOf(subject: LogSubject, log: Log, disk: Disk, prefixBits = 64): IdEngine {
  const engine = new IdEngine({
    disk,
    clock: subject.clock,
    tell: () => {},
    logId: log.id,
    segmentsDirectory: subject.directory,
    tablesDirectory,
    summaryBytesMax: 50_000,
    restRatio: 0,
    prefixBits,
  });
  engine.segments(log.segments.map(({ firstIndex }) => firstIndex));
  return engine;
}

/** Id -> where it stands first, in the sealed segments. */
async function modelOf(log: Log, sealedSize: number): Promise<Map<string, number>> {
  const model = new Map<string, number>();
  for (const block of await blocksOf(log)) {
    for (let i = 0; i < block.count && block.firstIndex + i < sealedSize; i++) {
      const id = toHex(idOf(block, i));
      if (!model.has(id)) model.set(id, block.firstIndex + i);
    }
  }
  return model;
}

async function sealedLog(): Promise<{ subject: LogSubject; log: Log; sealedSize: number }> {
  const subject = new LogSubject({ segmentBytesMax: 16 * 1024 });
  const log = await subject.formatAndOpen();
  const repeated = subject.next(10).batch;
  while (log.segments.length < 4) {
    await subject.appendEach(log, 20);
    await log.append({ ...repeated, writer: subject.random.bytes(16) });
  }
  return { subject, log, sealedSize: log.segments.at(-1)?.firstIndex ?? 0 };
}

test("the disk gone behind any operation: the next life answers exactly", async () => {
  const { subject, log, sealedSize } = await sealedLog();
  const model = await modelOf(log, sealedSize);
  let isWhole = false;
  for (let operations = 0; !isWhole; operations++) {
    const mortal = new MortalDisk(subject.disk, operations);
    const first = engineOf(subject, log, mortal.disk);
    const [id, index] = [...model].at(-1) as [string, number];
    const asked = first.find(fromHex(id) as Uint8Array, sealedSize);
    const found = await asked.catch((error: Fault) => error.code);
    isWhole = found !== "DISK_FAILED";
    if (isWhole) assert.equal(found, { index });
    mortal.left = Number.POSITIVE_INFINITY;
    await first.close();

    const next = engineOf(subject, log, subject.disk);
    for (const [known, place] of [...model].filter((_, i) => i % 5 === operations % 5)) {
      assert.equal(await next.find(fromHex(known) as Uint8Array, sealedSize), { index: place });
    }
    const listed = await subject.disk.list(tablesDirectory);
    assert.ok(
      listed.every((name) => name.endsWith(".ids")),
      "nothing half is left",
    );
    await next.close();
    await subject.disk.remove(tablesDirectory);
    assert.ok(operations < 500, "building comes to an end");
  }
  await log.close();
});

test("find: more than what is sealed is asked for, it says that it is behind", async () => {
  const { subject, log, sealedSize } = await sealedLog();
  const engine = engineOf(subject, log, subject.disk);
  const stranger = subject.random.bytes(32);
  assert.equal(await engine.find(stranger, sealedSize), { index: undefined });
  assert.is(await engine.find(stranger, sealedSize + 1), "behind");
  await engine.close();
  await log.close();
});

test("close: refuses who waits, and returns when nothing runs", async () => {
  const { subject, log, sealedSize } = await sealedLog();
  const engine = engineOf(subject, log, subject.disk);
  const refused = rejects(engine.find(subject.random.bytes(32), sealedSize), "SHUTTING_DOWN");
  await engine.close();
  await refused;
  await log.close();
});

test.run();
