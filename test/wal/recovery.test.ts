/**
 * Goal: every row of the recovery table, by its label: what is found decides what happens, nothing
 * that was acknowledged is dropped in silence, and a damaged log is not touched.
 * Method: a log on a simulated disk, left as a crash leaves it, and changed byte by byte where the
 * row says so. Frames are forged with right checksums where only meaning may give them away.
 */
import { crc32 } from "node:zlib";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { keyPairFromSeed } from "../../src/crypto/ed25519.js";
import { TreeEdge } from "../../src/merkle/tree-edge.js";
import { toHybridTime } from "../../src/model/hybrid-time.js";
import { edgeBytes } from "../../src/wal/edge.js";
import {
  encodeFrameHeader,
  type FoundFrame,
  FRAME_KIND_BLOCK,
  FRAME_KIND_MARKER,
  FRAME_KIND_SEAL,
  frameBytes,
  SIGNATURE_AT,
} from "../../src/wal/frame.js";
import { isAllZero } from "../../src/wal/frame-window.js";
import { FRAME_HEADER_BYTES, SEGMENT_HEADER_BYTES } from "../../src/wal/limits.js";
import type { Log, LogOptions } from "../../src/wal/log.js";
import { type RecoveryLabel, recoveryTable } from "../../src/wal/recovery-table.js";
import { decodeSegmentHeader, encodeSegmentHeader } from "../../src/wal/segment-header.js";
import { segmentName } from "../../src/wal/segments.js";
import { rejects } from "../support/expect.js";
import { entriesOf, framesOf, LogSubject, type SeenFrame, saltOf } from "./log-subject.js";

const test = suite("wal: recovery");
const first = segmentName(0);
const tested = new Set<string>();

function row(label: RecoveryLabel, name: string, run: () => Promise<void>): void {
  tested.add(label);
  test(`recovery: ${name} (row ${label})`, run);
}

const same = (left: Uint8Array, right: Uint8Array | undefined): boolean =>
  right !== undefined && Buffer.compare(left, right) === 0;

const labelsOf = (log: Log): string => log.notes.map(({ label }) => label).join("");

/** A log that was left without closing it, its last block without a marker behind it. */
async function crashed(...counts: readonly number[]): Promise<LogSubject> {
  const subject = new LogSubject();
  const log = await subject.formatAndOpen();
  await subject.appendEach(log, ...counts);
  return subject.afterCrash();
}

const blocks = (subject: LogSubject, name = first): SeenFrame[] =>
  framesOf(subject.bytesOf(name)).filter(({ frame }) => frame.kind === FRAME_KIND_BLOCK);

const lastOf = <T>(values: readonly T[]): T => values[values.length - 1] as T;

/** Puts a changed header in a frame's place, with the checksum that fits. */
function forge(subject: LogSubject, seen: SeenFrame, change: Partial<FoundFrame>): void {
  const target = new Uint8Array(FRAME_HEADER_BYTES);
  const salt = saltOf(subject.bytesOf(first));
  encodeFrameHeader({ ...seen.frame, ...change }, { target, offset: 0, salt });
  subject.damage(first, seen.start, target);
}

/** The log is open, takes appends, and has them after another opening. */
async function goesOn(subject: LogSubject, log: Log): Promise<void> {
  assert.is(log.state, "open");
  await subject.appendEach(log, 2, 1);
  const entries = await entriesOf(log);
  await log.close();
  const again = await subject.open();
  assert.is(again.state, "open");
  assert.equal(await entriesOf(again), entries);
  await again.close();
}

