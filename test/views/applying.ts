/** For tests of the views: entries as blocks, and a store that takes them in. */
import { clusterIdOf } from "../../src/crypto/cluster-id.js";
import { sha256 } from "../../src/crypto/sha256.js";
import { encodeEntry } from "../../src/entry/codec.js";
import { nodeDisk } from "../../src/host/node-disk.js";
import type { WorldRoot } from "../../src/lens/history.js";
import type { Assertion, Body, EntryFields } from "../../src/model/entry.js";
import { silentProbe } from "../../src/observability/probe.js";
import { ViewStore } from "../../src/views/view-store.js";
import type { CommittedEntries, ProjectionName } from "../../src/views/view-types.js";
import { temporaryDirectory } from "../support/temporary.js";

export const administrator = new Uint8Array(32).fill(1);
const nonce = new Uint8Array(32).fill(3);
export const root: WorldRoot = {
  clusterId: new Uint8Array(clusterIdOf(administrator, nonce)),
  firstAdministrator: administrator,
};
export const logId = new Uint8Array(32).fill(9);
export const logKey = new Uint8Array(32).fill(8);
/** Stands in a log of its own. */
const foundingLog = new Uint8Array(32).fill(7);
export const mapBytes = 1024 * 1024 * 1024;

export const idOf = (entry: Uint8Array): Uint8Array =>
  new Uint8Array(sha256(Uint8Array.of(0), entry));

/** The entry, or what is known of one whose bytes are gone. */
export type BlockEntry = Uint8Array | { readonly hole: Uint8Array; readonly author: Uint8Array };

export interface BlockAt {
  readonly logId?: Uint8Array;
  readonly firstIndex: number;
  readonly recorded: bigint;
  /** Who signed; else each entry's author. */
  readonly author?: Uint8Array;
}

export function blockOf(entries: readonly BlockEntry[], at: BlockAt): CommittedEntries {
  const of = (i: number): BlockEntry => entries[i] as BlockEntry;
  return {
    logId: at.logId ?? logId,
    firstIndex: at.firstIndex,
    recorded: at.recorded,
    rootPrefix: sha256(Buffer.from(`${at.firstIndex + entries.length}`)).subarray(0, 8),
    count: entries.length,
    entry: (i) => (of(i) instanceof Uint8Array ? (of(i) as Uint8Array) : undefined),
    id: (i) => {
      const entry = of(i);
      return entry instanceof Uint8Array ? idOf(entry) : entry.hole;
    },
    batchAuthor: (i) => {
      const entry = of(i);
      if (!(entry instanceof Uint8Array)) return entry.author;
      return at.author ?? entry.subarray(2, 34);
    },
  };
}

const genesisFields: EntryFields = {
  author: logKey,
  salt: new Uint8Array(16),
  body: {
    kind: "log_genesis",
    logKey,
    clusterId: root.clusterId,
    nonce,
    firstAdministrator: administrator,
  },
};

/** The block that founds the cluster. */
export const genesisBlock = blockOf([encodeEntry(genesisFields)], {
  logId: foundingLog,
  firstIndex: 0,
  recorded: 1n,
});

export const openStore = (
  directory = temporaryDirectory("views"),
  bootId: string | undefined = "this start",
): Promise<ViewStore> =>
  ViewStore.open({ directory, mapBytes, disk: nodeDisk, bootId, probe: silentProbe });

const allNames: readonly ProjectionName[] = ["questions", "lists", "answers"];

/** One transaction; each projection passes over what it has. */
export function apply(
  store: ViewStore,
  blocks: readonly CommittedEntries[],
  names: readonly ProjectionName[] = allNames,
): void {
  store.transaction((transaction) => {
    for (const projection of store.projections) {
      if (names.includes(projection.name)) projection.apply(transaction, blocks);
    }
  });
}

let salts = 0;

/** Distinct entries of the same words. */
export function salt(): Uint8Array {
  const bytes = new Uint8Array(16);
  new DataView(bytes.buffer).setUint32(0, ++salts);
  return bytes;
}

export const said = (author: Uint8Array, body: Body, onBehalfOf?: string): Uint8Array =>
  encodeEntry({
    author,
    salt: salt(),
    ...(onBehalfOf === undefined ? {} : { onBehalfOf }),
    body,
  });

export const assertion = (fields: Partial<Assertion> = {}): Assertion => ({
  kind: "assertion",
  conceptPath: "a/b",
  predicate: "p",
  value: { kind: "text", text: "yes" },
  polarity: "affirms",
  confidenceMillionths: 900_000,
  source: { id: "s1", class: "community" },
  assertedMs: 1_700_000_000_000,
  lifecycle: "proposed",
  ...fields,
});

/** A log that is written entry by entry: each in a block of its own, unless told otherwise. */
export class GrowingLog {
  readonly blocks: CommittedEntries[] = [];
  private readonly id: Uint8Array;
  private size = 0;
  private recorded = 100n << 16n;

  constructor(id: Uint8Array = logId) {
    this.id = id;
  }

  add(...entries: readonly BlockEntry[]): CommittedEntries {
    this.recorded += 65_536n;
    return this.addAt(this.recorded, ...entries);
  }

  addAt(recorded: bigint, ...entries: readonly BlockEntry[]): CommittedEntries {
    const block = blockOf(entries, { logId: this.id, firstIndex: this.size, recorded });
    this.size += entries.length;
    this.blocks.push(block);
    return block;
  }
}
