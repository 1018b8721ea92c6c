/** Claims that other entries act upon: fetched by id, so that an act names the path they have. */
import type { StemeClient } from "../src/client/index.js";
import type { Assertion, BodyKind } from "../src/model/entry.js";
import { Fault, isFault } from "../src/model/fault.js";
import { toHex } from "../src/model/hex.js";
import type { EntryId } from "../src/model/position.js";

export interface TargetClaim {
  readonly id: EntryId;
  readonly author: Uint8Array;
  readonly onBehalfOf?: string;
  readonly body: Assertion;
}

const remedies: Readonly<Partial<Record<BodyKind, string>>> = {
  retraction: "what was taken back is said again with `steme assert`",
  vote: "another vote on its target replaces it, and one of weight 0 withdraws it",
  endorsement: "a vote of weight 0 on its target withdraws it",
  source_record: "a source is withdrawn with `steme sources retract`",
};

/** Throws NOT_FOUND, or ARGUMENT_INVALID where the entry is not a claim. */
export async function targetClaimAt(
  client: Pick<StemeClient, "get">,
  id: EntryId,
  signal: AbortSignal,
): Promise<TargetClaim> {
  const hex = toHex(id);
  const { entry } = await client.get({ id }, { signal }).catch((error: unknown) => {
    if (!isFault(error, "NOT_FOUND")) throw error;
    const message = "no entry has this id: `steme explain` and `steme read --json` print ids";
    throw new Fault("NOT_FOUND", message, { id: hex }, error);
  });
  const decoded = entry.decode();
  if (decoded === undefined) {
    const why = entry.hole?.isRedacted === true ? "was erased" : "is pruned here";
    throw new Fault("ARGUMENT_INVALID", `the entry ${why}: nothing can be said of it`, { id: hex });
  }
  const { author, onBehalfOf, body } = decoded;
  if (body.kind !== "assertion") {
    const remedy = remedies[body.kind];
    const kind = body.kind.replaceAll("_", " ");
    const article = /^[aeio]/.test(kind) ? "an" : "a";
    const message = `the entry is no claim but ${article} ${kind}${
      remedy === undefined ? "" : `: ${remedy}`
    }`;
    throw new Fault("ARGUMENT_INVALID", message, { id: hex, kind: body.kind });
  }
  return { id, author, body, ...(onBehalfOf === undefined ? {} : { onBehalfOf }) };
}
