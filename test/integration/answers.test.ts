/**
 * Goal: what a real node answers over gRPC is what the entries of its log say, at every frontier,
 * through SIGKILL, restart and rebuild; and an answer that was kept is the one that weighing gives,
 * byte by byte. Method: histories of chance are signed and appended; at each frontier, and later as
 * of it, questions of chance are held against the naive model, which reads the log entry by entry.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { connect, KeyPair, type StemeClient } from "../../src/client/index.js";
import { encodeEntry } from "../../src/entry/codec.js";
import { cutAtPlace, cutAtSizes, cutAtTime, everything } from "../../src/lens/cut.js";
import type { Cut, WorldRoot } from "../../src/lens/history.js";
import type { Answer, LensName, LensParameters, Moment, Question } from "../../src/model/answer.js";
import { isFault } from "../../src/model/fault.js";
import { toHex } from "../../src/model/hex.js";
import { toIndex } from "../../src/model/position.js";
import type { QueryResult } from "../../src/model/query.js";
import { encodeQueryReply } from "../../src/rpc/query-replies.js";
import { eventually, within } from "../support/expect.js";
import type { PlacedEntry } from "../support/naive-entries.js";
import { type NaiveLens, naiveAnswers } from "../support/naive-lens.js";
import { printable } from "../support/printable.js";
import { randomParameters, randomQuestion } from "../support/random-asked.js";
import {
  historyKeys,
  historyPaths,
  historyPredicates,
  randomEntries,
} from "../support/random-histories.js";
import { Seeded } from "../support/seeded.js";
import { ServerProcess } from "../support/server-process.js";
import { temporaryDirectory } from "../support/temporary.js";

const test = suite("integration: answers");

const dayMs = 86_400_000;
const lenses: readonly NaiveLens[] = [
  "recency",
  "confidence",
  "consensus",
  "votes",
  "authority",
  "layered",
  "skeptic",
];
const kept: readonly LensName[] = lenses.filter((lens) => lens !== "confidence");
const seedOf = (number: number) => KeyPair.fromSeed(new Uint8Array(32).fill(number));

/** What a cut is called on the wire. */
interface MomentAsked {
  readonly asOf?: Moment;
  readonly cut: Cut;
}

/** A node, its log as the model reads it, and the frontiers that it stood at. */
class Subject {
  readonly server: ServerProcess;
  readonly frontiers: { readonly frontier: Uint8Array; readonly size: number }[] = [];
  readonly random: Seeded;
  client: StemeClient;
  entries: PlacedEntry[] = [];
  #root: WorldRoot | undefined;

  private constructor(server: ServerProcess, random: Seeded) {
    this.server = server;
    this.random = random;
    this.client = connect({ address: server.address });
  }

  /** The first of `historyKeys` is the administrator of its cluster. */
  static async start(random: Seeded): Promise<Subject> {
    const dataDir = join(temporaryDirectory("answers"), "data");
    mkdirSync(join(dataDir, "keys"), { recursive: true, mode: 0o700 });
    await seedOf(1).save(join(dataDir, "keys", "administrator.key"), "administrator");
    const server = await (await ServerProcess.create({ dataDir })).start();
    return new Subject(server, random);
  }

