/**
 * Compares what is stored of questions with a fold of the log that is made for the comparison, and
 * shares no row with the views: entries are decoded whole, and kept as lenses are given them.
 *
 * Questions are folded in parts, so that memory is bounded. An act that comes before its target is
 * kept until that comes; of claims of other parts only the first bits of their ids are remembered,
 * so that acts upon them need not be kept.
 */
import { readEntry } from "../entry/decoder.js";
import { valueKey } from "../entry/value-key.js";
import { comparePlaces, everything } from "../lens/cut.js";
import type { Act, Candidate, Place } from "../lens/history.js";
import { keyOf } from "../lens/keys.js";
import { answerOf } from "../lens/resolve.js";
import { rule } from "../lens/rule.js";
import { authorVoice } from "../lens/voices.js";
import { weigh } from "../lens/weigh.js";
import { World } from "../lens/world.js";
import { bytesEqual, toHex } from "../model/hex.js";
import { millisecondsOf, toHybridTime } from "../model/hybrid-time.js";
import { EntryFacts } from "./entry-facts.js";
import { PrefixSet } from "./prefix-set.js";
import { questionKeyAt, questionOfKey } from "./question-key.js";
import { mapKey } from "./row-bytes.js";
import {
  type CommittedEntries,
  materialisedLenses,
  type StoredQuestion,
  type ViewSnapshot,
} from "./view-types.js";

interface FoldedQuestion {
  readonly key: Uint8Array;
  readonly claims: Map<string, Candidate>;
  readonly acts: Map<string, Act>;
}

interface RedactionSaid {
  readonly target: Uint8Array;
  readonly author: Uint8Array;
  readonly recorded: bigint;
}

export interface Compared {
  /** Questions compared so far. */
  readonly questions: number;
  /** For people: what differs in the last one. */
  readonly difference?: string;
}

const facts = new EntryFacts();
const questionsAtOnce = 500;

export class QuestionFold {
  private readonly part: number;
  private readonly parts: number;
  private readonly questions = new Map<string, FoldedQuestion>();
  private readonly questionOfClaim = new Map<string, FoldedQuestion>();
  private readonly elsewhere = new PrefixSet();
  private readonly waiting = new Map<string, Act[]>();
  private readonly redactions: RedactionSaid[] = [];

  constructor({ part, parts }: { readonly part: number; readonly parts: number }) {
    this.part = part;
    this.parts = parts;
  }

  /** Takes in a block; each log's in order, from the first one on. */
  add(block: CommittedEntries): void {
    for (let i = 0; i < block.count; i++) {
      const entry = block.entry(i);
      if (entry === undefined || !facts.read(entry, block.batchAuthor(i))) continue;
      const { recorded, firstIndex } = block;
      const place = { recorded, logId: new Uint8Array(block.logId), index: firstIndex + i };
      this.addEntry(entry, new Uint8Array(block.id(i)), place);
    }
  }

  /** Compares with a snapshot that has applied exactly what was added. */
  *differences(snapshot: ViewSnapshot): Generator<Compared> {
    const world = World.fold({
      root: snapshot.worldRoot,
      records: snapshot.worldRecords(),
      cut: everything,
    });
    this.redact(world);
    const left = new Set(this.questions.keys());
    let questions = 0;
    for (const stored of this.storedOfPart(snapshot)) {
      questions += 1;
      const name = mapKey(stored.key);
      left.delete(name);
      yield found(
        questions,
        stored,
        differenceOf(stored, this.questions.get(name), world, snapshot),
      );
    }
    for (const name of left) {
      const folded = this.questions.get(name);
      if (folded === undefined || folded.claims.size === 0) continue;
      questions += 1;
      yield found(questions, questionOfKey(folded.key), "it is not in the views");
    }
  }

  private *storedOfPart(snapshot: ViewSnapshot): Generator<StoredQuestion> {
    let after: Uint8Array | undefined;
    for (;;) {
      const page = snapshot.questions({
        limit: questionsAtOnce,
        ...(after === undefined ? {} : { after }),
      });
      for (const stored of page) if (this.isOfPart(stored.key)) yield stored;
      after = page.at(-1)?.key;
      if (after === undefined) return;
    }
  }

