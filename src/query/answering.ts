/**
 * Answers the questions of a page, one by one, and lets others have their turn.
 *
 *     units ─▶ kept ruling? ──────────────yes─▶ answer
 *                  └no─▶ small? ──yes─▶ weigh ─▶ answer
 *                           └no─▶ copy pages ─▶ weigh on a thread ─▶ answer
 *
 * All three give the same answer, byte for byte; they differ in what they cost. A turn of the event
 * loop is given up after `turnMsMax`, and the next one reads what the first one pinned.
 */

import { sha256 } from "../crypto/sha256.js";
import { type Clock, nextTurn } from "../host/clock.js";
import { assert } from "../invariant/assert.js";
import { answerOf } from "../lens/index.js";
import type { Answer } from "../model/answer.js";
import { bytesEqual } from "../model/hex.js";
import type { QuerySubject } from "../model/query.js";
import { answersWithin, fitted, type PagePart, type Room } from "./answer-page.js";
import { answerBytes, replyBytesMax } from "./answer-size.js";
import type { AskedLens } from "./asked-lens.js";
import { copyQuestion, turnMsMax } from "./copied-question.js";
import type { CutLimit } from "./cuts.js";
import { cancelled } from "./freshness.js";
import { type FoundQuestion, findQuestion, historyOf } from "./histories.js";
import { outcomesInTurns } from "./outcomes.js";
import type { PinnedReads, PinnedView } from "./pinned-reads.js";
import { type Unit, unitsBehind } from "./subjects.js";
import type { ReadingAsked, WeighJob } from "./weigh-job.js";
import type { WeighPool } from "./weigh-pool.js";
import type { FoldedWorld } from "./worlds.js";

/** A question with more claims is weighed on a thread of its own. */
export const claimsInTurnMax = 2_000;
const DIGEST_BYTES = 8;
const nowhere = new Uint8Array(0);

export interface AnsweringParts {
  readonly reads: PinnedReads;
  readonly pool: WeighPool;
  readonly clock: Clock;
}

export interface AnswersAsked {
  readonly subject: QuerySubject;
  readonly asked: AskedLens;
  readonly evaluatedAtMs: number;
  readonly answersMax: number;
  /** Where the page begins. */
  readonly place: Uint8Array;
  readonly inside: Uint8Array;
}

/** A page of answers. */
export interface AnswersPage {
  readonly answers: readonly Answer[];
  /** Set where there are more. */
  readonly next?: { readonly place: Uint8Array; readonly inside: Uint8Array };
  readonly materialisedCount: number;
  readonly weighedCount: number;
}

export class Answering {
  readonly #parts: AnsweringParts;
  readonly #asked: AnswersAsked;
  readonly #answers: Answer[] = [];
  #place: Uint8Array;
  #inside: Uint8Array;
  #bytes = 0;
  #isFull = false;
  #materialisedCount = 0;
  #weighedCount = 0;

  constructor(parts: AnsweringParts, asked: AnswersAsked) {
    this.#parts = parts;
    this.#asked = asked;
    this.#place = asked.place;
    this.#inside = asked.inside;
  }

