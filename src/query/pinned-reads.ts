/**
 * Several short reads of the views that see one and the same moment.
 *
 * A read transaction ends with the turn of the event loop that it began in; a request of 1,000
 * questions takes many turns, and the views move on between them. The first read pins what it saw:
 * its frontier. A later read that sees another frontier limits itself to the pinned one, so that
 * all answers of a reply rest on the frontier that their basis names.
 */
import type { Cut } from "../lens/history.js";
import { Fault } from "../model/fault.js";
import { decodeFrontier } from "../model/frontier.js";
import { bytesEqual, toHex } from "../model/hex.js";
import type { AppliedTo, ViewSnapshot } from "../views/view-types.js";
import { type CutLimit, cutWithin } from "./cuts.js";
import type { FoldedWorld, Worlds } from "./worlds.js";

/** The views as they are read, whichever generation is in use. */
export interface ReadableViews {
  /** Throws VIEWS_UNAVAILABLE while there are none. */
  read<T>(work: (snapshot: ViewSnapshot) => T): T;
}

/** A read of the views, with what was pinned. Used only while its snapshot is. */
export interface PinnedView {
  readonly snapshot: ViewSnapshot;
  readonly world: FoldedWorld;
  readonly limits: readonly CutLimit[];
  readonly cut: Cut;
  /** Nothing limits the read: what the views keep ready is the answer. */
  readonly isPresent: boolean;
}

/** What the first read saw. */
export interface Pinned {
  readonly frontier: Uint8Array;
  /** Asked for with a moment alone. */
  readonly applied: AppliedTo | undefined;
}

const noLimits: readonly CutLimit[] = [];

export class PinnedReads {
  readonly #views: ReadableViews;
  readonly #worlds: Worlds;
  readonly #logId: Uint8Array;
  readonly #moment: CutLimit | undefined;
  #pinned: Pinned | undefined;

  constructor(
    parts: { readonly views: ReadableViews; readonly worlds: Worlds; readonly logId: Uint8Array },
    moment: CutLimit | undefined,
  ) {
    this.#views = parts.views;
    this.#worlds = parts.worlds;
    this.#logId = parts.logId;
    this.#moment = moment;
  }

  /** What all reads rest on; there was one. */
  get pinned(): Pinned {
    if (this.#pinned === undefined) return this.read(() => this.pinned);
    return this.#pinned;
  }

  /** Throws VIEWS_UNAVAILABLE. */
  read<T>(work: (view: PinnedView) => T): T {
    return this.#views.read((snapshot) => work(this.#view(snapshot)));
  }

  #view(snapshot: ViewSnapshot): PinnedView {
    const frontier = snapshot.frontier();
    // Only a moment of the past may be settled: only there it is asked how far the log was applied.
    this.#pinned ??=
      this.#moment === undefined
        ? { frontier, applied: undefined }
        : { frontier, applied: snapshot.applied(this.#logId) };
    const limits = this.#limits(frontier);
    const isPresent = limits.length === 0;
    const cut = cutWithin(limits);
    return { snapshot, world: this.#worlds.at(snapshot, cut), limits, cut, isPresent };
  }

  #limits(frontier: Uint8Array): readonly CutLimit[] {
    const { frontier: pinned } = this.pinned;
    const moment = this.#moment === undefined ? noLimits : [this.#moment];
    if (frontier === pinned || bytesEqual(frontier, pinned)) return moment;
    return [...moment, { kind: "sizes", sizes: sizesOf(pinned) }];
  }
}

function sizesOf(frontier: Uint8Array): ReadonlyMap<string, number> {
  const items = decodeFrontier(frontier);
  if (items === undefined) throw new Fault("VIEWS_DAMAGED", "the frontier of the views is damaged");
  return new Map(items.map(({ logId, size }) => [toHex(logId), size]));
}
