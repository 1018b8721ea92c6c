/** The assertion that a request acts on. Acts name its concept path, or they have no effect. */
import { jsonFault } from "../entry/json-fault.js";
import type { Assertion } from "../model/entry.js";
import { Fault } from "../model/fault.js";
import type { EntryId } from "../model/position.js";
import { understood } from "./entry-json.js";
import { bytesFromHex } from "./lens-request.js";
import type { EntrySource } from "./parts.js";

export interface Target {
  readonly id: EntryId;
  readonly path: string;
  /** Undefined where this node does not hold it, and the request says its path. */
  readonly said: { readonly body: Assertion; readonly onBehalfOf: string | undefined } | undefined;
}

/** Throws NOT_FOUND, or ARGUMENT_INVALID where the target is no assertion or has another path. */
export async function findTarget(entries: EntrySource, fields: object): Promise<Target> {
  const { target, path } = fields as { readonly target: string; readonly path?: string };
  const id = bytesFromHex("target", target);
  const found = await entries.find(id);
  const decoded = understood(found?.entry);
  if (decoded === undefined) {
    if (path !== undefined) return { id, path, said: undefined };
    const message = "no such assertion is held here; check the id, or give its `path`";
    throw new Fault("NOT_FOUND", message, { target });
  }
  const { body, onBehalfOf } = decoded;
  if (body.kind !== "assertion") throw jsonFault("target", "the id of an assertion", body.kind);
  if (path !== undefined && path !== body.conceptPath) {
    throw jsonFault("path", `the target's own, ${body.conceptPath}`, path);
  }
  return { id, path: body.conceptPath, said: { body, onBehalfOf } };
}
