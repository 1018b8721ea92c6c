/** Queries that are counted and timed, by lens and by how they were answered. */
import type {
  AssertionsInput,
  ConceptsInput,
  DiffInput,
  ExplainInput,
  Queries,
  QueryInput,
  QueryResult,
  QuestionsInput,
  SourcesInput,
} from "../model/query.js";
import type { Metrics } from "../observability/metrics.js";
import type { QueryTrace } from "./traces.js";

/** Answers questions, and remembers the last ones. */
export interface TracedQueries extends Queries {
  trace(queryId: Uint8Array): QueryTrace | undefined;
}

function pathOf({ materialisedCount, weighedCount }: QueryTrace): string {
  if (weighedCount === 0) return materialisedCount === 0 ? "none" : "materialised";
  return materialisedCount === 0 ? "weighed" : "mixed";
}

/** Stands before the engine, for every interface: a query's trace tells what it reports. */
export class MeteredQueries implements TracedQueries {
  readonly #engine: TracedQueries;
  readonly #metrics: Metrics;

  constructor(engine: TracedQueries, metrics: Metrics) {
    this.#engine = engine;
    this.#metrics = metrics;
  }

  async query(input: QueryInput, signal: AbortSignal): Promise<QueryResult> {
    return this.#metered(await this.#engine.query(input, signal));
  }

  queryNow(input: QueryInput): QueryResult | undefined {
    const result = this.#engine.queryNow?.(input);
    return result === undefined ? undefined : this.#metered(result);
  }

  explain(input: ExplainInput, signal: AbortSignal) {
    return this.#engine.explain(input, signal);
  }

  diff(input: DiffInput, signal: AbortSignal) {
    return this.#engine.diff(input, signal);
  }

  concepts(input: ConceptsInput, signal: AbortSignal) {
    return this.#engine.concepts(input, signal);
  }

  questions(input: QuestionsInput, signal: AbortSignal) {
    return this.#engine.questions(input, signal);
  }

  assertions(input: AssertionsInput, signal: AbortSignal) {
    return this.#engine.assertions(input, signal);
  }

  sources(input: SourcesInput, signal: AbortSignal) {
    return this.#engine.sources(input, signal);
  }

  trace(queryId: Uint8Array) {
    return this.#engine.trace(queryId);
  }

  #metered(result: QueryResult): QueryResult {
    const trace = this.#engine.trace(result.queryId);
    if (trace !== undefined) {
      const labels = { lens: trace.basis.lens, path: pathOf(trace) };
      this.#metrics.count("query_requests_total", 1, labels);
      this.#metrics.observe("query_duration_seconds", trace.tookMs / 1_000, labels);
    }
    return result;
  }
}