  private isOfPart(key: Uint8Array): boolean {
    let hash = 0x811c9dc5;
    for (const byte of key) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
    return hash % this.parts === this.part;
  }

  private addEntry(entry: Uint8Array, id: Uint8Array, place: Place): void {
    const { body, author, onBehalfOf } = readEntry(entry);
    const said = { ...place, id, author, ...(onBehalfOf === undefined ? {} : { onBehalfOf }) };
    switch (body.kind) {
      case "assertion":
        this.addClaim(entry, said);
        return;
      case "retraction":
      case "vote":
      case "endorsement":
      case "supersession": {
        const { kind, path } = body;
        const target = body.kind === "supersession" ? body.old : body.target;
        const weightMillionths =
          body.kind === "vote" ? body.weightMillionths : kind === "endorsement" ? 1_000_000 : 0;
        const replacement = body.kind === "supersession" ? { replacement: body.new } : {};
        this.addAct({ ...said, kind, path, target, weightMillionths, ...replacement });
        return;
      }
      case "redaction":
        this.redactions.push({ target: body.target, author, recorded: place.recorded });
        return;
      default:
    }
  }

  private addClaim(
    entry: Uint8Array,
    said: Omit<Act, "kind" | "target" | "path" | "weightMillionths">,
  ): void {
    const { pathStart, pathEnd, predicateStart, predicateEnd } = facts;
    const key = questionKeyAt(entry, pathStart, pathEnd, predicateStart, predicateEnd);
    const id = keyOf(said.id);
    if (!this.isOfPart(key)) {
      this.elsewhere.add(said.id);
      this.waiting.delete(id);
      return;
    }
    const name = mapKey(key);
    const question = this.questions.get(name) ?? { key, claims: new Map(), acts: new Map() };
    this.questions.set(name, question);
    this.questionOfClaim.set(id, question);
    keepEarliest(question.claims, id, claimOf(entry, said));
    for (const act of this.waiting.get(id) ?? []) this.addAct(act);
    this.waiting.delete(id);
  }

  private addAct(act: Act): void {
    const target = keyOf(act.target);
    const question = this.questionOfClaim.get(target);
    if (question !== undefined) keepEarliest(question.acts, keyOf(act.id), act);
    else if (!this.elsewhere.has(act.target)) {
      this.waiting.set(target, [...(this.waiting.get(target) ?? []), act]);
    }
  }

  private redact({ rights }: World): void {
    for (const { target, author, recorded } of this.redactions) {
      const id = keyOf(target);
      const question = this.questionOfClaim.get(id);
      const claim = question?.claims.get(id);
      if (question === undefined || claim === undefined) continue;
      const voice = authorVoice(author);
      const isOwn = bytesEqual(claim.author, author) && !rights.revocationOf(voice, recorded);
      const mayErase = isOwn || rights.isAdministrator(voice, recorded);
      if (!mayErase) continue;
      question.claims.delete(id);
      for (const [act, { target: of }] of question.acts) {
        if (bytesEqual(of, target)) question.acts.delete(act);
      }
    }
  }
}

function claimOf(entry: Uint8Array, said: Omit<Candidate, keyof ClaimParts>): Candidate {
  const { body } = readEntry(entry);
  if (body.kind !== "assertion") throw new TypeError("an assertion");
  const { conceptPath, value, polarity, confidenceMillionths, source, assertedMs } = body;
  const { validFromMs, validUntilMs, lifecycle, epoch, parent } = body;
  return {
    ...said,
    conceptPath,
    value,
    valueKey: toHex(valueKey(value)),
    polarity,
    confidenceMillionths,
    sourceId: source.id,
    sourceClass: source.class,
    assertedMs,
    ...(validFromMs === undefined ? {} : { validFromMs }),
    ...(validUntilMs === undefined ? {} : { validUntilMs }),
    lifecycle,
    ...(epoch === undefined ? {} : { epoch }),
    ...(parent === undefined ? {} : { parent }),
  };
}