/** The log refuses appends and the range, gives what is outside, and touched nothing. */
async function isDamaged(
  subject: LogSubject,
  expected: {
    readonly label: RecoveryLabel;
    readonly bad?: readonly number[];
    readonly good?: readonly number[];
    readonly options?: Partial<LogOptions>;
  },
): Promise<void> {
  const before = (await subject.segments()).map((name) => subject.bytesOf(name));
  const log = await subject.open(expected.options);
  assert.is(log.state, "damaged");
  assert.ok(labelsOf(log).includes(expected.label), `${expected.label} is among ${labelsOf(log)}`);
  await rejects(log.append(subject.next(1).batch), "LOG_DAMAGED");
  for (const index of expected.bad ?? []) await rejects(log.read(index), "LOG_CORRUPT");
  for (const index of expected.good ?? []) {
    const block = await log.read(index);
    assert.ok(block.firstIndex <= index && index < block.firstIndex + block.count);
  }
  await log.close();
  const after = (await subject.segments()).map((name) => subject.bytesOf(name));
  assert.ok(after.length === before.length && after.every((bytes, i) => same(bytes, before[i])));
}

row("A", "nothing behind the last frame, the log ends there", async () => {
  const subject = await crashed(3, 2);
  const log = await subject.open();
  assert.is(labelsOf(log), "AR");
  assert.is(log.size, 4 + 4 + 3);
  await goesOn(subject, log);
});

const tears: Record<string, (subject: LogSubject, last: SeenFrame) => void> = {
  "half of its payload": (subject, { start, end }) => {
    const half = start + FRAME_HEADER_BYTES + Math.floor((end - start - FRAME_HEADER_BYTES) / 2);
    subject.damage(first, half, new Uint8Array(end - half));
  },
  "its header": (subject, { start }) => {
    subject.damage(first, start, new Uint8Array(FRAME_HEADER_BYTES));
  },
  "one bit of its payload": (subject, { end }) => subject.flip(first, end - 16),
  "one bit of its header": (subject, { start }) => subject.flip(first, start + 50),
  "half of its header": (subject, { start, end }) => {
    subject.damage(first, start + 104, new Uint8Array(end - start - 104));
  },
};

for (const [what, tear] of Object.entries(tears)) {
  row("B", `the last block lost ${what}, it is cut and kept beside`, async () => {
    const subject = await crashed(3, 2);
    const last = lastOf(blocks(subject));
    const signature = Buffer.from(last.frame.statement.signature);
    tear(subject, last);
    const torn = subject.bytesOf(first).subarray(last.start, last.end);
    const log = await subject.open();
    assert.is(labelsOf(log), "BR");
    assert.is(log.size, last.frame.statement.firstIndex);
    const segment = subject.bytesOf(first);
    assert.ok(isAllZero(segment.subarray(last.start)), "zeros stand in its place");
    const kept = subject.bytesOf(`${first}.torn-${last.start}`);
    assert.is(kept.indexOf(signature), -1, "its signature is nowhere");
    // A block's signature may stand in two places: the second is behind a marker.
    for (const headerAt of [0, frameBytes(edgeBytes(log.size))]) {
      torn.fill(0, headerAt + SIGNATURE_AT, headerAt + SIGNATURE_AT + 64);
    }
    assert.ok(kept.equals(torn.subarray(0, kept.length)), "all else is kept");
    assert.ok(isAllZero(torn.subarray(kept.length)));
    await goesOn(subject, log);
  });
}

row("B", "bytes that pass for a frame with another file's salt are cut, not damage", async () => {
  const subject = await crashed(3, 2);
  const last = lastOf(blocks(subject));
  const forged = new Uint8Array(FRAME_HEADER_BYTES);
  const place = { target: forged, offset: 0, salt: saltOf(subject.bytesOf(first)) ^ 1 };
  const fileOffset = last.start + FRAME_HEADER_BYTES;
  encodeFrameHeader({ ...last.frame, fileOffset, syncedThrough: 1_000_000 }, place);
  subject.damage(first, last.start, new Uint8Array(FRAME_HEADER_BYTES));
  subject.damage(first, fileOffset, forged);
  const log = await subject.open();
  assert.is(labelsOf(log), "BR");
  await goesOn(subject, log);
});

row("C", "a damaged marker before a good block, the block stays", async () => {
  const subject = new LogSubject();
  const live = await subject.formatAndOpen();
  await subject.appendEach(live, 3);
  await subject.idle();
  await subject.appendEach(live, 2);
  const { size } = live;
  const after = subject.afterCrash();
  const marker = lastOf(
    framesOf(after.bytesOf(first)).filter(({ frame }) => frame.kind === FRAME_KIND_MARKER),
  );
  after.damage(first, marker.start, new Uint8Array(marker.end - marker.start));
  const log = await after.open();
  assert.ok(labelsOf(log).includes("C"));
  assert.is(log.size, size);
  await goesOn(after, log);
});

