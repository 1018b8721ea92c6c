/** A client of one node: opens writers and subscriptions on its connection, and reads. */
import type { Answer } from "../model/answer.js";
import { Fault } from "../model/fault.js";
import type {
  AssertionsInput,
  Concept,
  ConceptsInput,
  DiffInput,
  DiffResult,
  ExplainInput,
  ExplainResult,
  ListedAssertion,
  Listing,
  QueryInput,
  QueryResult,
  QuestionFacts,
  QuestionsInput,
  RebuildProgress,
  SourceFacts,
  SourcesInput,
  VerifyProgress,
  ViewsStatus,
} from "../model/query.js";
import { type ConnectOptions, clientOptions } from "./client-options.js";
import { type CallLimits, Connection, closedFault } from "./connection.js";
import { type Health, readHealth } from "./health.js";
import { type NodeStatus, readStatus } from "./node-status.js";
import { PresignedCall, type PresignedOptions } from "./presigned.js";
import { everyAnswer, everyRow, QueryCalls } from "./queries.js";
import { Reading, type ReadOptions } from "./reading.js";
import { type GetBy, readEntry, type StoredEntry } from "./stored-entry.js";
import { Subscription, type SubscriptionOptions, subscriptionPresets } from "./subscription.js";
import { readViews, rebuildReports, verifyReports } from "./views-calls.js";
import { Writer } from "./writer.js";
import { type WriterInput, writerOptions } from "./writer-options.js";

/**
 * Makes a client. Connects when it is first used: `ready()` connects now and says whether it could.
 * Throws ARGUMENT_INVALID without an address.
 */
export function connect(options: ConnectOptions): StemeClient {
  return new StemeClient(new Connection(clientOptions(options)));
}