type ClaimParts = Omit<Candidate, "recorded" | "logId" | "index" | "id" | "author" | "onBehalfOf">;

function keepEarliest<Said extends Place>(said: Map<string, Said>, id: string, one: Said): void {
  const before = said.get(id);
  if (before === undefined || comparePlaces(one, before) < 0) said.set(id, one);
}

const found = (
  questions: number,
  { conceptPath, predicate }: { readonly conceptPath: string; readonly predicate: string },
  reason: string | undefined,
): Compared =>
  reason === undefined
    ? { questions }
    : { questions, difference: `${conceptPath} ${predicate}: ${reason}` };

/** What differs between a stored question and its fold; `undefined` where nothing does. */
function differenceOf(
  stored: StoredQuestion,
  folded: FoldedQuestion | undefined,
  world: World,
  snapshot: ViewSnapshot,
): string | undefined {
  if (folded === undefined) return "the log does not say it";
  const { candidates, acts } = stored.records();
  const claims = [...folded.claims.values()].sort(comparePlaces);
  if (stored.claimCount !== claims.length) {
    return `${stored.claimCount} claims stored, ${claims.length} in the log`;
  }
  const claim = firstDifference(candidates, claims);
  if (claim !== undefined) return `claim ${claim}`;
  const act = firstDifference(acts, [...folded.acts.values()].sort(comparePlaces));
  if (act !== undefined) return `act ${act}`;
  return staleRuling(stored, { candidates, acts }, world, snapshot);
}

function firstDifference(
  stored: readonly (Candidate | Act)[],
  expected: readonly (Candidate | Act)[],
): string | undefined {
  for (let i = 0; i < Math.max(stored.length, expected.length); i++) {
    const left = stored[i];
    const right = expected[i];
    const id = toHex((left ?? right)?.id ?? new Uint8Array(0));
    if (left === undefined) return `${id} is missing`;
    if (right === undefined) return `${id} is not in the log`;
    if (textOf(left) !== textOf(right)) return `${id} is stored otherwise`;
  }
  return undefined;
}

/** One text per content, whatever the order of its parts. */
function textOf(said: unknown): string {
  return JSON.stringify(said, (_, value: unknown) => {
    if (typeof value === "bigint") return `${value}n`;
    if (value instanceof Uint8Array) return toHex(value);
    if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
    return Object.fromEntries(
      Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)),
    );
  });
}

/** A ruling that is handed out has to be what weighing gives. */
function staleRuling(
  stored: StoredQuestion,
  records: ReturnType<StoredQuestion["records"]>,
  world: World,
  snapshot: ViewSnapshot,
): string | undefined {
  const { conceptPath, predicate } = stored;
  const evaluatedAtMs = millisecondsOf(toHybridTime(stored.latest));
  const [weighed, ...more] = weigh({
    history: {
      conceptPath,
      predicate,
      ...records,
      redactedCount: snapshot.redactedCount(conceptPath, predicate),
    },
    world,
    outcomes: snapshot.outcomesFor(records.candidates),
    parameters: { decay: "none" },
    cut: everything,
    evaluatedAtMs,
  });
  for (const lens of materialisedLenses) {
    const ruling = stored.ruling(lens, { evaluatedAtMs });
    if (ruling === undefined) continue;
    if (weighed === undefined || more.length > 0) return `${lens} is kept for several values`;
    const kept = answerOf(ruling, stored, (ordinal) => stored.claim(ordinal));
    const fresh = answerOf(rule(lens, weighed), stored, (place) => {
      const candidate = records.candidates[place];
      if (candidate === undefined) throw new RangeError("a ruling names its candidates");
      return candidate;
    });
    if (textOf(kept) !== textOf(fresh)) return `${lens} is kept otherwise than it is now`;
  }
  return undefined;
}