row("C", "a damaged marker before a torn block, both are cut", async () => {
  const subject = new LogSubject();
  const live = await subject.formatAndOpen();
  await subject.appendEach(live, 3);
  await subject.idle();
  const { size } = live;
  await subject.appendEach(live, 2);
  const after = subject.afterCrash();
  const frames = framesOf(after.bytesOf(first));
  const marker = lastOf(frames.filter(({ frame }) => frame.kind === FRAME_KIND_MARKER));
  after.flip(first, marker.start + 30);
  after.flip(first, lastOf(frames).end - 16);
  const log = await after.open();
  assert.is(log.size, size);
  assert.is(labelsOf(log), "BR");
  const kept = after.bytesOf(`${first}.torn-${marker.start}`);
  assert.is(kept.indexOf(Buffer.from(lastOf(frames).frame.statement.signature)), -1);
  await goesOn(after, log);
});

row("D", "a damaged block before a good one, its range alone is refused", async () => {
  for (const at of [16, FRAME_HEADER_BYTES + 40]) {
    const subject = await crashed(3, 2, 4, 1);
    const [, , hit, next] = blocks(subject) as [SeenFrame, SeenFrame, SeenFrame, SeenFrame];
    subject.flip(first, hit.start + at);
    const bad = hit.frame.statement.firstIndex;
    const good = next.frame.statement.firstIndex;
    await isDamaged(subject, {
      label: "D",
      bad: [bad, good - 1],
      good: [0, bad - 1, good, good + 5],
    });
  }
});

row("D", "the last block is damaged and a marker knows of it, never a shorter log", async () => {
  const subject = new LogSubject();
  const log = await subject.formatAndOpen();
  await subject.appendEach(log, 3, 2);
  await log.close();
  const last = lastOf(blocks(subject));
  for (const at of [20, FRAME_HEADER_BYTES + 9]) {
    const copy = subject.afterCrash();
    copy.flip(first, last.start + at);
    const bad = last.frame.statement.firstIndex;
    await isDamaged(copy, { label: "D", bad: [bad, bad + 2], good: [0, bad - 1] });
  }
});

row("E", "the log ends below what its state knew, never a shorter log", async () => {
  const subject = await crashed(3, 2);
  const { size } = await subject.afterCrash().open();
  const options = { knownSizeMin: size + 5 };
  await isDamaged(subject, { label: "E", bad: [size, size + 4], good: [0, size - 1], options });
  const last = lastOf(blocks(subject));
  subject.flip(first, last.end - 16); // the last acknowledged block, and the state knows it
  const bad = last.frame.statement.firstIndex;
  const known = { knownSizeMin: size };
  await isDamaged(subject, { label: "E", bad: [bad], good: [bad - 1], options: known });
});

row("F", "a block with a good checksum out of chain or place, damaged", async () => {
  const base = await crashed(3, 2, 4);
  const hit = blocks(base)[2] as SeenFrame;
  const { statement } = hit.frame;
  const bad = statement.firstIndex;
  const changes: readonly Partial<FoundFrame>[] = [
    { previousCrc: hit.frame.previousCrc ^ 1 },
    { statement: { ...statement, firstIndex: bad + 1 } },
    { statement: { ...statement, firstIndex: bad - 1 } },
    { statement: { ...statement, logId: new Uint8Array(32).fill(9) } },
  ];
  for (const change of changes) {
    const subject = base.afterCrash();
    forge(subject, hit, change);
    await isDamaged(subject, { label: "F", good: [0, bad - 1] });
  }
});