export class StemeClient {
  readonly #connection: Connection;
  readonly #queries: QueryCalls;
  readonly #writers = new Set<Writer>();
  readonly #subscriptions = new Set<Subscription>();

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#queries = new QueryCalls(connection);
  }

  /** The address in use. */
  get address(): string {
    return this.#connection.address;
  }

  /** Connects; throws UNAVAILABLE if no node answers within `timeoutMs`. */
  ready(timeoutMs = this.#connection.options.callTimeoutMs): Promise<void> {
    return this.#connection.ready(timeoutMs);
  }

  /** Opens a writer for the entries of one author. Close it. */
  writer(input: WriterInput): Writer {
    this.#requireOpen();
    const options = writerOptions(input, this.#connection.options.random);
    const writer: Writer = new Writer(this.#connection, options, () => {
      this.#writers.delete(writer);
    });
    this.#writers.add(writer);
    return writer;
  }

  /** Opens an Append call for requests that were signed elsewhere. */
  appendCall(options: PresignedOptions = {}): PresignedCall {
    return new PresignedCall(this.#connection, options);
  }

  /** Subscribes: replays from `start` (absent: the end), then follows live. */
  subscribe(options: Partial<SubscriptionOptions> = {}): Subscription {
    this.#requireOpen();
    const { heartbeatMs = subscriptionPresets.heartbeatMs } = options;
    if (!(heartbeatMs >= 100 && heartbeatMs <= 600_000)) {
      const detail = { field: "heartbeatMs", limit: "100..600000", value: heartbeatMs };
      throw new Fault("ARGUMENT_INVALID", "heartbeatMs is outside its limits", detail);
    }
    const all = { ...subscriptionPresets, ...options };
    const subscription: Subscription = new Subscription(this.#connection, all, () => {
      this.#subscriptions.delete(subscription);
    });
    this.#subscriptions.add(subscription);
    return subscription;
  }

  /** Reads a bounded range. */
  read(options: ReadOptions): Reading {
    return new Reading(this.#connection, options);
  }

  /** Reads one entry by its id or place; throws NOT_FOUND. */
  get(by: GetBy, limits: CallLimits = {}): Promise<StoredEntry> {
    return readEntry(this.#connection, by, limits);
  }

  /** Answers one question, a concept's, up to 1,000, or a page of those below a prefix. */
  query(input: QueryInput, limits: CallLimits = {}): Promise<QueryResult> {
    return this.#queries.query(input, limits);
  }

  /** The answers of all pages. */
  queryAll(input: QueryInput, limits: CallLimits = {}): AsyncIterable<Answer> {
    return everyAnswer(this.#queries.query, input, limits);
  }

  /** Says how an answer comes about, and what would change it. */
  explain(input: ExplainInput, limits: CallLimits = {}): Promise<ExplainResult> {
    return this.#queries.explain(input, limits);
  }

  /** Compares the answers to a question at two moments. */
  diff(input: DiffInput, limits: CallLimits = {}): Promise<DiffResult> {
    return this.#queries.diff(input, limits);
  }

  /** A page of concept paths below a prefix. */
  concepts(input: ConceptsInput, limits: CallLimits = {}): Promise<Listing<Concept>> {
    return this.#queries.concepts(input, limits);
  }

  /** All of them. */
  conceptsAll(input: ConceptsInput, limits: CallLimits = {}): AsyncIterable<Concept> {
    return everyRow(this.#queries.concepts, input, limits);
  }

  /** A page of questions: of a concept or prefix, the most contested, the most recent. */
  questions(input: QuestionsInput, limits: CallLimits = {}): Promise<Listing<QuestionFacts>> {
    return this.#queries.questions(input, limits);
  }

  /** All of them. */
  questionsAll(input: QuestionsInput, limits: CallLimits = {}): AsyncIterable<QuestionFacts> {
    return everyRow(this.#queries.questions, input, limits);
  }

  /** A page of the assertions of an author or a source. */
  assertions(input: AssertionsInput, limits: CallLimits = {}): Promise<Listing<ListedAssertion>> {
    return this.#queries.assertions(input, limits);
  }

  /** All of them. */
  assertionsAll(input: AssertionsInput, limits: CallLimits = {}): AsyncIterable<ListedAssertion> {
    return everyRow(this.#queries.assertions, input, limits);
  }

  /** A page of sources. */
  sources(input: SourcesInput = {}, limits: CallLimits = {}): Promise<Listing<SourceFacts>> {
    return this.#queries.sources(input, limits);
  }

  /** All of them. */
  sourcesAll(input: SourcesInput = {}, limits: CallLimits = {}): AsyncIterable<SourceFacts> {
    return everyRow(this.#queries.sources, input, limits);
  }

  /** How far the views have followed the log. */
  views(limits: CallLimits = {}): Promise<ViewsStatus> {
    return readViews(this.#connection, limits);
  }

  /** Builds the views anew; leaving the iteration before its end gives that up. */
  rebuildViews(limits: CallLimits = {}): AsyncIterable<RebuildProgress> {
    return rebuildReports(this.#connection, limits);
  }

  /** Compares the views with the log. */
  verifyViews(limits: CallLimits = {}): AsyncIterable<VerifyProgress> {
    return verifyReports(this.#connection, limits);
  }

  /** What the node is and holds. */
  status(limits: CallLimits = {}): Promise<NodeStatus> {
    return readStatus(this.#connection, limits);
  }

  /** Whether the node serves. */
  health(service = "", limits: CallLimits = {}): Promise<Health> {
    return readHealth(this.#connection, service, limits);
  }

  /**
   * Closes the connection. Subscriptions end; what writers have not settled is rejected: close them
   * first.
   */
  close(): void {
    if (this.#connection.isClosed) return;
    for (const writer of this.#writers) writer.abort(closedFault());
    for (const subscription of this.#subscriptions) subscription.close();
    this.#connection.close();
  }

  #requireOpen(): void {
    if (this.#connection.isClosed) throw closedFault();
  }
}
