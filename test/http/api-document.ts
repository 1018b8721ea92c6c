/**
 * Holds every response against the API's own description: its status is one that the route names,
 * its type and its body are as said there.
 */
import { Ajv2020 } from "ajv/dist/2020.js";
import * as assert from "uvu/assert";

type Json = Readonly<Record<string, unknown>>;

interface Operation {
  readonly responses: Readonly<Record<string, { readonly content?: Json }>>;
}

export interface Seen {
  readonly method: string;
  /** With or without a query. */
  readonly url: string;
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

const escaped = (part: string): string => part.replaceAll("~", "~0").replaceAll("/", "~1");

/** Nothing may be sent that is not described, although clients must be ready for more. */
function closed(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(closed);
  if (typeof json !== "object" || json === null) return json;
  const inside = Object.fromEntries(Object.entries(json).map(([name, one]) => [name, closed(one)]));
  const isObject = inside["type"] === "object" && inside["properties"] !== undefined;
  return isObject ? { additionalProperties: false, ...inside } : inside;
}

export class ApiDocument {
  readonly json: Json;
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true });

  constructor(json: Json) {
    this.json = json;
    this.#ajv.addSchema({ ...(closed(json) as Json), $id: "api" });
  }

  get paths(): Readonly<Record<string, Readonly<Record<string, Operation>>>> {
    return this.json["paths"] as ApiDocument["paths"];
  }

  check(seen: Seen): void {
    const { status, contentType, body } = seen;
    const method = seen.method === "HEAD" ? "get" : seen.method.toLowerCase();
    const [path = ""] = seen.url.split("?", 1);
    if (path === "/openapi.json" && status === 200) return;
    const template = this.#templateOf(path);
    const operation = template === undefined ? undefined : this.paths[template]?.[method];
    const isProblem = contentType.startsWith("application/problem+json");
    if (isProblem && seen.method !== "HEAD") this.#match("/components/schemas/Problem", body);
    if (template === undefined || operation === undefined) {
      assert.ok(isProblem, `${seen.method} ${seen.url}: what is not described is a problem`);
      assert.ok(status === 404 || status === 405, `${seen.url}: a status of what is not there`);
      return;
    }
    if (status === 405) {
      assert.ok(isProblem, `${seen.method} ${seen.url}: a method that is none is a problem`);
      return;
    }
    const key = operation.responses[status] === undefined ? `${String(status)[0]}XX` : `${status}`;
    const response = operation.responses[key];
    assert.ok(response, `${seen.method} ${template} does not describe ${status}`);
    if (seen.method === "HEAD" || body === "") return;
    const [type = ""] = contentType.split(";");
    const known = Object.keys(response.content ?? {});
    assert.ok(known.includes(type), `${template} ${status} is ${type}, and not ${known}`);
    if (!type.endsWith("json")) return;
    const place = ["paths", template, method, "responses", key, "content", type, "schema"];
    this.#match(place.map((part) => `/${escaped(part)}`).join(""), body);
  }

  #match(place: string, body: string): void {
    const url = `api#${place.split("/").map(encodeURIComponent).join("/")}`;
    const validate = this.#ajv.getSchema(url) ?? this.#ajv.compile({ $ref: url });
    if (validate(JSON.parse(body))) return;
    const said = this.#ajv.errorsText(validate.errors);
    throw new Error(`${said}: ${body.slice(0, 400)}, against ${place}`);
  }

  #templateOf(path: string): string | undefined {
    if (this.paths[path] !== undefined) return path;
    return Object.keys(this.paths).find(
      (template) => template.includes("{") && path.startsWith(template.split("{", 1)[0] ?? ""),
    );
  }
}
