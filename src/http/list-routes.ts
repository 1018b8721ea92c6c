/** Lists: concepts, questions, assertions, sources, epochs. */

import type { FastifyReply } from "fastify";
import { bodyToJson, type JsonObject } from "../entry/json.js";
import { jsonFault } from "../entry/json-fault.js";
import { sourceClasses } from "../model/entry.js";
import { toHex } from "../model/hex.js";
import type { Listing, ListRequest, QuestionsInput, SourceFacts } from "../model/query.js";
import type { TracedQueries } from "../query/metered-queries.js";
import { fraction, positionText, recordedJson } from "./answer-json.js";
import { pathAsked, prefixAsked } from "./asked.js";
import { recordJson, recordSchema, understood } from "./entry-json.js";
import {
  bytesFromHex,
  defined,
  freshnessField,
  freshnessFromText,
  pagingFields,
  pagingFromJson,
} from "./lens-request.js";
import type { EpochSaid, EpochSource } from "./parts.js";
import { queryOf, type Route, responses, uncached } from "./route.js";
import {
  anyHex,
  hex,
  list,
  moment,
  object,
  oneOf,
  type Schema,
  shape,
  share,
  text,
  truth,
  whole,
} from "./schema.js";

const pathField = (description: string): Schema => text(description, { maxLength: 400 });
const listFields = { ...pagingFields, ...freshnessField };

const pageSchema = (name: string, rows: Schema): Schema =>
  shape(
    "A page.",
    {
      [name]: rows,
      frontier: anyHex("What the views held.", 65_536),
      behind: truth("The views had not seen all that was wanted when the wait was over."),
    },
    { next_cursor: anyHex("Set where there are more: give it as `cursor`.", 1_024) },
  );

function sendPage<Row>(
  reply: FastifyReply,
  name: string,
  listing: Listing<Row>,
  rowJson: (row: Row) => JsonObject,
): FastifyReply {
  uncached(reply);
  const { nextCursor } = listing;
  return reply.send({
    [name]: listing.rows.map(rowJson),
    frontier: toHex(listing.frontier),
    behind: listing.isBehind,
    ...(nextCursor === undefined ? {} : { next_cursor: toHex(nextCursor) }),
  });
}

function listRequestOf(fields: { readonly freshness?: string }): ListRequest {
  const { freshness } = fields;
  const paging = pagingFromJson(fields);
  return freshness === undefined ? paging : { ...paging, freshness: freshnessFromText(freshness) };
}

const conceptSchema = shape("A concept.", {
  concept_path: text("Its path."),
  predicates: list("At most 64; none for one that only has concepts below it.", text("A name.")),
  claim_count: whole("Claims about it."),
  has_children: truth("With `children`: there are concepts below it."),
});

const conceptsRoute = (queries: TracedQueries): Route => ({
  method: "GET",
  url: "/v1/concepts",
  schema: {
    tags: ["Lists"],
    operationId: "listConcepts",
    summary: "Lists concept paths, in the order of their bytes.",
    querystring: object(
      "Which.",
      {},
      {
        prefix: pathField("Whole segments; empty: from the top."),
        children: truth("Only the next segment below the prefix, each once."),
        ...listFields,
      },
    ),
    response: responses("Concepts.", pageSchema("concepts", list("A page.", conceptSchema))),
  },
  handler: async (request, reply, signal) => {
    const fields = queryOf<{ prefix?: string; children?: boolean; freshness?: string }>(request);
    const { prefix = "", children } = fields;
    const below = prefixAsked(prefix);
    const input = {
      prefix: below,
      ...defined({ childrenOnly: children }),
      ...listRequestOf(fields),
    };
    const listing = await queries.concepts(input, signal);
    return sendPage(reply, "concepts", listing, (row) => ({
      concept_path: row.conceptPath,
      predicates: row.predicates,
      claim_count: row.claimCount,
      has_children: row.hasChildren,
    }));
  },
});

