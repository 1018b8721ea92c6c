/**
 * Answers questions from the views: the one implementation of `Queries`.
 *
 *     request ─▶ moment ─▶ freshness ─▶ reads that see one frontier ─▶ answers, a page of them
 *                                              │
 *                              kept rulings · weighing here · weighing on a thread
 *
 * Nothing here is state that an answer depends on: worlds and rulings are caches of what the log
 * says, and the same question at the same moment has the same answer on every node.
 */
import type { Clock } from "../host/clock.js";
import type { Random } from "../host/random.js";
import type { Workers } from "../host/workers.js";
import type { Basis, Moment } from "../model/answer.js";
import type { LogGenesis } from "../model/entry.js";
import { Fault } from "../model/fault.js";
import type { HybridTime } from "../model/hybrid-time.js";
import {
  type AssertionsInput,
  type Concept,
  type ConceptsInput,
  type DiffInput,
  type DiffResult,
  type ExplainInput,
  type ExplainResult,
  type LensRequest,
  type ListedAssertion,
  type Listing,
  type ListRequest,
  pageSizePreset,
  type Queries,
  type QueryInput,
  type QueryResult,
  type QuestionFacts,
  type QuestionsInput,
  type SourceFacts,
  type SourcesInput,
} from "../model/query.js";
import { replyBytesMax, shortened } from "./answer-size.js";
import { Answering, type AnswersPage } from "./answering.js";
import { type AskedLens, askedLens } from "./asked-lens.js";
import { Bases, pastBasis } from "./bases.js";
import { type CursorPlace, Cursors } from "./cursors.js";
import { fittedDifference, fittedExplanation } from "./fitted.js";
import { awaitFreshness, cancelled, type FollowingViews } from "./freshness.js";
import {
  assertionPlaces,
  assertionsPage,
  conceptsPage,
  type ListPage,
  type PageAsked,
  questionsPage,
  sourcesPage,
} from "./lists.js";
import { Moments, type ResolvedMoment } from "./moments.js";
import { PinnedReads, type PinnedView, type ReadableViews } from "./pinned-reads.js";
import { QueryIds } from "./query-ids.js";
import type { SeenLog } from "./seen.js";
import { type QueryTrace, Traces } from "./traces.js";
import { WeighPool } from "./weigh-pool.js";
import { compareQuestion, constraintsBelow, explainQuestion } from "./whole-work.js";
import { Worlds } from "./worlds.js";

/** The log as answers need it. */
export interface QueriedLog extends SeenLog {
  readonly lastTime: HybridTime;
  readonly genesis: LogGenesis;
}

export interface QueryEngineOptions {
  readonly views: ReadableViews & FollowingViews;
  readonly log: QueriedLog;
  readonly clock: Clock;
  readonly random: Random;
  readonly workers: Workers;
}

/** What a request rests on, once it was waited for. */
interface Opened {
  readonly reads: PinnedReads;
  readonly evaluatedAtMs: number;
  readonly moment: ResolvedMoment | undefined;
  readonly isBehind: boolean;
}

/** When a query was asked, and how long it waited. */
type Asking = Pick<QueryTrace, "askedAtMs" | "waitedMs"> & { readonly startedMs: number };

const nowhere = new Uint8Array(0);

export class QueryEngine implements Queries {
  readonly #options: QueryEngineOptions;
  readonly #moments: Moments;
  readonly #cursors: Cursors;
  readonly #pool: WeighPool;
  readonly #worlds = new Worlds();
  readonly #traces = new Traces();
  readonly #bases = new Bases();
  readonly #ids: QueryIds;

  constructor(options: QueryEngineOptions) {
    this.#options = options;
    this.#moments = new Moments(options.log, options.clock);
    this.#cursors = new Cursors(options.log.genesis);
    this.#pool = new WeighPool(options.workers);
    this.#ids = new QueryIds(options.random);
  }

  /** Answers one question, a concept's, up to 1,000, or a page of those below a prefix. */
  async query(input: QueryInput, signal: AbortSignal): Promise<QueryResult> {
    if (signal.aborted) throw cancelled(signal.reason);
    const now = this.queryNow(input);
    if (now !== undefined) return now;
    const asking = this.#asking();
    const asked = askedLens(input);
    const start = this.#startOf(input);
    const opened = await this.#open(input, input.asOf, start?.evaluatedAtMs, signal);
    const waitedMs = this.#options.clock.monotonicMs() - asking.startedMs;
    const page =
      asked.lens === "constraints"
        ? await this.#constraints(input, asked, opened, signal)
        : await this.#answering(input, asked, opened, start).page(signal);
    return this.#resultOf(input, asked, opened, page, { ...asking, waitedMs });
  }

