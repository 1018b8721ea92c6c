/** Appends claims and watches the views follow. */
import { setTimeout as pause } from "node:timers/promises";
import { KeyPair, type StemeClient, type Writer } from "../../../src/client/index.js";
import { ClaimMaker, type GeneratedClaim } from "./claim-maker.js";

const batchEntries = 256;
const voiceCount = 16;
const watchMs = 20;
/** Appends wait while the views are further behind: they follow live, and do not catch up. */
const behindMax = 100_000;
/** Views that stand still for so long will not move. */
const standstillMsMax = 60_000;

interface Sample {
  readonly atMs: number;
  readonly applied: number;
}

/** How far the views were, and when. */
export class Following {
  readonly #client: StemeClient;
  readonly #samples: Sample[] = [];

  constructor(client: StemeClient) {
    this.#client = client;
  }

  async look(): Promise<number> {
    const { applied, projections } = await this.#client.views();
    const stopped = projections.find(({ state }) => state === "stopped");
    if (stopped !== undefined) {
      throw new Error(`projection ${stopped.name} stopped: ${stopped.stoppedBecause ?? ""}`);
    }
    this.#samples.push({ atMs: performance.now(), applied });
    return applied;
  }

  /** Returns when the views have applied so much. */
  async reached(size: number): Promise<void> {
    let [applied, movedMs] = [-1, performance.now()];
    for (;;) {
      const now = await this.look();
      if (now >= size) return;
      if (now > applied) [applied, movedMs] = [now, performance.now()];
      if (performance.now() - movedMs > standstillMsMax) {
        throw new Error(`the views stand still at ${now} of ${size}`);
      }
      await pause(watchMs);
    }
  }

  /** Entries a second while the views went from one size to another. */
  rateBetween(from: number, until: number): number {
    const first = this.#samples.findLast(({ applied }) => applied <= from) ?? this.#samples[0];
    const last = this.#samples.find(({ applied }) => applied >= until) ?? this.#samples.at(-1);
    if (first === undefined || last === undefined || last.atMs === first.atMs) return 0;
    return ((last.applied - first.applied) * 1000) / (last.atMs - first.atMs);
  }
}

interface Voice {
  readonly maker: ClaimMaker;
  readonly writer: Writer;
}

/** Some authors, who take turns. */
class Voices {
  readonly #voices: readonly Voice[];
  #turn = 0;

  constructor(client: StemeClient, count: number) {
    this.#voices = Array.from({ length: count }, () => {
      const keys = KeyPair.generate();
      return { maker: new ClaimMaker(keys.publicKey), writer: client.writer({ keys }) };
    });
  }

  /** Appends claims; resolves when there is room for more. Fails where an earlier append failed. */
  async say(claims: readonly GeneratedClaim[], voice = this.#turn++): Promise<void> {
    const { maker, writer } = this.#voices[voice % this.#voices.length] as Voice;
    void writer.appendBatch(claims.map((claim) => maker.make(claim))).catch(() => {});
    await writer.capacity();
  }

  async close(): Promise<void> {
    await Promise.all(this.#voices.map(({ writer }) => writer.close()));
  }
}

/** Claims that are appended together; the voices take turns where none is named. */
export interface Portion {
  readonly claims: readonly GeneratedClaim[];
  readonly voice?: number;
}

/** What was appended, and how the views followed. */
export interface Followed {
  readonly following: Following;
  readonly startSize: number;
  readonly size: number;
  /** When the first and the last were appended, in milliseconds since 1970. */
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Appends claims, never far ahead of the views; returns when these have all of them. */
export async function appendFollowed(
  client: StemeClient,
  portions: Iterable<Portion>,
): Promise<Followed> {
  const following = new Following(client);
  const voices = new Voices(client, voiceCount);
  const startSize = (await client.status()).size;
  await following.reached(startSize);
  const fromMs = Date.now();
  let [said, applied, lookedMs] = [startSize, startSize, performance.now()];
  for (const { claims, voice } of portions) {
    await voices.say(claims, voice);
    said += claims.length;
    while (said - applied > behindMax || performance.now() - lookedMs > watchMs) {
      if (said - applied > behindMax) await pause(watchMs);
      applied = await following.look();
      lookedMs = performance.now();
    }
  }
  await voices.close();
  const untilMs = Date.now();
  const { size } = await client.status();
  await following.reached(size);
  return { following, startSize, size, fromMs, untilMs };
}

/** Claims in portions of a batch. */
export function* portionsOf(
  count: number,
  claim: (number: number) => GeneratedClaim,
): Generator<Portion, void, undefined> {
  for (let said = 0; said < count; said += batchEntries) {
    const length = Math.min(batchEntries, count - said);
    yield { claims: Array.from({ length }, (_unused, i) => claim(said + i)) };
  }
}
