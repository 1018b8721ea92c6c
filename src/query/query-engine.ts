/** Answers questions from the views: the one implementation of `Queries`. */
import type { Clock } from "../host/clock.js";
import type { Random } from "../host/random.js";
import type { Workers } from "../host/workers.js";
import type { LogGenesis } from "../model/entry.js";
import { Fault } from "../model/fault.js";
import type { HybridTime } from "../model/hybrid-time.js";
import type { LogId } from "../model/position.js";
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
  Queries,
  QueryInput,
  QueryResult,
  QuestionFacts,
  QuestionsInput,
  SourceFacts,
  SourcesInput,
} from "../model/query.js";
import type { Block } from "../wal/block.js";
import { type QueryTrace, Traces } from "./traces.js";

/** The log as answers need it. */
export interface QueriedLog {
  readonly id: LogId;
  readonly size: number;
  readonly lastTime: HybridTime;
  readonly genesis: LogGenesis;
  read(index: number): Promise<Block>;
  timeIndex(recordedMs: number): Promise<number>;
}

export interface QueryEngineOptions {
  readonly log: QueriedLog;
  readonly clock: Clock;
  readonly random: Random;
  readonly workers: Workers;
}

const notYet = () => new Fault("VIEWS_UNAVAILABLE", "the views cannot be read yet; try again");

export class QueryEngine implements Queries {
  readonly #traces = new Traces();

  constructor(readonly options: QueryEngineOptions) {}

  async query(_input: QueryInput, _signal: AbortSignal): Promise<QueryResult> {
    throw notYet();
  }

  async explain(_input: ExplainInput, _signal: AbortSignal): Promise<ExplainResult> {
    throw notYet();
  }

  async diff(_input: DiffInput, _signal: AbortSignal): Promise<DiffResult> {
    throw notYet();
  }

  async concepts(_input: ConceptsInput, _signal: AbortSignal): Promise<Listing<Concept>> {
    throw notYet();
  }

  async questions(_input: QuestionsInput, _signal: AbortSignal): Promise<Listing<QuestionFacts>> {
    throw notYet();
  }

  async assertions(
    _input: AssertionsInput,
    _signal: AbortSignal,
  ): Promise<Listing<ListedAssertion>> {
    throw notYet();
  }

  async sources(_input: SourcesInput, _signal: AbortSignal): Promise<Listing<SourceFacts>> {
    throw notYet();
  }

  /** What became of one of the last 10,000 queries, by its 16-byte id. */
  trace(queryId: Uint8Array): QueryTrace | undefined {
    return this.#traces.find(queryId);
  }

  /** Stops the thread that weighs large questions; what it holds is refused. */
  async close(): Promise<void> {}
}