row("G", "entries that do not have the signed root, damaged", async () => {
  const subject = await crashed(3, 2);
  const last = lastOf(blocks(subject));
  subject.flip(first, last.start + FRAME_HEADER_BYTES + last.frame.storedBytes - 1);
  const stored = subject
    .bytesOf(first)
    .subarray(last.start + FRAME_HEADER_BYTES)
    .subarray(0, last.frame.storedBytes);
  forge(subject, last, { payloadCrc: crc32(stored) });
  await isDamaged(subject, { label: "G", good: [0], bad: [last.frame.statement.firstIndex] });
});

row("G", "a last signature that is not the log's, damaged", async () => {
  const subject = await crashed(3, 2);
  const last = lastOf(blocks(subject));
  const { statement } = last.frame;
  forge(subject, last, { statement: { ...statement, signature: new Uint8Array(64).fill(1) } });
  await isDamaged(subject, { label: "G", good: [0] });
});

/** A log of several sealed segments, and one that is written. */
async function rotated(): Promise<{ readonly subject: LogSubject; readonly size: number }> {
  const subject = new LogSubject({ segmentBytesMax: 16 * 1024 });
  const log = await subject.formatAndOpen();
  while ((await subject.segments()).length < 4) await subject.appendEach(log, 8);
  await log.close();
  return { subject, size: log.size };
}

/** The same without its newest segment: the one before it is sealed. */
async function sealed(): Promise<{ readonly subject: LogSubject; readonly last: string }> {
  const { subject } = await rotated();
  const names = await subject.segments();
  await subject.disk.remove(`${subject.directory}/${lastOf(names)}`);
  return { subject, last: names[names.length - 2] as string };
}

row("H", "a seal in a file that is longer and writable, sealing is completed", async () => {
  const { subject, last } = await sealed();
  const path = `${subject.directory}/${last}`;
  const bytes = subject.bytesOf(last);
  for (const more of [0, 4096]) {
    await subject.disk.remove(path);
    const file = await subject.disk.open(path, "create");
    await file.write(Buffer.concat([bytes, Buffer.alloc(more)]), 0);
    await file.close();
    const log = await subject.open();
    assert.ok(labelsOf(log).includes("H"));
    assert.ok(same(subject.bytesOf(last), bytes));
    assert.is((await subject.disk.facts(path))?.isReadOnly, true);
    await log.close();
  }
});

row("I", "the newest segment is sealed, the next append opens another", async () => {
  const { subject } = await sealed();
  const count = (await subject.segments()).length;
  const log = await subject.open();
  assert.ok(labelsOf(log).includes("I"));
  assert.is((await subject.segments()).length, count);
  await goesOn(subject, log);
  assert.is((await subject.segments()).length, count + 1);
});

row("J", "a read-only segment without a good seal, damaged", async () => {
  const { subject, last } = await sealed();
  const seal = lastOf(framesOf(subject.bytesOf(last)));
  assert.is(seal.frame.kind, FRAME_KIND_SEAL);
  subject.flip(last, seal.start + FRAME_HEADER_BYTES + 3);
  const end = seal.frame.statement.firstIndex;
  await isDamaged(subject, { label: "J", bad: [end], good: [0, end - 1] });
});

row("K", "the newest segment's header is damaged, the older ones are read", async () => {
  const { subject } = await rotated();
  const name = lastOf(await subject.segments());
  subject.flip(name, 60);
  const bad = Number(name.slice(0, 20));
  await isDamaged(subject, { label: "K", bad: [bad, bad + 1], good: [0, bad - 1] });
});

row("L", "a segment between two is missing, its range is refused", async () => {
  const { subject, size } = await rotated();
  const [, gone, next] = await subject.segments();
  await subject.disk.remove(`${subject.directory}/${gone}`);
  const bad = Number(gone?.slice(0, 20));
  const good = Number(next?.slice(0, 20));
  await isDamaged(subject, {
    label: "L",
    bad: [bad, good - 1],
    good: [0, bad - 1, good, size - 1],
  });
});

row("M", "an older segment's seal is damaged, its blocks are found by walking", async () => {
  const { subject, size } = await rotated();
  const [, hit] = (await subject.segments()) as [string, string];
  const seal = lastOf(framesOf(subject.bytesOf(hit)));
  subject.flip(hit, seal.start + 20);
  const start = Number(hit.slice(0, 20));
  const end = seal.frame.statement.firstIndex;
  await isDamaged(subject, { label: "M", good: [0, start, end - 1, end, size - 1] });
});

