/**
 * What appends: claims, votes, endorsements, retractions, sources, epochs.
 *
 * What comes without its author's signature is signed with the node's gateway key, on behalf of the
 * caller. `/v1/assert` also takes a batch that an author signed, of whatever bodies.
 */
import { assertionFromJson, bodyFromJson, type JsonObject } from "../entry/json.js";
import { jsonFault } from "../entry/json-fault.js";
import { valueFields } from "../entry/schema.js";
import {
  type Assertion,
  type Body,
  lifecycles,
  polarities,
  sourceClasses,
} from "../model/entry.js";
import { batchEntriesMax, entryBytesMax, integerMax } from "../model/limits.js";
import { bytesFromHex } from "./lens-request.js";
import type { SayingReceipt } from "./parts.js";
import { anonymous, bodyOf, type Route } from "./route.js";
import {
  appendSigned,
  idempotencyHeaders,
  requireUnsignedAllowed,
  type SayParts,
  saidResponses,
  say,
} from "./saying.js";
import {
  anyHex,
  anything,
  hex,
  list,
  moment,
  object,
  oneOf,
  type Schema,
  share,
  text,
  whole,
  withExamples,
} from "./schema.js";
import { findTarget } from "./target.js";

/** The codec speaks of bytes and forms; these only bound what it is given. */
const name = (description: string, maxLength: number): Schema => text(description, { maxLength });

const value = anything(
  'What the property is said to be: `true`, `12`, `1.5`, `"text"`, or an object of one of the ' +
    `kinds ${[...valueFields.keys()].join(", ")}, such as \`{"version": "120", "bound": ` +
    '"exact"}`. Integers beyond 2^53 are decimal text inside such an object.',
);
const source = object(
  "Where the claim is from; otherwise `http:` and the caller.",
  { id: name("Its id.", 200) },
  {
    version: name("Its version.", 64),
    hash: anyHex("A hash of what was read.", 64),
    class: oneOf("What kind of source it is; `community` unless told otherwise.", sourceClasses),
    uri: name("Where it can be found.", 2_048),
    locator: name("Where in the source.", 512),
    derived_from: list("Sources that it takes its data from.", name("A source id.", 200), 16),
  },
);
const assertionFields: Readonly<Record<string, Schema>> = {
  concept_path: name("What the claim is about.", 400),
  predicate: name("Which property of it.", 64),
  value,
  polarity: oneOf("`affirms` unless told otherwise.", polarities),
  confidence: share("How sure; 1 unless told otherwise."),
  source,
  asserted_at: moment("When it was said; otherwise the node's clock."),
  valid_from: moment("From when it holds in the world."),
  valid_until: moment("Until when it holds."),
  lifecycle: oneOf("`proposed` unless told otherwise.", lifecycles),
  epoch: name("The epoch that it belongs to.", 64),
  parent: hex("Id of the assertion that it revises.", 32),
  labels: { description: "An object of texts, or a list of pairs of texts; at most 32." },
  vector: list("An embedding.", { type: "number" }, 4_096),
  visual_hash: anyHex("A perceptual hash.", 64),
};
const batchFields: Readonly<Record<string, Schema>> = {
  author: hex("Instead of a claim, a signed batch: the key that signed it.", 32),
  writer: hex("The author's writer.", 16),
  sequence: whole("Its number among the writer's batches.", 1, integerMax),
  entries: list(
    "Canonical entries of the author.",
    anyHex("An entry.", entryBytesMax),
    batchEntriesMax,
  ),
  signature: hex("Ed25519, over what docs/reference/signing.md says.", 64),
};
const batchNames = Object.keys(batchFields);

interface BatchFields {
  readonly author: string;
  readonly writer: string;
  readonly sequence: number;
  readonly entries: readonly string[];
  readonly signature: string;
}

function batchOf(body: Readonly<Record<string, unknown>>) {
  for (const field of batchNames) {
    if (body[field] === undefined)
      throw jsonFault(field, "given: this is a signed batch", undefined);
  }
  for (const field of Object.keys(assertionFields)) {
    if (body[field] === undefined) continue;
    throw jsonFault(field, "absent from a signed batch: its entries say it", body[field]);
  }
  const fields = body as unknown as BatchFields;
  return {
    author: bytesFromHex("author", fields.author),
    writer: bytesFromHex("writer", fields.writer),
    sequence: fields.sequence,
    entries: fields.entries.map((entry, at) => bytesFromHex(`entries.${at}`, entry)),
    signature: bytesFromHex("signature", fields.signature),
  };
}

/** An object without a `kind` has the kind of its one field that is the name of one. */
function withKind(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  if (Object.hasOwn(value, "kind")) return value;
  const kinds = Object.keys(value).filter((field) => valueFields.has(field));
  return kinds.length === 1 ? { kind: kinds[0], ...value } : value;
}

function assertionOf(body: Readonly<Record<string, unknown>>, nowMs: number): Assertion {
  const { value } = body as { readonly value?: unknown };
  const record = value === undefined ? body : { ...body, value: withKind(value) };
  const source = { id: `http:${anonymous}`, class: "community" } as const;
  return assertionFromJson(record, { assertedMs: nowMs, source });
}

