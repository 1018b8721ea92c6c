/**
 * The disks that a power cut may leave, derived from a snapshot of a simulated one.
 *
 * Every operation that no sync covered has outcomes of its own, whatever became of the others:
 *
 *     write      absent | whole | torn behind a sector, or behind any byte | any of its sectors and
 *                not the others | its length alone, the bytes zeros
 *     truncate   absent | done
 *     name       absent | done
 *
 * Where all combinations are few (of whole sectors; and of long writes only what is torn), all are
 * made, and some others are sampled; else a sample: nothing, everything, every torn form of each
 * write with all before it done and nothing behind it, and seeded mixtures. The same snapshot and
 * seed give the same states.
 */
import type { Seeded } from "./seeded.js";
import { type Content, SECTOR_BYTES } from "./simulated-content.js";
import { SimulatedDisk } from "./simulated-disk.js";
import {
  applyData,
  applyName,
  type DirectoryNode,
  type FileNode,
  type FileState,
  fileOf,
  type Node,
  type Snapshot,
} from "./simulated-image.js";

type Outcome =
  | { readonly kind: "absent" }
  | { readonly kind: "done" }
  | { readonly kind: "torn"; readonly bytes: number }
  | { readonly kind: "sectors"; readonly done: readonly number[] }
  | { readonly kind: "zeros" };

/** Of writes up to so many sectors every subset is made; of longer ones every beginning. */
const shortSectorsMax = 4;

const absent: Outcome = { kind: "absent" };
const done: Outcome = { kind: "done" };

export interface CrashState {
  /** Which operations had which outcome, for people. */
  readonly label: string;
  readonly disk: SimulatedDisk;
}

export interface CrashOptions {
  readonly random: Seeded;
  /** About how many states to make of one snapshot. */
  readonly countMax: number;
}

interface Change {
  /** Where a write begins and how long it is; `undefined` for what is there or not. */
  readonly write: { readonly offset: number; readonly bytes: Uint8Array } | undefined;
}

/** Where sectors begin inside a write, as counts of its bytes. */
function cutsOf({ write }: Change): number[] {
  if (write === undefined) return [];
  const cuts: number[] = [];
  const first = SECTOR_BYTES - (write.offset % SECTOR_BYTES);
  for (let at = first; at < write.bytes.length; at += SECTOR_BYTES) cuts.push(at);
  return cuts;
}

/** Every way in which later sectors of a short write are there without all earlier ones. */
function subsetsOf(starts: readonly number[]): Outcome[] {
  const outcomes: Outcome[] = [];
  for (let mask = 1; mask < 2 ** starts.length - 1; mask++) {
    const isBeginning = ((mask + 1) & mask) === 0;
    if (isBeginning) continue;
    outcomes.push({ kind: "sectors", done: starts.filter((_, i) => (mask >> i) & 1) });
  }
  return outcomes;
}

function plainOutcomes(change: Change): Outcome[] {
  const cuts = cutsOf(change);
  const torn = cuts.map((bytes): Outcome => ({ kind: "torn", bytes }));
  const isShort = cuts.length > 0 && cuts.length < shortSectorsMax;
  return [absent, ...torn, ...(isShort ? subsetsOf([0, ...cuts]) : []), done];
}

/** Any outcome at all, the rare ones included. */
function anyOutcome(change: Change, random: Seeded): Outcome {
  if (change.write === undefined) return random.chance(50) ? done : absent;
  switch (random.below(6)) {
    case 0:
      return absent;
    case 1:
      return { kind: "torn", bytes: random.below(change.write.bytes.length) };
    case 2: {
      const starts = [0, ...cutsOf(change)];
      return { kind: "sectors", done: starts.filter(() => random.chance(50)) };
    }
    case 3:
      return { kind: "zeros" };
    case 4:
      return random.pick(plainOutcomes(change));
    default:
      return done;
  }
}

/** The undecided changes of a snapshot: first those of data, then those of names. */
const changesOf = (snapshot: Snapshot): Change[] => [
  ...snapshot.data
    .filter(({ isDurable }) => !isDurable)
    .map(({ change }) => ({ write: change.kind === "write" ? change : undefined })),
  ...snapshot.names.filter(({ isDurable }) => !isDurable).map(() => ({ write: undefined })),
];

function product(changes: readonly Change[]): Outcome[][] {
  let combinations: Outcome[][] = [[]];
  for (const change of changes) {
    const outcomes = plainOutcomes(change);
    combinations = combinations.flatMap((before) => outcomes.map((next) => [...before, next]));
  }
  return combinations;
}

