/**
 * What an author currently claims, folded from what the author said before.
 *
 * A claim is current from its assertion until the next one about the same, or its retraction.
 * *The same* is: source, path, predicate, and for predicates with many values the value too.
 * Entries come in the order of the log; a retraction acts whatever its place, for it names its
 * target by id, and a claim that is made again after one has another id (its `parent` says so).
 *
 * Half a million claims are kept at a time, so ids stand in one array, and contents, of which
 * there are few different ones, are shared.
 */
import type { Assertion, DecodedEntry, Value } from "../../src/model/entry.js";
import { toHex } from "../../src/model/hex.js";
import type { Predicate } from "./claim.js";

const idBytes = 32;
const oneValued: ReadonlySet<string> = new Set<Predicate>(["supported_since"]);

/** A value as text: the same exactly where it is the same claim, for the kinds that we make. */
function valueText(value: Value): string {
  switch (value.kind) {
    case "version":
      return `v ${value.bound} ${value.version}`;
    case "boolean":
      return `b ${value.boolean}`;
    case "text":
      return `t ${value.text}`;
    default:
      return value.kind;
  }
}

/** What names a claim of one source. */
export function identityOf(source: string, assertion: ClaimFields): string {
  const { conceptPath: path, predicate, value } = assertion;
  const name = `${source}\n${path}\n${predicate}`;
  return oneValued.has(predicate) ? name : `${name}\n${valueText(value)}`;
}

type ClaimFields = Pick<Assertion, "conceptPath" | "predicate" | "value">;

/**
 * What is compared to find out whether a claim has changed: everything but when, and in which
 * version of the source, it was said.
 */
export function contentOf(assertion: Assertion): string {
  const { source, labels = [] } = assertion;
  const { class: sourceClass, locator = "", derivedFrom = [] } = source;
  const parts = [
    valueText(assertion.value),
    `${assertion.polarity} ${assertion.confidenceMillionths} ${assertion.lifecycle}`,
    `${sourceClass} ${locator} ${derivedFrom.join(" ")}`,
  ];
  for (const { key, value } of labels) parts.push(`${key}=${value}`);
  return parts.join("\n");
}

export interface CurrentClaim {
  readonly content: string;
  /** Place of its id. */
  readonly place: number;
}

export class CurrentClaims {
  readonly #sources: ReadonlySet<string>;
  readonly #claims = new Map<string, CurrentClaim>();
  readonly #contents = new Map<string, string>();
  readonly #retracted = new Set<string>();
  readonly #retired = new Map<string, CurrentClaim>();
  /** Ids of source records. */
  readonly #records = new Set<string>();
  #ids = new Uint8Array(1024 * idBytes);
  #count = 0;

  /** `sources`: claims of others are not looked at. */
  constructor(sources: Iterable<string>) {
    this.#sources = new Set(sources);
  }

  /** Whether nothing was ever claimed: whatever is asked about then is new. */
  get isEmpty(): boolean {
    return this.#count === 0;
  }

  /** Takes the next entry of the log. */
  take({ body }: DecodedEntry, id: Uint8Array): void {
    switch (body.kind) {
      case "assertion": {
        const { source } = body;
        if (!this.#sources.has(source.id)) return;
        const content = this.#shared(contentOf(body));
        this.#claims.set(identityOf(source.id, body), { content, place: this.#keep(id) });
        return;
      }
      case "retraction":
        this.#retracted.add(toHex(body.target));
        return;
      case "source_record":
        this.#records.add(toHex(id));
        return;
      default:
    }
  }

  /** Call it behind the last entry. */
  finish(): void {
    if (this.#retracted.size === 0) return;
    for (const [identity, claim] of this.#claims) {
      if (!this.#retracted.has(toHex(this.idOf(claim)))) continue;
      this.#claims.delete(identity);
      this.#retired.set(identity, claim);
    }
  }

  /** The current claim, which is handed out once: what is left at the end has vanished. */
  claim(identity: string): CurrentClaim | undefined {
    const claim = this.#claims.get(identity);
    if (claim !== undefined) this.#claims.delete(identity);
    return claim;
  }

  /** The claim that was retracted last. */
  retired(identity: string): CurrentClaim | undefined {
    return this.#retired.get(identity);
  }

  hasRecord(id: Uint8Array): boolean {
    return this.#records.has(toHex(id));
  }

  /** Those that were not handed out: the path, and the claim. */
  *left(): Generator<{ readonly path: string; readonly source: string; readonly id: Uint8Array }> {
    for (const [identity, claim] of this.#claims) {
      const [source = "", path = ""] = identity.split("\n");
      yield { path, source, id: this.idOf(claim) };
    }
  }

  idOf({ place }: CurrentClaim): Uint8Array {
    return this.#ids.slice(place * idBytes, (place + 1) * idBytes);
  }

  #keep(id: Uint8Array): number {
    if ((this.#count + 1) * idBytes > this.#ids.length) {
      const larger = new Uint8Array(this.#ids.length * 2);
      larger.set(this.#ids);
      this.#ids = larger;
    }
    this.#ids.set(id, this.#count * idBytes);
    return this.#count++;
  }

  #shared(content: string): string {
    const shared = this.#contents.get(content);
    if (shared !== undefined) return shared;
    this.#contents.set(content, content);
    return content;
  }
}
