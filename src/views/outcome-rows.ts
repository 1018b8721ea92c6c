/**
 * Trust outcomes, under each voice that their target may have.
 *
 *     kind (1) ‖ word (4) ‖ place (46) → target's path, author, on behalf of?, source | id | entry
 *
 * Kinds: 0 the target's author, 1 on behalf of whom, 2 its source. An outcome stands under two or
 * three, and readers count it once.
 */

import { readEntry } from "../entry/decoder.js";
import type { Candidate, OutcomeSaid, Place } from "../lens/history.js";
import type { LmdbReader } from "../lmdb/lmdb-transaction.js";
import { placeAt, placeKey } from "./places.js";
import { mapKey, putU32, RowReader, RowWriter } from "./row-bytes.js";
import type { ClaimVoices } from "./view-types.js";
import type { ViewWriting } from "./view-writing.js";
import type { StoredWords } from "./words.js";

const VOICE_BYTES = 5;
const ID_BYTES = 32;
const writer = new RowWriter();

function voiceKey(kind: number, word: number): Uint8Array {
  const key = new Uint8Array(VOICE_BYTES);
  key[0] = kind;
  putU32(key, 1, word);
  return key;
}

/** Of the voices that a claim may have: author, on behalf of, source. */
function voiceWords(claim: ClaimVoices, words: StoredWords): (number | undefined)[] {
  const { author, onBehalfOf, sourceId } = claim;
  return [
    author === undefined ? undefined : words.find(author),
    onBehalfOf === undefined ? undefined : words.find(Buffer.from(onBehalfOf)),
    sourceId === undefined ? undefined : words.find(Buffer.from(sourceId)),
  ];
}

function decode(key: Uint8Array, row: Uint8Array): OutcomeSaid | undefined {
  const { recorded, logId, index } = placeAt(key, VOICE_BYTES);
  const reader = new RowReader(row);
  const targetPath = reader.text();
  const targetAuthor = new Uint8Array(reader.view(ID_BYTES));
  const targetOnBehalfOf = reader.text();
  const targetSourceId = reader.text();
  const id = new Uint8Array(reader.view(ID_BYTES));
  const { author, onBehalfOf, body } = readEntry(reader.sized());
  if (body.kind !== "trust_outcome") return undefined;
  const { target, path, outcome } = body;
  return {
    id,
    recorded,
    logId,
    index,
    author,
    ...(onBehalfOf === undefined ? {} : { onBehalfOf }),
    target,
    path,
    outcome,
    targetPath,
    targetAuthor,
    ...(targetOnBehalfOf === "" ? {} : { targetOnBehalfOf }),
    targetSourceId,
  };
}

/** What was said about the voices of claims, in canonical order. */
export function outcomesFor(
  transaction: LmdbReader,
  words: StoredWords,
  claims: readonly ClaimVoices[],
): readonly OutcomeSaid[] {
  if (transaction.count("outcomes") === 0) return [];
  const voices = new Set<number>();
  for (const claim of claims) {
    voiceWords(claim, words).forEach((word, kind) => {
      if (word !== undefined) voices.add(word * 3 + kind);
    });
  }
  const found = new Map<string, OutcomeSaid>();
  for (const voice of voices) {
    const prefix = voiceKey(voice % 3, Math.floor(voice / 3));
    for (const { key, value } of transaction.rows("outcomes", { prefix })) {
      const place = mapKey(key, VOICE_BYTES);
      if (found.has(place)) continue;
      const outcome = decode(key, value);
      if (outcome !== undefined) found.set(place, outcome);
    }
  }
  return [...found].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, said]) => said);
}

export class OutcomeRows {
  private readonly writing: ViewWriting;

  constructor(writing: ViewWriting) {
    this.writing = writing;
  }

  add(entry: Uint8Array, id: Uint8Array, place: Place, target: Candidate): void {
    writer.clear();
    writer.text(target.conceptPath);
    writer.bytes(target.author);
    writer.text(target.onBehalfOf ?? "");
    writer.text(target.sourceId);
    writer.bytes(id);
    writer.sized(entry);
    const row = writer.copy();
    this.put(voiceWords(target, this.writing.words), place, row);
    const key = placeKey(place, voiceKey(0, this.writing.words.number(target.author)));
    this.writing.addId(id, { kind: "outcome", key });
  }

  /** `key` is its row under the target's author. */
  move(id: Uint8Array, key: Uint8Array, place: Place): void {
    const earlier = placeKey(place);
    if (Buffer.compare(earlier, key.subarray(VOICE_BYTES)) >= 0) return;
    const { transaction, ids, words } = this.writing;
    const row = transaction.get("outcomes", key);
    const said = row === undefined ? undefined : decode(key, row);
    if (row === undefined || said === undefined) return;
    const target = this.targetOf(said);
    this.remove(target, placeAt(key, VOICE_BYTES));
    this.put(voiceWords(target, words), place, row);
    const moved = placeKey(place, key.subarray(0, VOICE_BYTES));
    ids.replace(id, { kind: "outcome", key: moved });
  }

  /** Takes out what was said about a claim that is erased. */
  removeOf(target: Candidate): void {
    const { transaction, words, ids } = this.writing;
    if (transaction.count("outcomes") === 0) return;
    for (const said of outcomesFor(transaction, words, [target])) {
      if (Buffer.compare(said.target, target.id) !== 0) continue;
      this.remove(target, said);
      ids.replace(said.id, undefined);
    }
  }

  private targetOf(said: OutcomeSaid): Candidate {
    const { targetAuthor, targetOnBehalfOf, targetSourceId } = said;
    const behalf = targetOnBehalfOf === undefined ? {} : { onBehalfOf: targetOnBehalfOf };
    return { author: targetAuthor, ...behalf, sourceId: targetSourceId } as Candidate;
  }

  private put(voices: readonly (number | undefined)[], place: Place, row: Uint8Array): void {
    this.writing.trustChanged();
    voices.forEach((word, kind) => {
      if (word === undefined) return;
      this.writing.transaction.put("outcomes", placeKey(place, voiceKey(kind, word)), row);
    });
  }

  private remove(target: Candidate, place: Place): void {
    this.writing.trustChanged();
    voiceWords(target, this.writing.words).forEach((word, kind) => {
      if (word === undefined) return;
      this.writing.transaction.delete("outcomes", placeKey(place, voiceKey(kind, word)));
    });
  }
}
