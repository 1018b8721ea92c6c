/**
 * A real log with real views beside it, and a naive model of both: every claim once, every act on
 * its claim, counted by hand.
 *
 * Entry number `n` is always the same entry, so that a claim can be repeated, and an act can come
 * before the claim that it is about.
 */
import { join } from "node:path";
import * as assert from "uvu/assert";
import { keyPairFromSeed } from "../../src/crypto/ed25519.js";
import { openTreeHash } from "../../src/crypto/tree-hash.js";
import { systemChildren } from "../../src/host/children.js";
import { systemClock } from "../../src/host/clock.js";
import { nodeDisk } from "../../src/host/node-disk.js";
import { systemRandom } from "../../src/host/random.js";
import type { Body } from "../../src/model/entry.js";
import { toHex } from "../../src/model/hex.js";
import { type Probe, silentProbe } from "../../src/observability/probe.js";
import { Views, type ViewsOptions } from "../../src/projection/views.js";
import type { ViewSnapshot } from "../../src/views/view-types.js";
import type { AdmittedBatch } from "../../src/wal/admitted-batch.js";
import { formatLog, genesisNonceBytes, listLogs } from "../../src/wal/format-log.js";
import { Log, logOptionsPreset } from "../../src/wal/log.js";
import { assertionBody, authorOf, batchRoot, entryOf, leavesOf } from "../support/batches.js";
import type { Seeded } from "../support/seeded.js";
import { temporaryDirectory } from "../support/temporary.js";

const hash = openTreeHash();
const logKey = keyPairFromSeed(new Uint8Array(32).fill(7));
const authors = [1, 2, 3, 4].map(authorOf);
const MiB = 1024 * 1024;

const authorOfNumber = (number: number) => authors[number % authors.length] ?? authorOf(1);
const isAct = (number: number): boolean => number % 8 === 3 || number % 8 === 6;
const pathOf = (number: number): string => `area/${number % 7}/thing/${number % 61}`;
const predicateOf = (number: number): string => `predicate_${number % 3}`;

/** The claim that an act is about: a little before it, or behind it. */
function targetOf(number: number): number {
  const target = number % 5 === 0 ? number + 10 : Math.max(0, number - (number % 200) - 1);
  return isAct(target) ? target + 1 : target;
}

function bodyOf(number: number): Body {
  if (!isAct(number)) {
    return assertionBody(number, {
      conceptPath: pathOf(number),
      predicate: predicateOf(number),
      value: { kind: "text", text: `value ${number % 4}` },
    });
  }
  const target = idOf(targetOf(number));
  const path = pathOf(targetOf(number));
  if (number % 8 === 3) return { kind: "vote", target, path, weightMillionths: 1_000 };
  return { kind: "retraction", target, path, reason: "it was wrong" };
}

const entryOfNumber = (number: number): Uint8Array =>
  entryOf(authorOfNumber(number), bodyOf(number), number);

const ids = new Map<number, Uint8Array>();

function idOf(number: number): Uint8Array {
  const known = ids.get(number);
  if (known !== undefined) return known;
  const id = hash.leaf(entryOfNumber(number));
  ids.set(number, id);
  return id;
}

function batchOf(numbers: readonly number[], sequence: number): AdmittedBatch {
  const entries = numbers.map(entryOfNumber);
  return {
    author: authorOfNumber(numbers[0] ?? 0).publicKey,
    writer: new Uint8Array(16).fill(1),
    sequence,
    signature: new Uint8Array(64),
    root: batchRoot(entries),
    count: entries.length,
    entries: Buffer.concat(entries),
    lengths: Uint16Array.from(entries, (entry) => entry.length),
    shards: new Uint16Array(entries.length),
    leaves: leavesOf(entries),
  };
}

export class ViewsSubject {
  readonly directory: string;
  readonly log: Log;
  /** Numbers of the entries that were appended, repeats among them. */
  readonly appended: number[] = [];
  /** Distinct claims by the log's size: at the ends of blocks. */
  readonly claimsAt = new Map<number, number>();
  #next = 0;
  #sequence = 1;
  readonly #claims = new Set<number>();

