/**
 * A body that a client may write, from JSON: what `say` and `import` read. Pure.
 *
 * The form is that of `bodyFromJson`. Kinds are judged before fields: nobody is to fill in a body
 * that the node refuses anyway.
 */
import { isAboutRights, isClientBody } from "../src/entry/batch.js";
import { type AssertionDefaults, bodyFromJson } from "../src/entry/json.js";
import { type Body, bodyKinds } from "../src/model/entry.js";
import { Fault } from "../src/model/fault.js";

const isForClients = (kind: number): boolean =>
  isAboutRights(kind) || isClientBody(kind) === "client";

const kinds = Object.entries(bodyKinds);
const forClients = kinds.filter(([, kind]) => isForClients(kind)).map(([name]) => name);
const forNodes = kinds.filter(([, kind]) => !isForClients(kind)).map(([name]) => name);
const named = forClients.filter((name) => name !== "assertion");

function checkKind(record: Readonly<Record<string, unknown>>): void {
  const foreign = forNodes.find((name) => Object.hasOwn(record, name));
  if (foreign !== undefined) {
    const message = `${foreign} is a body that only a node writes: yours are ${named.join(", ")}`;
    const limit = "a body that clients may write";
    throw new Fault("BODY_NOT_ALLOWED", message, { field: "body", limit, value: foreign });
  }
  const [name, ...others] = Object.keys(record);
  const isNamed = name !== undefined && others.length === 0 && typeof record[name] === "object";
  if (!isNamed || named.includes(name)) return;
  const limit = `the fields of an assertion, or one of ${named.join(", ")}`;
  const message = `${name} is no body: write ${limit}`;
  throw new Fault("ARGUMENT_INVALID", message, { field: "body", limit, value: name });
}

/** Throws ARGUMENT_INVALID or BODY_NOT_ALLOWED with field, limit and value. */
export function clientBodyOf(record: unknown, defaults: AssertionDefaults = {}): Body {
  const isObject = typeof record === "object" && record !== null && !Array.isArray(record);
  if (isObject) checkKind(record as Readonly<Record<string, unknown>>);
  return bodyFromJson(record, defaults);
}
