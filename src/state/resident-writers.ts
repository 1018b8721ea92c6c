/**
 * The writers in memory: the hot part of the sequence table, bounded by count and by slots.
 *
 *     byName: author ‖ writer -> ResidentWriter     newest <-> … <-> oldest (by last use)
 *
 * A writer may be dropped when everything about it is in the store: nothing in flight, and no
 * receipt that was not acknowledged by a flush. What is dropped is fetched again when it is needed.
 */
import { assert } from "../invariant/assert.js";
import { publicKeyBytes, writerBytes } from "../model/position.js";
import { WRITER_NAME_BYTES } from "./sequence-journal.js";
import type { SequenceWindow } from "./sequence-window.js";

/** A batch between judgement and outcome. `attempt` is the caller's own handle. */
export interface InFlight<Attempt> {
  readonly root: Uint8Array;
  readonly attempt: Attempt;
}

export class ResidentWriter<Attempt> {
  readonly name: string;
  readonly window: SequenceWindow;
  readonly inFlight = new Map<number, InFlight<Attempt>>();
  /** The flush that carries, or will carry, its newest receipt; 0: none. */
  flushNumber = 0;
  /** Its number in the journal of that flush. */
  journalNumber = 0;
  /** Fetches the receipts that are not resident, while that runs. */
  completing: Promise<void> | undefined = undefined;
  newer: ResidentWriter<Attempt> | undefined = undefined;
  older: ResidentWriter<Attempt> | undefined = undefined;

  constructor(name: string, window: SequenceWindow) {
    this.name = name;
    this.window = window;
  }
}

export interface ResidentBounds {
  readonly writerCountMax: number;
  readonly slotCountMax: number;
}

/** How many writers that cannot be dropped are passed over in one go. */
const passedOverMax = 64;
const scratch = Buffer.alloc(WRITER_NAME_BYTES);

/** Author ‖ writer as a map key: one byte per character. */
export function writerKey(author: Uint8Array, writer: Uint8Array): string {
  assert(author.length === publicKeyBytes, "an author has 32 bytes");
  assert(writer.length === writerBytes, "a writer has 16 bytes");
  scratch.set(author);
  scratch.set(writer, publicKeyBytes);
  return scratch.toString("latin1");
}

/** The bytes of a map key. */
export function writerNameOf(key: string): Uint8Array {
  const name = new Uint8Array(WRITER_NAME_BYTES);
  for (let i = 0; i < WRITER_NAME_BYTES; i++) name[i] = key.charCodeAt(i);
  return name;
}

export class ResidentWriters<Attempt> {
  private readonly bounds: ResidentBounds;
  private readonly byName = new Map<string, ResidentWriter<Attempt>>();
  private newest: ResidentWriter<Attempt> | undefined = undefined;
  private oldest: ResidentWriter<Attempt> | undefined = undefined;
  private slotsUsed = 0;

  constructor(bounds: ResidentBounds) {
    this.bounds = bounds;
  }

  get count(): number {
    return this.byName.size;
  }

  get slotCount(): number {
    return this.slotsUsed;
  }

  /** The writer if it is resident, made the newest. */
  use(name: string): ResidentWriter<Attempt> | undefined {
    const writer = this.byName.get(name);
    if (writer !== undefined && writer !== this.newest) {
      this.unlink(writer);
      this.link(writer);
    }
    return writer;
  }

  add(writer: ResidentWriter<Attempt>): void {
    assert(!this.byName.has(writer.name), "a writer is resident once");
    this.byName.set(writer.name, writer);
    this.slotsUsed += writer.window.capacity;
    this.link(writer);
  }

  /** To be called with what a window's capacity was before it changed. */
  noteCapacity(writer: ResidentWriter<Attempt>, before: number): void {
    this.slotsUsed += writer.window.capacity - before;
  }

  /**
   * Drops what was used longest ago until the bounds hold, as far as writers may be dropped; never
   * the newest, for somebody is about to use it.
   */
  shrink(flushedNumber: number): void {
    const { newest } = this;
    let passedOver = 0;
    while (this.isOverfull() && passedOver < passedOverMax) {
      const writer = this.oldest;
      if (writer === undefined || writer === newest) return;
      this.unlink(writer);
      if (writer.inFlight.size === 0 && writer.flushNumber <= flushedNumber) {
        this.byName.delete(writer.name);
        this.slotsUsed -= writer.window.capacity;
      } else {
        this.link(writer);
        passedOver += 1;
      }
    }
  }

  private isOverfull(): boolean {
    const { writerCountMax, slotCountMax } = this.bounds;
    return this.byName.size > writerCountMax || this.slotsUsed > slotCountMax;
  }

  private link(writer: ResidentWriter<Attempt>): void {
    writer.older = this.newest;
    writer.newer = undefined;
    if (this.newest !== undefined) this.newest.newer = writer;
    this.newest = writer;
    this.oldest ??= writer;
  }

  private unlink(writer: ResidentWriter<Attempt>): void {
    if (writer.newer !== undefined) writer.newer.older = writer.older;
    if (writer.older !== undefined) writer.older.newer = writer.newer;
    if (this.newest === writer) this.newest = writer.older;
    if (this.oldest === writer) this.oldest = writer.newer;
    writer.newer = undefined;
    writer.older = undefined;
  }
}
