/**
 * Rulings of questions that have a single claim, by what the claim says apart from its value.
 *
 * Most questions have one. With one claim, no lens compares: its rulings depend on the author, the
 * source and its class, the lifecycle, the confidence, the polarity, on behalf of whom and the
 * epoch, and on the world. So they are folded once for all such questions.
 *
 * Only in a world that reads every path and every time alike: without predicate records, aliases,
 * revocations and rights below a prefix. Only for claims that hold at all times.
 */
import type { WorldRecord } from "../lens/history.js";
import { singleClaimKey } from "./records.js";

const keptMax = 20_000;

export interface KeptRulings {
  readonly rulings: Uint8Array;
  readonly valueCount: number;
}

/** Whether neither the path nor the time of a claim changes how it is read. */
export const isUniform = (records: readonly WorldRecord[]): boolean =>
  records.every(({ body }) => {
    switch (body.kind) {
      case "predicate_record":
      case "alias":
      case "revocation":
        return false;
      case "grant":
        return body.prefix === undefined;
      default:
        return true;
    }
  });

export class RulingMemo {
  private readonly kept = new Map<string, KeptRulings>();
  private stamps = "";

  /** The key of the rulings of a question's only record; `undefined`: they are not kept. */
  keyOf(record: Uint8Array, stamps: string): string | undefined {
    if (stamps !== this.stamps || this.kept.size > keptMax) {
      this.stamps = stamps;
      this.kept.clear();
    }
    return singleClaimKey(record);
  }

  get(key: string): KeptRulings | undefined {
    return this.kept.get(key);
  }

  keep(key: string, kept: KeptRulings): void {
    this.kept.set(key, kept);
  }

  clear(): void {
    this.kept.clear();
  }
}
