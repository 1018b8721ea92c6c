/**
 * Room for what a writer has taken and not settled: entries and bytes, both bounded. Who finds no
 * room waits in line, and the line is bounded too.
 *
 * Invariants:
 *
 * - Nobody overtakes: while one waits, all who come later wait behind.
 * - One may always enter an empty room, however large: a bound slows down and never locks out.
 */
import { assert } from "../invariant/assert.js";
import { Fault } from "../model/fault.js";
import { Queue } from "./queue.js";

export interface RoomBounds {
  readonly unsettledEntriesMax: number;
  readonly unsettledBytesMax: number;
  readonly waitingEntriesMax: number;
}

export interface Guest {
  readonly entries: number;
  readonly bytes: number;
  admit(): void;
  refuse(fault: Fault): void;
}

export class Room {
  readonly #bounds: RoomBounds;
  readonly #line = new Queue<Guest>();
  #lineEntries = 0;
  readonly #watchers: (() => void)[] = [];
  #entries = 0;
  #bytes = 0;

  constructor(bounds: RoomBounds) {
    this.#bounds = bounds;
  }

  get entries(): number {
    return this.#entries;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get waitingEntries(): number {
    return this.#lineEntries;
  }

  /** Admits now or later; refuses with OVERLOADED where the line is full. */
  enter(guest: Guest): void {
    if (this.#line.length === 0 && this.#fits(guest)) {
      this.#admit(guest);
      return;
    }
    const { waitingEntriesMax } = this.#bounds;
    if (this.#lineEntries + guest.entries > waitingEntriesMax && this.#line.length > 0) {
      const detail = { limit: waitingEntriesMax, waiting: this.#lineEntries };
      const message = "too many entries wait: await capacity() before appending";
      guest.refuse(new Fault("OVERLOADED", message, detail));
      return;
    }
    this.#line.push(guest);
    this.#lineEntries += guest.entries;
  }

  leave(entries: number, bytes: number): void {
    this.#entries -= entries;
    this.#bytes -= bytes;
    assert(this.#entries >= 0 && this.#bytes >= 0, "only what entered leaves");
    for (let next = this.#line.first; next && this.#fits(next); next = this.#line.first) {
      this.#line.shift();
      this.#lineEntries -= next.entries;
      this.#admit(next);
    }
    this.#tellWatchers();
  }

  /** Resolves when nobody waits and there is room for one more. */
  opened(): Promise<void> {
    if (this.#isOpen()) return Promise.resolve();
    return new Promise((resolve) => this.#watchers.push(resolve));
  }

  /** Turns everybody away who waits. */
  close(fault: Fault): void {
    for (const guest of this.#line.drain()) guest.refuse(fault);
    this.#lineEntries = 0;
    for (const watcher of this.#watchers.splice(0)) watcher();
  }

  #admit(guest: Guest): void {
    this.#entries += guest.entries;
    this.#bytes += guest.bytes;
    guest.admit();
  }

  #fits({ entries, bytes }: Guest): boolean {
    if (this.#entries === 0) return true;
    const { unsettledEntriesMax, unsettledBytesMax } = this.#bounds;
    return (
      this.#entries + entries <= unsettledEntriesMax && this.#bytes + bytes <= unsettledBytesMax
    );
  }

  #isOpen(): boolean {
    if (this.#line.length > 0) return false;
    const { unsettledEntriesMax, unsettledBytesMax } = this.#bounds;
    return this.#entries < unsettledEntriesMax && this.#bytes < unsettledBytesMax;
  }

  #tellWatchers(): void {
    if (this.#watchers.length === 0 || !this.#isOpen()) return;
    for (const watcher of this.#watchers.splice(0)) watcher();
  }
}