const assertRoute = (parts: SayParts): Route => ({
  method: "POST",
  url: "/v1/assert",
  schema: {
    tags: ["Claims"],
    operationId: "assert",
    summary: "Claims that a concept has a property.",
    description:
      "A claim (`concept_path`, `predicate`, `value` and what else it says) is signed with the " +
      "node's gateway key on behalf of the caller. A batch that its author signed (`author`, " +
      "`writer`, `sequence`, `entries`, `signature`) is appended as it is, whatever its bodies. " +
      "201 when it is durable; queries over HTTP see it from then on.",
    headers: idempotencyHeaders,
    body: withExamples(
      object("A claim, or a signed batch.", {}, { ...assertionFields, ...batchFields }),
      { concept_path: "test/cluster", predicate: "replicated", value: true },
      {
        concept_path: "web/feature/grid/chrome",
        predicate: "supported_since",
        value: { version: "57", bound: "exact" },
        confidence: 0.9,
        source: { id: "caniuse", class: "community", uri: "https://caniuse.com/css-grid" },
      },
    ),
    response: saidResponses,
  },
  handler: async (request, reply) => {
    const body = bodyOf<Readonly<Record<string, unknown>>>(request);
    if (batchNames.some((field) => body[field] !== undefined)) {
      return appendSigned(parts, reply, batchOf(body));
    }
    requireUnsignedAllowed(parts);
    return say(parts, request, reply, assertionOf(body, parts.clock.nowMs()));
  },
});

interface PlainRoute {
  readonly url: string;
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly body: Schema;
  readonly read: (fields: Readonly<Record<string, unknown>>) => Body | Promise<Body>;
  /** What the receipt says of this kind alone. */
  readonly more?: (receipt: SayingReceipt) => Promise<JsonObject>;
}

function plainRoute(parts: SayParts, route: PlainRoute): Route {
  const { url, read, more, ...words } = route;
  return {
    method: "POST",
    url,
    schema: { tags: ["Claims"], headers: idempotencyHeaders, response: saidResponses, ...words },
    handler: async (request, reply) => {
      requireUnsignedAllowed(parts);
      return say(parts, request, reply, await read(bodyOf(request)), more);
    },
  };
}

const target = hex("Id of the assertion.", 32);
const path = name("Its concept path; needed only where this node does not hold it.", 400);
const exampleId = "00ede1a052848b7d2ad8b1ad17d680ecc18cedd23efc9ac916a946a16a30284d";

const votesRoute = (parts: SayParts): Route =>
  plainRoute(parts, {
    url: "/v1/votes",
    operationId: "vote",
    summary: "Votes for or against an assertion.",
    description: "The latest vote of a voice counts; 0 withdraws it.",
    body: withExamples(
      object(
        "A vote.",
        {
          target,
          weight: { type: "number", minimum: -1, maximum: 1, description: "-1 against, 1 for." },
        },
        { path },
      ),
      { target: exampleId, weight: 0.5 },
    ),
    read: async (fields) => {
      const { path } = await findTarget(parts.entries, fields);
      const { target, weight } = fields as { target: string; weight: number };
      return bodyFromJson({ vote: { target, path, weight } });
    },
  });

const endorsementsRoute = (parts: SayParts): Route =>
  plainRoute(parts, {
    url: "/v1/endorsements",
    operationId: "endorse",
    summary: "Stands by an assertion: a vote of 1 that is a co-signature.",
    body: withExamples(object("An endorsement.", { target }, { path }), { target: exampleId }),
    read: async (fields) => {
      const { path } = await findTarget(parts.entries, fields);
      const { target } = fields as { target: string };
      return bodyFromJson({ endorsement: { target, path } });
    },
  });

const sourcesRoute = (parts: SayParts): Route =>
  plainRoute(parts, {
    url: "/v1/sources",
    operationId: "registerSource",
    summary: "Registers a source.",
    description: "Whose voice registers a source first may withdraw it.",
    body: withExamples(
      object(
        "A source.",
        { id: name("Its id.", 200), class: oneOf("What kind of source it is.", sourceClasses) },
        {
          version: name("Its version.", 64),
          title: name("For people.", 512),
          hash: hex("SHA-256 of its content.", 32),
          uri: name("Where it can be found.", 2_048),
          media_type: name("Of its content.", 128),
          content_bytes: whole("Size of its content, where chunks of it are stored."),
          derived_from: list("Sources that it takes its data from.", name("An id.", 200), 16),
        },
      ),
      { id: "caniuse", class: "community", title: "Can I use", uri: "https://caniuse.com" },
    ),
    read: (fields) => bodyFromJson({ source_record: fields }),
  });

const epochsRoute = (parts: SayParts): Route =>
  plainRoute(parts, {
    url: "/v1/epochs",
    operationId: "beginEpoch",
    summary: "Names an epoch, and the one that it takes the place of.",
    description:
      "Effective where the gateway's key was granted the role of a curator: the receipt's " +
      "`effective` says whether it was.",
    body: withExamples(
      object("An epoch.", { name: name("Its name.", 64) }, { supersedes: name("A name.", 64) }),
      { name: "2026", supersedes: "2025" },
    ),
    read: (fields) => bodyFromJson({ epoch: fields }),
    more: async (receipt) => {
      const effective = await parts.epochs.isEffective(receipt);
      return effective === undefined ? {} : { effective };
    },
  });

export const sayRoutes = (parts: SayParts): readonly Route[] => [
  assertRoute(parts),
  votesRoute(parts),
  endorsementsRoute(parts),
  sourcesRoute(parts),
  epochsRoute(parts),
];