  async page(signal: AbortSignal): Promise<AnswersPage> {
    for (;;) {
      const step = this.#parts.reads.read((view) => this.#turn(view));
      if (step === "done") return this.#page();
      if (step !== "more") await this.#weighElsewhere(step, signal);
      else await nextTurn();
      if (signal.aborted) throw cancelled(signal.reason);
      if (this.#isFull) return this.#page();
    }
  }

  /** The page, where one turn is enough; else `undefined`, and what was begun is of no use. */
  pageNow(): AnswersPage | undefined {
    const step = this.#parts.reads.read((view) => this.#turn(view));
    return step === "done" ? this.#page() : undefined;
  }

  #page(): AnswersPage {
    const page = {
      answers: this.#answers,
      materialisedCount: this.#materialisedCount,
      weighedCount: this.#weighedCount,
    };
    if (!this.#isFull) return page;
    return { ...page, next: { place: this.#place, inside: this.#inside } };
  }

  /** Answers until the page is full, there is nothing more, or others should have their turn. */
  #turn(view: PinnedView): "done" | "more" | Unit {
    const { clock } = this.#parts;
    const startedMs = clock.monotonicMs();
    for (;;) {
      const { units, until } = unitsBehind(view, this.#asked.subject, this.#place);
      for (const unit of units) {
        const isAnswered = this.#answer(view, unit);
        if (this.#isFull) return "done";
        if (!isAnswered) return unit;
        if (units.length > 1 && clock.monotonicMs() - startedMs > turnMsMax) return "more";
      }
      if (until === undefined) return "done";
      this.#place = until;
      if (clock.monotonicMs() - startedMs > turnMsMax) return "more";
    }
  }

  /** Returns whether it could be done in this turn. */
  #answer(view: PinnedView, unit: Unit): boolean {
    if (this.#room().answers < 1) {
      this.#isFull = true;
      return true;
    }
    const found = findQuestion(view.snapshot, view.world.world, unit.question);
    const kept = this.#kept(view, found);
    if (kept !== undefined) {
      this.#materialisedCount++;
      this.#take(unit, this.#partOf(kept));
      return true;
    }
    this.#weighedCount++;
    if (found.claimCount > claimsInTurnMax) return false;
    const reading = this.#reading(view.limits, view.world);
    const history = historyOf(view.snapshot, found);
    const { needsTrust } = this.#asked.asked;
    const outcomes = needsTrust ? view.snapshot.outcomesFor(history.candidates) : [];
    const { lens } = reading;
    assert(lens !== "constraints", "constraints are asked elsewhere");
    const input = { ...reading, history, outcomes, world: view.world.world, cut: view.cut };
    this.#take(unit, answersWithin(input, lens, this.#afterIn(unit), this.#room()));
    return true;
  }

  /** The answer that the views keep ready, where it is the one asked for. */
  #kept(view: PinnedView, found: FoundQuestion): Answer | undefined {
    const { materialised } = this.#asked.asked;
    const [stored] = found.stored;
    if (materialised === undefined || stored === undefined) return undefined;
    if (!view.isPresent || !found.isAlone) return undefined;
    const { evaluatedAtMs } = this.#asked;
    const ruling = stored.ruling(materialised, { evaluatedAtMs });
    if (ruling === undefined) return undefined;
    return fitted(answerOf(ruling, found.subject, (ordinal) => stored.claim(ordinal)));
  }

  #partOf(answer: Answer): PagePart {
    // One answer always has room in an empty page.
    const bytes = this.#asked.subject.kind === "question" ? 0 : answerBytes(answer);
    const room = this.#room();
    if (room.answers < 1 || bytes > room.bytes) return { answers: [], bytes: 0, next: nowhere };
    return { answers: [answer], bytes };
  }

  async #weighElsewhere(unit: Unit, signal: AbortSignal): Promise<void> {
    const { pool, reads, clock } = this.#parts;
    const copy = await copyQuestion({ reads, clock, signal }, unit.question);
    const job: WeighJob = {
      work: {
        kind: "answers",
        reading: this.#reading(copy.limits, copy.world),
        after: this.#afterIn(unit),
        room: this.#room(),
      },
      questions: [copy.question],
      worlds: [copy.world.source],
      needsTrust: this.#asked.asked.needsTrust,
    };
    const result = await pool.run(job, (voices) => outcomesInTurns(reads, voices), signal);
    this.#take(unit, result as PagePart);
  }

  #reading(limits: readonly CutLimit[], world: FoldedWorld): ReadingAsked {
    const { asked, evaluatedAtMs } = this.#asked;
    const { lens, parameters } = asked;
    return { lens, parameters, limits, evaluatedAtMs, worldKey: world.source.key };
  }

  #room(): Room {
    return {
      answers: this.#asked.answersMax - this.#answers.length,
      bytes: replyBytesMax - this.#bytes,
    };
  }

  /** Behind which of a question's values this page begins. */
  #afterIn({ place }: Unit): Uint8Array {
    const digest = this.#inside.subarray(0, DIGEST_BYTES);
    if (digest.length === 0 || !bytesEqual(digest, digestOf(place))) return nowhere;
    return this.#inside.subarray(DIGEST_BYTES);
  }

  #take(unit: Unit, part: PagePart): void {
    const isListed = this.#asked.subject.kind === "questions";
    for (const answer of part.answers) {
      if (isListed || !isAbsent(answer)) this.#answers.push(answer);
    }
    this.#bytes += part.bytes;
    if (part.next === undefined) {
      this.#place = unit.place;
      this.#inside = nowhere;
      return;
    }
    this.#isFull = true;
    if (part.next.length > 0) {
      this.#inside = new Uint8Array(Buffer.concat([digestOf(unit.place), part.next]));
    }
  }
}

const digestOf = (place: Uint8Array): Uint8Array => sha256(place).subarray(0, DIGEST_BYTES);

/** Nobody had said anything: where questions are looked for, there is none. */
const isAbsent = ({ counts }: Answer): boolean => counts.candidates === 0 && counts.redacted === 0;
