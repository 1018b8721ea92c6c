/**
 * Goal: whatever happens to a log and to the index's files, in whatever order, the answers are
 * those of a plain map. Method: random histories of appends with repeats, questions, deleted and
 * damaged files, and new lives of index and log; a failing seed is in the test's name. The moments
 * are the machine's: id-mischief.test.ts hits each by design. Other seeds: SEEDS=7-99 in the
 * environment.
 */
import fs from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { IdIndex } from "../../src/id-index/id-index.js";
import { fromHex } from "../../src/model/hex.js";
import { within } from "../support/expect.js";
import { IdSubject, plain } from "./id-subject.js";

const test = suite("id-index: histories");
const [firstSeed = 1, lastSeed = 6] = (process.env["SEEDS"] ?? "1-6").split("-").map(Number);
const steps = 50;

class History {
  readonly subject: IdSubject;
  readonly #prefixBits: number;
  readonly #known: Uint8Array[] = [];
  #index: IdIndex;

  constructor(subject: IdSubject, prefixBits: number) {
    this.subject = subject;
    this.#prefixBits = prefixBits;
    this.#index = this.#open();
  }

  async step(): Promise<void> {
    const { random } = this.subject;
    const chance = random.below(100);
    if (chance < 45) await this.#append();
    else if (chance < 65) await this.#askSome();
    else if (chance < 75) await this.#askLive();
    else if (chance < 80) await this.#askAll();
    else if (chance < 88) this.#spoil();
    else if (chance < 94) await this.#reopen(false);
    else if (chance < 97) await this.#reopen(true);
    else await Promise.all([this.#askAll(), this.#append(), this.#askSome()]);
  }

  async end(): Promise<void> {
    await this.#askAll();
    for (const [id, first] of this.subject.model) {
      assert.is(await this.#index.indexOf(fromHex(id) as Uint8Array), first);
    }
  }

  /** However it ended: the index's thread would keep the process alive. */
  async close(): Promise<void> {
    await this.#index.close();
    await this.subject.log.close();
  }

  #open(): IdIndex {
    const { random } = this.subject;
    return this.subject.index({
      prefixBits: this.#prefixBits,
      restRatio: random.pick([0, 4]),
      summaryBytesMax: random.pick([0, 40_000, 1_000_000]),
    });
  }

  async #append(): Promise<void> {
    const { random } = this.subject;
    const fresh = Array.from({ length: 1 + random.below(60) }, () =>
      this.subject.fresh(17 + random.below(200)),
    );
    const all = random.chance(20) ? [...fresh, ...fresh] : fresh;
    for (let i = random.below(4); i > 0; i--) all.push(random.pick([...this.#known, ...fresh]));
    this.#known.push(...fresh.slice(0, 3));
    await this.subject.append(...all);
  }

  async #askSome(): Promise<void> {
    const { model, random } = this.subject;
    const ids = [...model.keys()];
    for (let i = 0; i < 5; i++) {
      const id = random.pick(ids);
      assert.is(await this.#index.indexOf(fromHex(id) as Uint8Array), model.get(id));
    }
    assert.is(await this.#index.indexOf(random.bytes(32)), undefined);
  }

  /** As a feed that begins somewhere. */
  async #askFrom(from: number): Promise<void> {
    const end = this.subject.log.size;
    const told = await within(20_000, this.subject.repeatsBy(this.#index, from));
    const block = from < end ? (await this.subject.log.read(from)).firstIndex : end;
    const isAsked = ([place]: [number, number]) => place >= block && place < end;
    assert.equal(plain(told).filter(isAsked), plain(this.subject.repeats).filter(isAsked));
  }

  #askLive(): Promise<void> {
    const { log } = this.subject;
    return this.#askFrom(log.segments.at(-1)?.firstIndex ?? 0);
  }

  #askAll(): Promise<void> {
    const { log, random } = this.subject;
    return this.#askFrom(random.below(log.size));
  }

  /** Deletes, cuts or flips one of the files. */
  #spoil(): void {
    const { random, tablesDirectory } = this.subject;
    if (!fs.existsSync(tablesDirectory)) return;
    const names = fs.readdirSync(tablesDirectory).filter((name) => name.endsWith(".ids"));
    if (names.length === 0) return;
    const path = join(tablesDirectory, random.pick(names));
    const bytes = fs.readFileSync(path);
    const kind = random.below(3);
    if (kind === 0) fs.rmSync(path);
    else if (kind === 1) fs.writeFileSync(path, bytes.subarray(0, random.below(bytes.length)));
    else {
      const at = random.below(bytes.length);
      bytes[at] = (bytes[at] as number) ^ (1 << random.below(8));
      fs.writeFileSync(path, bytes);
    }
  }

  async #reopen(withLog: boolean): Promise<void> {
    await this.#index.close();
    if (withLog) await this.subject.reopenLog();
    this.#index = this.#open();
  }
}

for (let seed = firstSeed; seed <= lastSeed; seed++) {
  const prefixBits = seed % 2 === 0 ? 64 : 5;
  test(`seed ${seed}, ${prefixBits} bits of an id: answers are those of a map`, async () => {
    const history = new History(await IdSubject.open(seed * 1000), prefixBits);
    try {
      for (let step = 0; step < steps; step++) await history.step();
      await history.end();
    } finally {
      await history.close();
    }
  });
}

test.run();