row("M", "an older segment's header is damaged, its range is refused", async () => {
  const { subject, size } = await rotated();
  const [, hit, next] = (await subject.segments()) as [string, string, string];
  subject.flip(hit, 60);
  const bad = Number(hit.slice(0, 20));
  const good = Number(next.slice(0, 20));
  await isDamaged(subject, {
    label: "M",
    bad: [bad, good - 1],
    good: [0, bad - 1, good, size - 1],
  });
});

row("M", "a segment's header goes on from another tree or time, damaged", async () => {
  const { subject: base, size } = await rotated();
  const [, hit = "", next = ""] = await base.segments();
  const header = decodeSegmentHeader(base.bytesOf(next).subarray(0, SEGMENT_HEADER_BYTES));
  assert.ok(header);
  const hashes = header.edge.hashes().map((hash, i) => (i === 0 ? hash.map((b) => b ^ 1) : hash));
  const changes = [
    { edge: TreeEdge.from(header.firstIndex, hashes) },
    { lastTime: toHybridTime(header.lastTime + 1n) },
  ];
  for (const change of changes) {
    const subject = base.afterCrash();
    subject.damage(next, 0, encodeSegmentHeader({ ...header, ...change }).bytes);
    const start = Number(hit.slice(0, 20));
    const last = header.firstIndex - 1;
    await isDamaged(subject, { label: "M", good: [0, start, last, size - 1] });
  }
});

row("N", "a newer version is unsupported and never corrupt", async () => {
  const segment = await crashed(2);
  segment.damage(first, 8, Uint8Array.of(0, 2));
  await rejects(segment.open(), "LOG_FORMAT_UNSUPPORTED");
  for (const at of [9, 11, 15]) {
    const subject = await crashed(2);
    const { start } = lastOf(blocks(subject));
    const header = Buffer.from(subject.bytesOf(first).subarray(start, start + FRAME_HEADER_BYTES));
    header[at] = 0x70;
    header.writeUInt32BE(crc32(header.subarray(0, 204), saltOf(subject.bytesOf(first))), 204);
    subject.damage(first, start, header);
    const before = subject.bytesOf(first);
    await rejects(subject.open(), "LOG_FORMAT_UNSUPPORTED");
    assert.ok(same(subject.bytesOf(first), before));
  }
});

row("O", "the genesis is damaged or gone, the log is refused", async () => {
  const subject = await crashed(2);
  for (const at of [2, SEGMENT_HEADER_BYTES + 3, SEGMENT_HEADER_BYTES + FRAME_HEADER_BYTES + 30]) {
    const copy = subject.afterCrash();
    copy.flip(first, at);
    await rejects(copy.open(), "LOG_CORRUPT");
  }
  const { subject: gone } = await rotated();
  await gone.disk.remove(`${gone.directory}/${first}`);
  await rejects(gone.open(), "LOG_CORRUPT");
});

row("P", "another key than the log's is refused", async () => {
  const subject = await crashed(2);
  const key = keyPairFromSeed(new Uint8Array(32).fill(8));
  await rejects(subject.open({ key }), "KEY_INVALID");
});

row("Q", "a directory without segments is refused", async () => {
  const subject = await crashed(2);
  await subject.disk.remove(`${subject.directory}/${first}`);
  await rejects(subject.open(), "DATA_DIRECTORY_INVALID");
});

row("R", "temporary files are removed", async () => {
  const subject = await crashed(2);
  const file = await subject.disk.open(`${subject.directory}/next-9.tmp`, "create");
  await file.close();
  const log = await subject.open();
  assert.ok(labelsOf(log).includes("R"));
  await log.close();
  const names = await subject.disk.list(subject.directory);
  assert.equal(names, [first]);
});

test("recovery: every row of the table has a test", () => {
  assert.equal([...tested].sort(), Object.keys(recoveryTable).sort());
});

test.run();