const questionSchema = shape("A question and how it stands.", {
  concept_path: text("The concept."),
  predicate: text("The predicate."),
  claim_count: whole("Its claims."),
  conflict: share("How far they disagree, by the skeptic lens without decay."),
  value_count: whole("Distinct values with support."),
  hybrid_time: text("Recorded time of its newest claim, as decimal text."),
  recorded_at: moment("Recorded time of its newest claim."),
});

interface QuestionsFields {
  readonly concept_path?: string;
  readonly prefix?: string;
  readonly order?: "path" | "contested" | "recent";
  readonly freshness?: string;
}

function whichOf(fields: QuestionsFields): QuestionsInput["which"] {
  const { concept_path: conceptPath, prefix, order = "path" } = fields;
  const refuse = (field: string, limit: string, value: string) => jsonFault(field, limit, value);
  if (conceptPath !== undefined) {
    if (order !== "path") throw refuse("order", "path, for one concept", order);
    if (prefix !== undefined) throw refuse("prefix", "absent beside concept_path", prefix);
    return { kind: "concept", conceptPath: pathAsked(conceptPath) };
  }
  if (order === "contested") return { kind: "most_contested", prefix: prefixAsked(prefix ?? "") };
  if (order === "path") return { kind: "prefix", prefix: prefixAsked(prefix ?? "") };
  if (prefix !== undefined) throw refuse("prefix", "absent with order=recent", prefix);
  return { kind: "most_recent" };
}

const questionsRoute = (queries: TracedQueries): Route => ({
  method: "GET",
  url: "/v1/questions",
  schema: {
    tags: ["Lists"],
    operationId: "listQuestions",
    summary: "Lists questions: of a concept, below a prefix, the most contested, the most recent.",
    querystring: object(
      "Which.",
      {},
      {
        concept_path: pathField("Of this concept."),
        prefix: pathField(
          "Below this prefix; with `order=contested` it is looked for among the 10,000 most " +
            "contested.",
        ),
        order: oneOf("By path (the default), the most contested first, or the newest first.", [
          "path",
          "contested",
          "recent",
        ]),
        ...listFields,
      },
    ),
    response: responses("Questions.", pageSchema("questions", list("A page.", questionSchema))),
  },
  handler: async (request, reply, signal) => {
    const fields = queryOf<QuestionsFields>(request);
    const input = { which: whichOf(fields), ...listRequestOf(fields) };
    const listing = await queries.questions(input, signal);
    return sendPage(reply, "questions", listing, (row) => ({
      concept_path: row.conceptPath,
      predicate: row.predicate,
      claim_count: row.claimCount,
      conflict: fraction(row.conflictMillionths),
      value_count: row.valueCount,
      ...recordedJson(row.latest),
    }));
  },
});

const assertionsRoute = (queries: TracedQueries): Route => ({
  method: "GET",
  url: "/v1/assertions",
  schema: {
    tags: ["Lists"],
    operationId: "listAssertions",
    summary: "Lists the assertions of an author or of a source, in canonical order.",
    querystring: object(
      "Exactly one of author and source.",
      {},
      {
        author: hex("A public key.", 32),
        source: text("A source id.", { minLength: 1, maxLength: 200 }),
        backward: truth("The newest first."),
        ...listFields,
      },
    ),
    response: responses("Assertions.", pageSchema("assertions", list("A page.", recordSchema))),
  },
  handler: async (request, reply, signal) => {
    type Fields = { author?: string; source?: string; backward?: boolean; freshness?: string };
    const fields = queryOf<Fields>(request);
    const { author, source, backward } = fields;
    if ((author === undefined) === (source === undefined)) {
      throw jsonFault("author", "given, or source, and not both", author);
    }
    const of =
      author === undefined
        ? ({ kind: "source", sourceId: source ?? "" } as const)
        : ({ kind: "author", author: bytesFromHex("author", author) } as const);
    const input = { of, ...defined({ isBackward: backward }), ...listRequestOf(fields) };
    return sendPage(reply, "assertions", await queries.assertions(input, signal), recordJson);
  },
});

