/**
 * Goal: views of another log, or of another history of this one, are found out before anything is
 * applied to them; a log that cannot be read accuses nobody. Method: a real log on a simulated disk
 * and frontiers that are right, or wrong in one thing.
 */
import { suite } from "uvu";
import { encodeFrontier } from "../../src/model/frontier.js";
import { requireNoOther, requireSameLog } from "../../src/projection/frontier-check.js";
import type { AppliedTo } from "../../src/views/view-types.js";
import { LogReader } from "../../src/wal/log-reader.js";
import { rejects, throwsFault } from "../support/expect.js";
import { blocksOf, LogSubject } from "../wal/log-subject.js";

const test = suite("projection: frontier check");

async function setup() {
  const subject = new LogSubject();
  const log = await subject.formatAndOpen();
  await subject.appendEach(log, 3, 4, 5);
  const blocks = await blocksOf(log);
  const block = blocks.at(-2);
  if (block === undefined) throw new Error("there are blocks");
  const source = new LogReader({
    disk: subject.disk,
    logId: subject.id,
    directory: subject.directory,
    durableSize: () => log.size,
  });
  const applied: AppliedTo = {
    size: block.firstIndex + block.count,
    rootPrefix: block.statement.root.slice(0, 8),
    recorded: block.hybridTime,
  };
  return { subject, log, source, applied };
}

test("same log: a frontier at a block's end with its root is right, so is nothing", async () => {
  const { log, source, applied } = await setup();
  await requireSameLog({ source, size: log.size }, applied);
  await requireSameLog({ source, size: log.size }, { ...applied, size: 0 });
  await log.close();
});

test("same log: more than the log, another root, inside a block: VIEWS_DAMAGED", async () => {
  const { log, source, applied } = await setup();
  const check = (wrong: Partial<AppliedTo>) =>
    rejects(requireSameLog({ source, size: log.size }, { ...applied, ...wrong }), "VIEWS_DAMAGED");
  await check({ size: log.size + 1 });
  await check({ rootPrefix: new Uint8Array(8) });
  await check({ size: applied.size - 1 });
  await log.close();
});

test("same log: one that cannot be read there accuses nobody", async () => {
  const { subject, log, source, applied } = await setup();
  const [name = ""] = await subject.segments();
  subject.flip(name, 20);
  await requireSameLog({ source, size: log.size }, applied);
  await log.close();
});

test("other logs: a frontier that names one is VIEWS_DAMAGED", () => {
  const logId = new Uint8Array(32).fill(1);
  const item = { logId, size: 5, rootPrefix: new Uint8Array(8), next: 5 };
  requireNoOther(logId, encodeFrontier([item]));
  requireNoOther(logId, new Uint8Array(0));
  throwsFault(
    () => requireNoOther(new Uint8Array(32).fill(2), encodeFrontier([item])),
    "VIEWS_DAMAGED",
  );
});

test.run();