  private constructor(directory: string, log: Log) {
    this.directory = directory;
    this.log = log;
    log.onCommitted(() => this.claimsAt.set(log.size, this.#claims.size));
    this.claimsAt.set(log.size, 0);
  }

  /** Founds a log in an empty directory, or opens the one that is there. */
  static async open(directory: string, segmentBytesMax = 1 * MiB): Promise<ViewsSubject> {
    const walDirectory = join(directory, "wal");
    const base = {
      ...logOptionsPreset,
      disk: nodeDisk,
      clock: systemClock,
      random: systemRandom,
      hash,
      key: logKey,
      walDirectory,
      segmentBytesMax,
      compression: "none" as const,
      reserveBytes: 0,
      probe: silentProbe,
    };
    const [found] = await listLogs(nodeDisk, walDirectory);
    const format = () =>
      formatLog({
        ...base,
        clusterId: new Uint8Array(16).fill(3),
        nonce: new Uint8Array(genesisNonceBytes),
        firstAdministrator: new Uint8Array(32).fill(4),
        batches: [],
      });
    const logId = found ?? (await format()).logId;
    return new ViewsSubject(directory, await Log.open({ ...base, logId }));
  }

  openViews(more: Partial<ViewsOptions> = {}): Promise<Views> {
    const { log } = this;
    return Views.open({
      directory: join(this.directory, "db"),
      log: {
        id: log.id,
        genesis: log.genesis,
        get size() {
          return log.size;
        },
        get lastTime() {
          return log.lastTime;
        },
        onCommitted: (listener) => log.onCommitted(listener),
        segmentsDirectory: this.segmentsDirectory,
      },
      children: systemChildren,
      clock: systemClock,
      disk: nodeDisk,
      probe: silentProbe,
      mapBytes: 1024 * MiB,
      ...more,
    });
  }

  get segmentsDirectory(): string {
    return join(this.directory, "wal", toHex(this.log.id));
  }

  /** A batch per author of the next entries, now and then with one that was there before. */
  async append(count: number, random?: Seeded): Promise<void> {
    const numbers: number[] = [];
    for (let i = 0; i < count; i++) {
      const isRepeat = this.appended.length > 0 && random?.chance(4) === true;
      const repeated = isRepeat ? this.appended[random.below(this.appended.length)] : undefined;
      numbers.push(repeated ?? this.#next++);
    }
    for (const [at] of authors.entries()) {
      const own = numbers.filter((number) => number % authors.length === at);
      if (own.length === 0) continue;
      for (const number of own) if (!isAct(number)) this.#claims.add(number);
      this.appended.push(...own);
      await this.log.append(batchOf(own, this.#sequence++));
    }
  }

  /** Which entries the log holds, in their order: read off the log. */
  async numbersStored(): Promise<readonly number[]> {
    const numbers: number[] = [];
    const cursor = this.log.cursor(0);
    const numberOf = new Map<string, number>();
    for (let block = await cursor.next(); block; block = await cursor.next()) {
      for (let i = 0; i < block.count; i++) {
        if (block.batchOf(i) < 0) continue;
        const id = toHex(hash.leaf(block.entry(i)));
        for (let known = numberOf.size; !numberOf.has(id); known++) {
          numberOf.set(toHex(idOf(known)), known);
        }
        numbers.push(numberOf.get(id) ?? 0);
      }
    }
    return numbers;
  }

  /** Takes note of what a former life had appended. */
  resume(numbers: readonly number[]): void {
    this.appended.push(...numbers);
    this.#next = Math.max(-1, ...numbers) + 1;
    for (const number of numbers) if (!isAct(number)) this.#claims.add(number);
  }

  /** Where a snapshot differs from the model; it has applied all that was appended. */
  differences(snapshot: ViewSnapshot): readonly string[] {
    const found: string[] = [];
    const expect = (what: string, is: unknown, expected: unknown) => {
      const [one, other] = [JSON.stringify(is), JSON.stringify(expected)];
      if (one !== other) found.push(`${what}: ${one} instead of ${other}`.slice(0, 300));
    };
    const distinct = [...new Set(this.appended)];
    const claims = distinct.filter((number) => !isAct(number));
    expect("assertion count", snapshot.assertionCount, claims.length);
    const questions = new Map<string, { claims: string[]; acts: string[] }>();
    const questionOf = (number: number) => {
      const name = `${pathOf(number)} ${predicateOf(number)}`;
      const known = questions.get(name) ?? { claims: [], acts: [] };
      questions.set(name, known);
      return known;
    };
    const known = new Set(claims);
    for (const number of distinct) {
      if (!isAct(number)) questionOf(number).claims.push(toHex(idOf(number)));
      else if (known.has(targetOf(number))) {
        questionOf(targetOf(number)).acts.push(toHex(idOf(number)));
      }
    }
    expect("question count", snapshot.questionCount, questions.size);
    for (const [name, { claims: claimIds, acts: actIds }] of questions) {
      const [path = "", predicate = ""] = name.split(" ");
      const stored = snapshot.question(path, predicate);
      const { candidates, acts } = stored?.records() ?? { candidates: [], acts: [] };
      expect(`${name}: claim count`, stored?.claimCount, claimIds.length);
      expect(
        `${name}: claims`,
        candidates.map(({ id }) => toHex(id)),
        claimIds,
      );
      expect(
        `${name}: acts`,
        acts.map(({ id }) => toHex(id)),
        actIds,
      );
    }
    for (const [at, author] of authors.entries()) {
      const own = claims.filter((number) => number % authors.length === at).length;
      const page = { limit: claims.length + 1 };
      const listed = snapshot.assertionsOf({ kind: "author", author: author.publicKey }, page);
      expect(`claims of author ${at}`, listed.length, own);
    }
    return found;
  }

  async close(): Promise<void> {
    await this.log.close();
  }
}

/** A probe that keeps its lines. */
function keptLines(): { readonly probe: Probe; readonly lines: string[] } {
  const lines: string[] = [];
  const take = (message: string, fields = {}) => lines.push(`${message} ${JSON.stringify(fields)}`);
  return { lines, probe: { ...silentProbe, info: take, warn: take, error: take } };
}

const never = new AbortController().signal;

/** The views hold all that was appended, as the model has it, and as a comparison finds it. */
export async function checkViews(views: Views, subject: ViewsSubject): Promise<void> {
  await checkNode({ views, subject });
  const differences: string[] = [];
  let last: number | undefined;
  for await (const { difference, differences: count } of views.verify(never)) {
    if (difference !== undefined) differences.push(difference);
    last = count;
  }
  assert.equal(differences, []);
  assert.is(last, 0);
}

const pauses = { msMin: 5, msMax: 50 };

/** A log with views beside it, as a node has them. */
export interface ViewsNode {
  readonly directory: string;
  readonly subject: ViewsSubject;
  readonly views: Views;
  readonly lines: string[];
  readonly close: () => Promise<void>;
}

export async function startViews(
  directory = temporaryDirectory("views"),
  more: Partial<ViewsOptions> = {},
  appended?: readonly number[],
): Promise<ViewsNode> {
  const subject = await ViewsSubject.open(directory, 256 * 1024);
  subject.resume(appended ?? (await subject.numbersStored()));
  const { probe, lines } = keptLines();
  const views = await subject.openViews({ restarts: pauses, retries: pauses, probe, ...more });
  const close = async () => {
    await views.close();
    await subject.close();
  };
  return { directory, subject, views, lines, close };
}

/** As `checkViews`, without the comparison. */
export async function checkNode({
  views,
  subject,
}: Pick<ViewsNode, "views" | "subject">): Promise<void> {
  const reached = await views.reached(subject.log.size, { withinMs: 20_000, signal: never });
  assert.ok(reached, `the views reach ${subject.log.size}: ${JSON.stringify(views.status())}`);
  assert.equal(
    views.read((snapshot) => subject.differences(snapshot)),
    [],
  );
}
