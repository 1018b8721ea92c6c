/**
 * Which claims and records of sources are erased, the slow way. Part of the model (naive-lens.ts).
 *
 * A redaction counts if its author signed the target, or is an administrator of the whole cluster;
 * not with a key that was revoked by then. What is erased stays erased: so it counts if this held
 * at any moment since both had arrived, by all that had arrived until then. Its question digest
 * says under which question it is counted.
 */
import { createHash } from "node:crypto";
import { everything } from "../../src/lens/cut.js";
import type { WorldRecord, WorldRoot } from "../../src/lens/history.js";
import type { Question } from "../../src/model/answer.js";
import type { Redaction } from "../../src/model/entry.js";
import { firstOccurrences, type PlacedEntry } from "./naive-entries.js";
import { hex, NaiveWorld } from "./naive-world.js";

/** The first 8 bytes of SHA-256(path ‖ 0x00 ‖ predicate). */
export const questionDigest = ({ conceptPath, predicate }: Question): Uint8Array =>
  new Uint8Array(
    createHash("sha256").update(`${conceptPath}\0${predicate}`).digest().subarray(0, 8),
  );

const changesRights = ({ fields }: PlacedEntry): boolean =>
  fields.body.kind === "grant" || fields.body.kind === "revocation";

export class NaiveRedactions {
  /** Ids. */
  private readonly targets = new Set<string>();
  /** Digest and target. */
  private readonly counted = new Set<string>();
  private readonly entries: readonly PlacedEntry[];
  private readonly root: WorldRoot;
  private readonly worlds = new Map<number, NaiveWorld>();

  /** `entries` in the order of their arrival. */
  constructor(entries: readonly PlacedEntry[], root: WorldRoot) {
    this.entries = entries;
    this.root = root;
    entries.forEach((entry, arrived) => {
      const { body } = entry.fields;
      if (body.kind !== "redaction" || !this.isEffective(entry, body, arrived)) return;
      const target = hex(body.target);
      this.targets.add(target);
      if (body.questionDigest !== undefined) {
        this.counted.add(`${hex(body.questionDigest)} ${target}`);
      }
    });
  }

  isErased(id: Uint8Array): boolean {
    return this.targets.has(hex(id));
  }

  count(question: Question): number {
    const digest = hex(questionDigest(question));
    return [...this.counted].filter((counted) => counted.startsWith(digest)).length;
  }

  private isEffective(entry: PlacedEntry, body: Redaction, arrived: number): boolean {
    const { entries } = this;
    const at = entries.findIndex(({ id }) => hex(id) === hex(body.target));
    const target = entries[at]?.fields;
    if (target === undefined) return false;
    if (target.body.kind !== "assertion" && target.body.kind !== "source_record") return false;
    const { author } = entry.fields;
    const { recorded } = entry.place;
    const isOwn = hex(author) === hex(target.author);
    const first = Math.max(at, arrived);
    for (let moment = first; moment < entries.length; moment++) {
      const now = entries[moment] as PlacedEntry;
      if (moment > first && !changesRights(now)) continue;
      const world = this.worldAt(moment);
      if (isOwn && !world.isRevoked(author, recorded)) return true;
      if (world.isAdministrator(author, recorded)) return true;
    }
    return false;
  }

  /** Of the rights that had arrived. */
  private worldAt(moment: number): NaiveWorld {
    const arrived = this.entries.slice(0, moment + 1).filter(changesRights);
    const known = this.worlds.get(arrived.length);
    if (known !== undefined) return known;
    const records = firstOccurrences(arrived).map(
      ({ place, id, fields }): WorldRecord => ({
        ...place,
        id,
        author: fields.author,
        body: fields.body as WorldRecord["body"],
      }),
    );
    const world = new NaiveWorld(this.root, records, everything);
    this.worlds.set(arrived.length, world);
    return world;
  }
}
