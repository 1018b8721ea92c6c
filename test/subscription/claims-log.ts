/**
 * A log on a simulated disk that holds real claims, and a naive model of it: the list of all its
 * entries, which a filter of a few plain conditions picks from.
 */
import { decodeEntry } from "../../src/entry/codec.js";
import { type Body, bodyKinds, type DecodedEntry, sourceClasses } from "../../src/model/entry.js";
import { isFault } from "../../src/model/fault.js";
import type { FilterFields } from "../../src/subscription/filter.js";
import type { AdmittedBatch } from "../../src/wal/admitted-batch.js";
import type { Log, LogOptions } from "../../src/wal/log.js";
import { assertionBody, authorOf, batchRoot, entryOf, leavesOf } from "../support/batches.js";
import { blocksOf, LogSubject } from "../wal/log-subject.js";

export const authors = [authorOf(1), authorOf(2), authorOf(3)] as const;

const filled = (bytes: number, value: number) => new Uint8Array(bytes).fill(value);

/** Bodies that differ in everything that a filter looks at; deterministic. */
export function bodyOf(number: number): Body {
  const path = `a/b${number % 3}/c${number % 5}`;
  const target = filled(32, number % 250);
  switch (number % 7) {
    case 0:
      return { kind: "retraction", target, path };
    case 1:
      return { kind: "vote", target, path, weightMillionths: number };
    case 2:
      return { kind: "source_record", id: `source ${number}`, class: classOf(number) };
    case 3:
      return { kind: "epoch", name: `epoch ${number}` };
    default:
      return assertionBody(number, {
        conceptPath: path,
        predicate: `p${number % 4}`,
        source: { id: "s", class: classOf(number) },
      });
  }
}

const classOf = (number: number) => sourceClasses[number % 4] ?? "community";

export const claim = (number: number): Uint8Array =>
  entryOf(authors[number % 3] ?? authors[0], bodyOf(number), number);

export function batchOf(entries: readonly Uint8Array[], sequence: number): AdmittedBatch {
  return {
    author: filled(32, 1),
    writer: filled(16, 2),
    sequence,
    signature: filled(64, 3),
    root: batchRoot(entries),
    count: entries.length,
    entries: Buffer.concat(entries),
    lengths: Uint16Array.from(entries, (entry) => entry.length),
    shards: new Uint16Array(entries.length),
    leaves: leavesOf(entries),
  };
}

/** Whether a filter keeps an entry, said as plainly as can be. What is no entry is never kept. */
export function keeps(fields: FilterFields, bytes: Uint8Array): boolean {
  if (Object.values(fields).every((list: readonly unknown[]) => list.length === 0)) return true;
  const entry = decoded(bytes);
  if (entry === undefined) return false;
  const { author, body } = entry;
  const any = <T>(list: readonly T[], fits: (one: T) => boolean) =>
    list.length === 0 || list.some(fits);
  const path = pathOf(body);
  return (
    any(fields.kinds, (kind) => kind === bodyKinds[body.kind]) &&
    any(fields.authors, (one) => Buffer.compare(one, author) === 0) &&
    any(
      fields.predicates,
      (predicate) => body.kind === "assertion" && body.predicate === predicate,
    ) &&
    any(fields.sourceClasses, (number) => {
      if (body.kind === "assertion") return sourceClasses[number - 1] === body.source.class;
      return body.kind === "source_record" && sourceClasses[number - 1] === body.class;
    }) &&
    any(fields.conceptPrefixes, (prefix) => `${path}/`.startsWith(`${prefix}/`))
  );
}

/** The batches that a log is founded with here are bytes of chance. */
function decoded(bytes: Uint8Array): DecodedEntry | undefined {
  try {
    return decodeEntry(bytes);
  } catch (error) {
    if (isFault(error)) return undefined;
    throw error;
  }
}

function pathOf(body: Body): string | undefined {
  switch (body.kind) {
    case "assertion":
      return body.conceptPath;
    case "retraction":
    case "vote":
    case "endorsement":
    case "trust_outcome":
    case "supersession":
      return body.path;
    default:
      return undefined;
  }
}

export const everything: FilterFields = {
  conceptPrefixes: [],
  predicates: [],
  authors: [],
  sourceClasses: [],
  kinds: [],
};

export class ClaimsLog {
  readonly subject: LogSubject;
  readonly log: Log;
  #next = 1;
  #sequence = 1_000;

  private constructor(subject: LogSubject, log: Log) {
    this.subject = subject;
    this.log = log;
  }

  static async open(options: Partial<LogOptions> = {}): Promise<ClaimsLog> {
    const subject = new LogSubject(options);
    return new ClaimsLog(subject, await subject.formatAndOpen());
  }

  /** Appends blocks of so many claims each. */
  async append(...counts: readonly number[]): Promise<void> {
    for (const count of counts) {
      const entries = Array.from({ length: count }, () => claim(this.#next++));
      await this.log.append(batchOf(entries, this.#sequence++));
    }
  }

  /** Every durable entry, by its index. */
  async entries(): Promise<Buffer[]> {
    const blocks = await blocksOf(this.log);
    return blocks.flatMap((block) =>
      Array.from({ length: block.count }, (_none, at) => Buffer.from(block.entry(at))),
    );
  }

  /** First indexes of the blocks, and the end. */
  async blockStarts(): Promise<number[]> {
    const blocks = await blocksOf(this.log);
    return [...blocks.map(({ firstIndex }) => firstIndex), this.log.size];
  }
}