  /** The answer to one question about the present, where nothing has to be waited for. */
  queryNow(input: QueryInput): QueryResult | undefined {
    const { subject, asOf, cursor, freshness } = input;
    if (subject.kind !== "question" || asOf !== undefined || cursor !== undefined) return undefined;
    if (freshness !== undefined && freshness.kind !== "level") return undefined;
    const { views, log } = this.#options;
    if (freshness?.level !== "local" && views.appliedSize < log.size) return undefined;
    const asked = askedLens(input);
    if (asked.lens === "constraints") return undefined;
    const asking = this.#asking();
    const evaluatedAtMs = input.evaluatedAtMs ?? this.#nowMs();
    const reads = this.#reads(undefined);
    const opened = { reads, evaluatedAtMs, moment: undefined, isBehind: false };
    const page = this.#answering(input, asked, opened, undefined).pageNow();
    if (page === undefined) return undefined;
    return this.#resultOf(input, asked, opened, page, { ...asking, waitedMs: 0 });
  }

  /** Says how an answer comes about. */
  async explain(input: ExplainInput, signal: AbortSignal): Promise<ExplainResult> {
    const asked = askedLens(input);
    requireNoConstraints(asked);
    const opened = await this.#open(input, input.asOf, undefined, signal);
    const { reads, evaluatedAtMs, isBehind } = opened;
    const explanation = await explainQuestion(
      reads,
      input.question,
      { lens: asked.lens, parameters: asked.parameters, evaluatedAtMs },
      { pool: this.#pool, clock: this.#options.clock, signal, needsTrust: asked.needsTrust },
    );
    const basis = this.#basisOf(asked, opened, input.asOf);
    return { ...fittedExplanation(explanation), basis, isBehind };
  }

  /** Compares the answers to a question at two moments. */
  async diff(input: DiffInput, signal: AbortSignal): Promise<DiffResult> {
    const asked = askedLens(input);
    requireNoConstraints(asked);
    const later = await this.#open(input, input.to, undefined, signal);
    const earlier = await this.#open(input, input.from, undefined, signal);
    const { lens, parameters, needsTrust } = asked;
    const sideOf = ({ reads, evaluatedAtMs }: Opened) => {
      return { reads, wanted: { lens, parameters, evaluatedAtMs } };
    };
    const parts = { pool: this.#pool, clock: this.#options.clock, signal, needsTrust };
    const { question } = input;
    const compared = await compareQuestion(sideOf(earlier), sideOf(later), question, parts);
    return {
      ...fittedDifference(compared),
      fromBasis: this.#basisOf(asked, earlier, input.from),
      toBasis: this.#basisOf(asked, later, input.to),
      isBehind: earlier.isBehind || later.isBehind,
    };
  }

  concepts(input: ConceptsInput, signal: AbortSignal): Promise<Listing<Concept>> {
    return this.#list("concepts", input, signal, (view, page) => conceptsPage(view, input, page));
  }

  questions(input: QuestionsInput, signal: AbortSignal): Promise<Listing<QuestionFacts>> {
    const nowMs = this.#nowMs();
    return this.#list("questions", input, signal, (view, page) =>
      questionsPage(view, input.which, nowMs, page),
    );
  }

  async assertions(input: AssertionsInput, signal: AbortSignal): Promise<Listing<ListedAssertion>> {
    const { log } = this.#options;
    return this.#list("assertions", input, signal, (view, page) => {
      const places = assertionPlaces(view, input, page);
      return () => assertionsPage(log, places, page);
    });
  }

  sources(input: SourcesInput, signal: AbortSignal): Promise<Listing<SourceFacts>> {
    return this.#list("sources", input, signal, (view, page) => sourcesPage(view, input, page));
  }

  /** What became of one of the last 10,000 queries, by its 16-byte id. */
  trace(queryId: Uint8Array): QueryTrace | undefined {
    return this.#traces.find(queryId);
  }

  /** Stops the thread that weighs large questions; what waits for it is refused. */
  close(): Promise<void> {
    return this.#pool.close();
  }

  /** Checks the moment, waits for freshness, and opens reads of one frontier. */
  async #open(
    request: LensRequest,
    asOf: Moment | undefined,
    startedAtMs: number | undefined,
    signal: AbortSignal,
  ): Promise<Opened> {
    if (signal.aborted) throw cancelled(signal.reason);
    const { views, log } = this.#options;
    const moment = asOf === undefined ? undefined : await this.#moments.resolve(asOf);
    const { freshness, waitMs } = request;
    const wanted = { freshness, waitMs, sizeMin: moment?.sizeMin ?? 0 };
    const isBehind = await awaitFreshness(log, views, wanted, signal);
    const evaluatedAtMs =
      startedAtMs ?? request.evaluatedAtMs ?? moment?.recordedMs ?? this.#nowMs();
    return { reads: this.#reads(moment), evaluatedAtMs, moment, isBehind };
  }

  #reads(moment: ResolvedMoment | undefined): PinnedReads {
    const { views, log } = this.#options;
    return new PinnedReads({ views, worlds: this.#worlds, logId: log.id }, moment?.limit);
  }

  #asking(): Pick<Asking, "askedAtMs" | "startedMs"> {
    const { clock } = this.#options;
    return { askedAtMs: clock.nowMs(), startedMs: clock.monotonicMs() };
  }

  #resultOf(
    input: QueryInput,
    asked: AskedLens,
    opened: Opened,
    page: AnswersPage,
    { askedAtMs, startedMs, waitedMs }: Asking,
  ): QueryResult {
    const { isBehind, evaluatedAtMs } = opened;
    const { answers, materialisedCount, weighedCount, next } = page;
    const basis = this.#basisOf(asked, opened, input.asOf);
    const queryId = this.#ids.next();
    this.#traces.add({
      queryId,
      request: input,
      basis,
      isBehind,
      answerCount: answers.length,
      askedAtMs,
      waitedMs,
      tookMs: this.#options.clock.monotonicMs() - startedMs,
      materialisedCount,
      weighedCount,
    });
    const result = { basis, answers, isBehind, queryId };
    if (next === undefined) return result;
    const at = { evaluatedAtMs, ...next };
    return { ...result, nextCursor: this.#cursors.encode(requestOf(input), at) };
  }

  #answering(
    input: QueryInput,
    asked: AskedLens,
    { reads, evaluatedAtMs }: Opened,
    start: CursorPlace | undefined,
  ): Answering {
    const { subject, pageSize = pageSizePreset } = input;
    const isPaged = subject.kind === "concept" || subject.kind === "prefix";
    return new Answering(
      { reads, pool: this.#pool, clock: this.#options.clock },
      {
        subject,
        asked,
        evaluatedAtMs,
        answersMax: isPaged ? pageSize : Number.POSITIVE_INFINITY,
        place: start?.place ?? nowhere,
        inside: start?.inside ?? nowhere,
      },
    );
  }

  async #constraints(
    input: QueryInput,
    asked: AskedLens,
    { reads, evaluatedAtMs }: Opened,
    signal: AbortSignal,
  ): Promise<AnswersPage> {
    const { lens, parameters, needsTrust } = asked;
    const conceptPath = contextOf(input);
    const answer = await constraintsBelow(
      reads,
      conceptPath,
      { lens, parameters, evaluatedAtMs },
      { pool: this.#pool, clock: this.#options.clock, signal, needsTrust },
    );
    const short = shortened(answer, replyBytesMax);
    if (short === undefined) throw rulesTooLarge(conceptPath);
    return { answers: [short], materialisedCount: 0, weighedCount: 1 };
  }

  /** What the list takes from elsewhere is fetched when the read of the views has ended. */
  async #list<Row>(
    name: string,
    input: ListRequest,
    signal: AbortSignal,
    read: (view: PinnedView, page: PageAsked) => ListPage<Row> | (() => Promise<ListPage<Row>>),
  ): Promise<Listing<Row>> {
    const request = [name, requestOf(input)];
    const start =
      input.cursor === undefined ? undefined : this.#cursors.decode(request, input.cursor);
    const { reads, isBehind } = await this.#open(input, undefined, undefined, signal);
    const page = { behind: start?.place ?? nowhere, rowsMax: input.pageSize ?? pageSizePreset };
    const found = reads.read((view) => read(view, page));
    const { rows, next } = typeof found === "function" ? await found() : found;
    const { frontier } = reads.pinned;
    if (next === undefined) return { rows, frontier, isBehind };
    const at = { evaluatedAtMs: 0, place: next, inside: nowhere };
    return { rows, nextCursor: this.#cursors.encode(request, at), frontier, isBehind };
  }

  #startOf(input: QueryInput): CursorPlace | undefined {
    if (input.cursor === undefined) return undefined;
    return this.#cursors.decode(requestOf(input), input.cursor);
  }

  #basisOf(asked: AskedLens, opened: Opened, asOf: Moment | undefined): Basis {
    const { moment, evaluatedAtMs } = opened;
    const { pinned } = opened.reads;
    if (asOf === undefined || moment === undefined) {
      return this.#bases.present(asked, pinned, evaluatedAtMs);
    }
    const { recordedMs } = moment;
    return pastBasis(asked, pinned, { asOf, recordedMs, evaluatedAtMs });
  }

  /** The node's clock in whole seconds. */
  #nowMs(): number {
    return Math.floor(this.#options.clock.nowMs() / 1_000) * 1_000;
  }
}

/** What of a request makes its pages one list: all but how a page is fetched. */
function requestOf(input: ListRequest): unknown {
  const { cursor: _cursor, pageSize: _size, freshness: _freshness, waitMs: _wait, ...what } = input;
  return what;
}

function requireNoConstraints({ lens }: AskedLens): void {
  if (lens !== "constraints") return;
  const message = "the constraints lens lists its reasons itself: ask for its answer";
  const limit = "a lens that rules on one question";
  throw new Fault("ARGUMENT_INVALID", message, { field: "lens", limit, value: lens });
}

/** The concept that rules are asked for. */
function contextOf({ subject }: QueryInput): string {
  if (subject.kind === "concept") return subject.conceptPath;
  if (subject.kind === "question") return subject.question.conceptPath;
  const message = "the constraints lens takes one concept: ask with its path";
  const limit = "a concept path, with the lens constraints";
  throw new Fault("ARGUMENT_INVALID", message, { field: "subject", limit, value: subject.kind });
}

function rulesTooLarge(conceptPath: string): Fault {
  const message = `the rules below ${conceptPath} do not fit a reply; ask further down`;
  return new Fault("MESSAGE_TOO_LARGE", message, { concept_path: conceptPath });
}
