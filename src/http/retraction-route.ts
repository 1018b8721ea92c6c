/** `/v1/retractions`: a claim is taken back, or one sees what that would change. */
import { bodyFromJson, type JsonObject } from "../entry/json.js";
import { jsonFault } from "../entry/json-fault.js";
import { type LensName, lensNames } from "../model/answer.js";
import { Fault } from "../model/fault.js";
import { toHex } from "../model/hex.js";
import type { TracedQueries } from "../query/metered-queries.js";
import { answersJson, basisJson } from "./answer-json.js";
import { anonymous, bodyOf, type Route, responses } from "./route.js";
import { idempotencyHeaders, requireUnsignedAllowed, type SayParts, say } from "./saying.js";
import {
  hex,
  list,
  named,
  object,
  oneOf,
  type Schema,
  shape,
  text,
  truth,
  withExamples,
} from "./schema.js";
import { findTarget, type Target } from "./target.js";

export const dryRunSchema: Schema = shape("What a retraction would change.", {
  dry_run: { type: "boolean", enum: [true], description: "Nothing was appended." },
  target: hex("The claim.", 32),
  allowed: truth("It is the caller's own claim: it can be taken back over this API."),
  before: list("The answers as they are.", named("Answer")),
  after: list("The answers without the claim.", named("Answer")),
  winner_changed: truth("Another value, or none, would win."),
  basis: named("Basis"),
});

interface RetractionFields {
  readonly target: string;
  readonly reason?: string;
  readonly dry_run?: boolean;
  readonly lens?: LensName;
}

/** Only its own voice may take a claim back; one that is not held here is judged by the lens. */
const isOwn = (target: Target): boolean =>
  target.said === undefined || target.said.onBehalfOf === anonymous;

function requireOwn(target: Target): void {
  if (isOwn(target)) return;
  const message =
    "only its own voice may take a claim back, and this one was not said by the caller: " +
    "sign the retraction with its author's key and send it as a batch";
  throw new Fault("BODY_NOT_ALLOWED", message, { target: toHex(target.id) });
}

async function dryRun(
  queries: TracedQueries,
  target: Target,
  lens: LensName | undefined,
  signal: AbortSignal,
): Promise<JsonObject> {
  if (target.said === undefined) {
    throw new Fault("NOT_FOUND", "no such assertion is held here: nothing would change", {
      target: toHex(target.id),
    });
  }
  const { conceptPath, predicate } = target.said.body;
  const subject = { kind: "question", question: { conceptPath, predicate } } as const;
  const asked = { subject, ...(lens === undefined ? {} : { lens }) };
  const before = await queries.query(asked, signal);
  const { evaluatedAtMs } = before.basis;
  const parameters = { claimsOut: [target.id] };
  const after = await queries.query({ ...asked, parameters, evaluatedAtMs }, signal);
  const json = { before: answersJson(before.answers), after: answersJson(after.answers) };
  const winners = (answers: readonly JsonObject[]): string =>
    JSON.stringify(answers.map(({ winner = null }) => winner).filter((one) => one !== null));
  return {
    dry_run: true,
    target: toHex(target.id),
    allowed: isOwn(target),
    ...json,
    winner_changed: winners(json.before) !== winners(json.after),
    basis: basisJson(before.basis),
  };
}

export const retractionRoute = (parts: SayParts, queries: TracedQueries): Route => ({
  method: "POST",
  url: "/v1/retractions",
  schema: {
    tags: ["Claims"],
    operationId: "retract",
    summary: "Takes a claim back.",
    description:
      "With `dry_run` nothing is appended: it shows the answers to the claim's question with and " +
      "without it.",
    headers: idempotencyHeaders,
    body: withExamples(
      object(
        "A retraction.",
        { target: hex("Id of the assertion.", 32) },
        {
          reason: text("For people.", { maxLength: 1_024 }),
          path: text("Its concept path; needed only where this node does not hold it.", {
            maxLength: 400,
          }),
          dry_run: truth("Only show what would change."),
          lens: oneOf("Of a dry run; `consensus` unless told otherwise.", lensNames),
        },
      ),
      {
        target: "00ede1a052848b7d2ad8b1ad17d680ecc18cedd23efc9ac916a946a16a30284d",
        reason: "misread the table",
        dry_run: true,
      },
    ),
    response: responses(
      "With `dry_run` what would change, else the receipt of an earlier attempt.",
      { anyOf: [named("Receipt"), named("DryRun")] },
      {
        201: {
          description: "It is appended, durably.",
          content: { "application/json": { schema: named("Receipt") } },
        },
      },
    ),
  },
  handler: async (request, reply, signal) => {
    const fields = bodyOf<RetractionFields>(request);
    const target = await findTarget(parts.entries, fields);
    if (fields.dry_run === true) {
      return reply.send(await dryRun(queries, target, fields.lens, signal));
    }
    if (fields.lens !== undefined) throw jsonFault("lens", "absent without dry_run", fields.lens);
    requireUnsignedAllowed(parts);
    requireOwn(target);
    const { reason = "" } = fields;
    const retraction = { target: fields.target, path: target.path, reason };
    return say(parts, request, reply, bodyFromJson({ retraction }));
  },
});