/** Every torn form of each write, with all before it done and nothing behind it. */
function* staircase(changes: readonly Change[]): Generator<Outcome[]> {
  for (let i = changes.length - 1; i >= 0; i--) {
    const change = changes[i];
    if (change === undefined) return;
    const before = changes.slice(0, i).map(() => done);
    const after = changes.slice(i + 1).map(() => absent);
    for (const outcome of plainOutcomes(change)) {
      if (outcome.kind !== "done") yield [...before, outcome, ...after];
    }
  }
}

function* sample(changes: readonly Change[], options: CrashOptions): Generator<Outcome[]> {
  yield changes.map(() => done);
  const steps = [...staircase(changes)];
  const stride = Math.max(1, Math.ceil((2 * steps.length) / options.countMax));
  // The last write has the most telling forms, so the sample is dense at its end.
  for (const [i, outcomes] of steps.entries()) {
    if (i < options.countMax / 4 || i % stride === 0 || i === steps.length - 1) yield outcomes;
  }
  for (let i = 0; i < options.countMax / 2; i++) {
    yield changes.map((change) => anyOutcome(change, options.random));
  }
}

function* choices(changes: readonly Change[], options: CrashOptions): Generator<Outcome[]> {
  const count = changes.reduce((total, change) => total * plainOutcomes(change).length, 1);
  if (count > options.countMax) {
    yield* sample(changes, options);
    return;
  }
  yield* product(changes);
  if (!changes.some(({ write }) => write !== undefined)) return;
  for (let i = 0; i < options.countMax / 8; i++) {
    yield changes.map((change) => anyOutcome(change, options.random));
  }
}

function applyOutcome(state: FileState, write: Change["write"], outcome: Outcome): FileState {
  if (write === undefined || outcome.kind === "absent" || outcome.kind === "done") return state;
  const { offset, bytes } = write;
  if (outcome.kind === "torn") {
    const content = state.content.write(offset, bytes.subarray(0, outcome.bytes));
    return { ...state, content };
  }
  let content: Content = state.content;
  // The length is metadata: it may be there without the bytes.
  if (content.size < offset + bytes.length) content = content.truncate(offset + bytes.length);
  if (outcome.kind === "sectors") {
    for (const start of outcome.done) {
      const end = start + SECTOR_BYTES - ((offset + start) % SECTOR_BYTES);
      content = content.write(offset + start, bytes.subarray(start, end));
    }
  }
  return { ...state, content };
}

/** The disk of a snapshot with the given outcomes of its undecided changes. */
function compose(snapshot: Snapshot, outcomes: readonly Outcome[]): SimulatedDisk {
  let next = 0;
  const outcomeOf = (isDurable: boolean): Outcome => {
    if (isDurable) return done;
    const outcome = outcomes[next] ?? absent;
    next += 1;
    return outcome;
  };
  const files = new Map<FileNode, FileState>(snapshot.files);
  for (const { node, change, isDurable } of snapshot.data) {
    const outcome = outcomeOf(isDurable);
    const state = files.get(node) ?? node.durable;
    const write = change.kind === "write" ? change : undefined;
    if (outcome.kind === "done") files.set(node, applyData(state, change));
    else files.set(node, applyOutcome(state, write, outcome));
  }
  const names = new Map<DirectoryNode, Map<string, Node>>();
  for (const [directory, durable] of snapshot.directories) names.set(directory, new Map(durable));
  for (const { operation, isDurable } of snapshot.names) {
    if (outcomeOf(isDurable).kind === "done") applyName(names, operation);
  }
  const copyOf = (directory: DirectoryNode): DirectoryNode => {
    const current = new Map<string, Node>();
    for (const [name, node] of names.get(directory) ?? []) {
      const state = node.kind === "file" ? (files.get(node) ?? node.durable) : undefined;
      if (node.kind === "directory") current.set(name, copyOf(node));
      else if (state) current.set(name, fileOf(state.content, state.isReadOnly));
    }
    return { kind: "directory", durable: new Map(current), current };
  };
  return new SimulatedDisk({}, copyOf(snapshot.root));
}

function describe(outcomes: readonly Outcome[]): string {
  const word = (outcome: Outcome): string => {
    if (outcome.kind === "torn") return `torn@${outcome.bytes}`;
    if (outcome.kind === "sectors") return `sectors@${outcome.done.join("+")}`;
    return outcome.kind;
  };
  return outcomes.length === 0 ? "nothing pending" : outcomes.map(word).join(",");
}

/** Makes the disks, one at a time. */
export function* crashStates(snapshot: Snapshot, options: CrashOptions): Generator<CrashState> {
  const seen = new Set<string>();
  for (const outcomes of choices(changesOf(snapshot), options)) {
    const label = describe(outcomes);
    if (seen.has(label)) continue;
    seen.add(label);
    yield { label, disk: compose(snapshot, outcomes) };
  }
}
