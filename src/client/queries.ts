/** The calls of the query service, and iteration over their pages. */
import type { Answer } from "../model/answer.js";
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
  Paging,
  QueryInput,
  QueryResult,
  QuestionFacts,
  QuestionsInput,
  SourceFacts,
  SourcesInput,
} from "../model/query.js";
import { QueryServiceService } from "../wire/steme/v1/query_service.js";
import type { CallLimits, Connection } from "./connection.js";
import {
  assertionsBytes,
  conceptsBytes,
  diffBytes,
  explainBytes,
  queryBytes,
  questionsBytes,
  sourcesBytes,
} from "./query-requests.js";
import {
  assertionsResult,
  conceptsResult,
  diffResult,
  explainResult,
  queryResult,
  questionsResult,
  sourcesResult,
} from "./query-results.js";

export type Ask<Input, Result> = (input: Input, limits: CallLimits) => Promise<Result>;

/** A call with one answer, between plain values. */
function asked<Input, Result>(
  connection: Connection,
  path: string,
  encode: (input: Input) => Uint8Array,
  decode: (bytes: Uint8Array) => Result,
): Ask<Input, Result> {
  return async (input, limits) => {
    return decode(await connection.unaryCall(path, encode(input), limits));
  };
}

export class QueryCalls {
  readonly query: Ask<QueryInput, QueryResult>;
  readonly explain: Ask<ExplainInput, ExplainResult>;
  readonly diff: Ask<DiffInput, DiffResult>;
  readonly concepts: Ask<ConceptsInput, Listing<Concept>>;
  readonly questions: Ask<QuestionsInput, Listing<QuestionFacts>>;
  readonly assertions: Ask<AssertionsInput, Listing<ListedAssertion>>;
  readonly sources: Ask<SourcesInput, Listing<SourceFacts>>;

  constructor(connection: Connection) {
    const service = QueryServiceService;
    this.query = asked(connection, service.query.path, queryBytes, queryResult);
    this.explain = asked(connection, service.explain.path, explainBytes, explainResult);
    this.diff = asked(connection, service.diff.path, diffBytes, diffResult);
    this.concepts = asked(connection, service.listConcepts.path, conceptsBytes, conceptsResult);
    this.questions = asked(connection, service.listQuestions.path, questionsBytes, questionsResult);
    const assertionsPath = service.listAssertions.path;
    this.assertions = asked(connection, assertionsPath, assertionsBytes, assertionsResult);
    this.sources = asked(connection, service.listSources.path, sourcesBytes, sourcesResult);
  }
}

/** All answers, page by page: the next page is asked for when the one before has been taken. */
export async function* everyAnswer(
  ask: Ask<QueryInput, QueryResult>,
  input: QueryInput,
  limits: CallLimits,
): AsyncGenerator<Answer, void, undefined> {
  for await (const page of pagesOf(ask, input, limits)) yield* page.answers;
}

/** All rows of a list, page by page. */
export async function* everyRow<Input extends Paging, Row>(
  ask: Ask<Input, Listing<Row>>,
  input: Input,
  limits: CallLimits,
): AsyncGenerator<Row, void, undefined> {
  for await (const page of pagesOf(ask, input, limits)) yield* page.rows;
}

async function* pagesOf<Input extends Paging, Page extends { readonly nextCursor?: Uint8Array }>(
  ask: Ask<Input, Page>,
  input: Input,
  limits: CallLimits,
): AsyncGenerator<Page, void, undefined> {
  for (let next: Input | undefined = input; next !== undefined; ) {
    const page: Page = await ask(next, limits);
    yield page;
    next = page.nextCursor === undefined ? undefined : { ...input, cursor: page.nextCursor };
  }
}