const sourceSchema = shape(
  "A source.",
  {
    source_id: text("Its id."),
    claim_count: whole("Claims that name it."),
    retracted: truth("It was withdrawn: its claims do not count."),
  },
  {
    source_class: oneOf("The best that a claim gave it.", sourceClasses),
    record: { type: "object", description: "The latest record of it." },
    retraction_reason: text("Why it was withdrawn."),
  },
);

function sourceJson(facts: SourceFacts): JsonObject {
  const body = understood(facts.record)?.body;
  const { source_record: record } = body === undefined ? {} : bodyToJson(body);
  const { sourceClass, retractionReason } = facts;
  return {
    source_id: facts.sourceId,
    claim_count: facts.claimCount,
    retracted: facts.isRetracted,
    ...(sourceClass === undefined ? {} : { source_class: sourceClass }),
    ...(record === undefined ? {} : { record }),
    ...(retractionReason === undefined ? {} : { retraction_reason: retractionReason }),
  };
}

const sourcesRoute = (queries: TracedQueries): Route => ({
  method: "GET",
  url: "/v1/sources",
  schema: {
    tags: ["Lists"],
    operationId: "listSources",
    summary: "Lists sources, in the order of their ids.",
    querystring: object(
      "Which.",
      {},
      {
        source_id: text("Only this one.", { minLength: 1, maxLength: 200 }),
        ...listFields,
      },
    ),
    response: responses("Sources.", pageSchema("sources", list("A page.", sourceSchema))),
  },
  handler: async (request, reply, signal) => {
    const fields = queryOf<{ source_id?: string; freshness?: string }>(request);
    const { source_id: sourceId } = fields;
    const input = { ...defined({ sourceId }), ...listRequestOf(fields) };
    return sendPage(reply, "sources", await queries.sources(input, signal), sourceJson);
  },
});

const epochSchema = shape(
  "An epoch, as it was said.",
  {
    name: text("Its name."),
    id: hex("The entry that says so.", 32),
    position: text("Where that stands: `LOG/INDEX`."),
    hybrid_time: text("Recorded time, as decimal text."),
    recorded_at: moment("Recorded time."),
    author: hex("Who signed it.", 32),
    effective: truth("Its author may say so: a curator."),
  },
  {
    supersedes: text("The epoch that it takes the place of."),
    on_behalf_of: text("For whom."),
  },
);

const epochJson = (epoch: EpochSaid): JsonObject => ({
  name: epoch.name,
  ...(epoch.supersedes === undefined ? {} : { supersedes: epoch.supersedes }),
  id: toHex(epoch.id),
  position: positionText(epoch.position),
  ...recordedJson(epoch.recorded),
  author: toHex(epoch.author),
  ...(epoch.onBehalfOf === undefined ? {} : { on_behalf_of: epoch.onBehalfOf }),
  effective: epoch.isEffective,
});

const epochsRoute = (source: EpochSource): Route => ({
  method: "GET",
  url: "/v1/epochs",
  schema: {
    tags: ["Lists"],
    operationId: "listEpochs",
    summary: "Lists epochs, in canonical order.",
    response: responses(
      "Epochs.",
      shape("All epochs.", { epochs: list("As they were said.", epochSchema) }),
    ),
  },
  handler: async (_request, reply) => {
    uncached(reply);
    return reply.send({ epochs: source.epochs().map(epochJson) });
  },
});

export const listRoutes = (queries: TracedQueries, epochs: EpochSource): readonly Route[] => [
  conceptsRoute(queries),
  questionsRoute(queries),
  assertionsRoute(queries),
  sourcesRoute(queries),
  epochsRoute(epochs),
];