  get root(): WorldRoot {
    if (this.#root === undefined) throw new Error("the log was read");
    return this.#root;
  }

  async restart(): Promise<void> {
    this.client.close();
    await this.server.kill();
    await this.server.start();
    this.client = connect({ address: this.server.address });
  }

  /** Appends what was said; what the edge refuses was not said. */
  async say(said: readonly { readonly bytes: Uint8Array; readonly author: Uint8Array }[]) {
    const writers = new Map(
      historyKeys.map(({ publicKey }, at) => {
        const keys = seedOf(at + 1);
        return [toHex(publicKey), this.client.writer({ keys, lingerMs: 0 })];
      }),
    );
    for (const { bytes, author } of said) {
      await writers
        .get(toHex(author))
        ?.append(bytes)
        .catch((error: unknown) => assert.ok(isFault(error), String(error)));
    }
    for (const writer of writers.values()) await writer.close();
  }

  /** Reads the log anew, and notes where it stands. */
  async readLog(): Promise<void> {
    const { clusterId, firstAdministrator, size } = await this.client.status();
    assert.is(toHex(firstAdministrator), toHex(historyKeys[0]?.publicKey ?? new Uint8Array(0)));
    this.#root = { clusterId, firstAdministrator };
    this.entries = [];
    for await (const entry of this.client.read({ count: 100_000 })) {
      const fields = entry.decode();
      if (fields === undefined) throw new Error("nothing was erased");
      const place = { recorded: entry.hybridTime, logId: entry.logId, index: entry.index };
      this.entries.push({ place, id: entry.id, fields });
    }
    assert.is(this.entries.length, size);
    const { basis, isBehind } = await this.client.query({
      subject: { kind: "concept", conceptPath: "a" },
      freshness: { kind: "position", position: this.#last() },
    });
    assert.is(isBehind, false);
    this.frontiers.push({ frontier: basis.frontier, size });
  }

  #last() {
    const place = this.entries.at(-1)?.place;
    if (place === undefined) throw new Error("the log has entries");
    return { logId: place.logId, index: toIndex(place.index) };
  }

  /** The present, or some moment of the past. */
  moment(): MomentAsked {
    const { random } = this;
    const { place } = random.pick(this.entries);
    const recordedMs = Number(place.recorded >> 16n);
    switch (random.below(4)) {
      case 0:
        return { cut: everything };
      case 1: {
        const position = { logId: place.logId, index: toIndex(place.index) };
        return { asOf: { kind: "position", position }, cut: cutAtPlace(place) };
      }
      case 2:
        return { asOf: { kind: "recorded", recordedMs }, cut: cutAtTime(recordedMs) };
      default: {
        const { frontier, size } = random.pick(this.frontiers);
        const cut = cutAtSizes(new Map([[toHex(place.logId), size]]));
        return { asOf: { kind: "frontier", frontier }, cut };
      }
    }
  }

  async ask(
    questions: readonly Question[],
    lens: LensName,
    parameters: LensParameters,
    { asOf, evaluatedAtMs }: { readonly asOf?: Moment; readonly evaluatedAtMs?: number },
  ): Promise<QueryResult> {
    return this.client.query({
      subject: { kind: "questions", questions },
      lens,
      parameters,
      ...(asOf === undefined ? {} : { asOf }),
      ...(evaluatedAtMs === undefined ? {} : { evaluatedAtMs }),
    });
  }

  /** Questions of chance, as of moments of chance, have the model's answers. */
  async holdAgainstModel(count: number): Promise<void> {
    const { random, root, entries } = this;
    for (let number = 0; number < count; number++) {
      const question = randomQuestion(random);
      const lens = random.pick(lenses);
      const parameters = random.chance(50) ? {} : randomParameters(random, { root, entries });
      const moment = this.moment();
      const at = random.chance(50)
        ? {}
        : { evaluatedAtMs: Date.now() + random.below(400) * dayMs - 40 * dayMs };
      const { answers, basis } = await this.ask([question], lens, parameters, { ...moment, ...at });
      const { evaluatedAtMs } = basis;
      const asked = { root, question, parameters, cut: moment.cut, evaluatedAtMs };
      const expected = naiveAnswers(entries, lens, asked);
      const told = printable({ question, lens, parameters, asOf: moment.asOf, evaluatedAtMs });
      assert.equal(plain(answers), plain(expected), told);
    }
  }

  /** Of every question by every lens that is kept: the answers' bytes, kept and weighed. */
  async keptBytes(evaluatedAtMs: number): Promise<ReadonlyMap<string, string>> {
    const bytes = new Map<string, string>();
    const parameters = { decay: "none" } as const;
    const { frontier } = this.frontiers.at(-1) ?? { frontier: new Uint8Array(0) };
    const asOf: Moment = { kind: "frontier", frontier };
    for (const lens of kept) {
      const now = await this.ask(everyQuestion, lens, parameters, { evaluatedAtMs });
      const then = await this.ask(everyQuestion, lens, parameters, { evaluatedAtMs, asOf });
      assert.is(bytesOf(now.answers), bytesOf(then.answers), lens);
      bytes.set(lens, bytesOf(now.answers));
    }
    return bytes;
  }

  async stop(): Promise<void> {
    this.client.close();
    const { code } = await within(15_000, this.server.stop(), "stopping");
    assert.is(code, 0, this.server.process.stderr());
  }
}

const everyQuestion: readonly Question[] = historyPaths.flatMap((conceptPath) =>
  historyPredicates.map((predicate) => ({ conceptPath, predicate })),
);
const subjects: Subject[] = [];

/** Bytes as text: buffers and arrays of bytes are alike. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return toHex(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plain(one)]));
}

const bytesOf = (answers: readonly Answer[]): string => {
  const basis: QueryResult["basis"] = {
    lens: "consensus",
    lensVersion: 0,
    parameters: {},
    frontier: new Uint8Array(0),
    evaluatedAtMs: 0,
  };
  const queryId = new Uint8Array(0);
  return toHex(encodeQueryReply({ basis, answers, isBehind: false, queryId }));
};

async function liveViews(client: StemeClient): Promise<void> {
  await eventually(
    async () => {
      const { projections, applied, size } = await client.views();
      return applied === size && projections.every(({ state }) => state === "live");
    },
    10_000,
    "views that follow",
  );
}

for (const seed of [1, 2]) {
  test(`history ${seed}: at every frontier, after SIGKILL and after a rebuild`, async () => {
    const random = new Seeded(seed);
    const subject = await Subject.start(random);
    subjects.push(subject);
    const { clusterId, firstAdministrator } = await subject.client.status();
    const said = randomEntries(random, {
      root: { clusterId, firstAdministrator },
      startMs: Date.now() - 60 * dayMs,
      stepMsMax: dayMs,
      count: 60,
    }).map(({ fields }) => ({ bytes: encodeEntry(fields), author: fields.author }));
    for (let start = 0; start < said.length; start += 20) {
      await subject.say(said.slice(start, start + 20));
      await subject.readLog();
      await subject.holdAgainstModel(12);
    }
    const evaluatedAtMs = Math.floor(Date.now() / 1_000) * 1_000;
    await liveViews(subject.client);
    const before = await subject.keptBytes(evaluatedAtMs);

    await subject.restart();
    await subject.holdAgainstModel(12);
    assert.equal(await subject.keptBytes(evaluatedAtMs), before, "after SIGKILL");

    const reports = [];
    for await (const report of subject.client.rebuildViews()) reports.push(report);
    assert.ok((reports.at(-1)?.generation ?? 0) > 1);
    await subject.holdAgainstModel(12);
    assert.equal(await subject.keptBytes(evaluatedAtMs), before, "after a rebuild");
    await subject.stop();
  });
}

test.after(async () => {
  for (const { client, server } of subjects) {
    client.close();
    await server.kill();
  }
});

test.run();
