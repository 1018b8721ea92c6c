/**
 * Writes frames to a call at its reader's pace: what a reader does not take waits in our memory up
 * to a bound, whatever the stream's own buffer would hold.
 */

/** The side of a call that frames are written to. */
export interface FrameSink {
  write(frame: Uint8Array, taken: () => void): unknown;
}

export class FrameWriter {
  readonly #call: FrameSink;
  readonly #waitingBytesMax: number;
  #waitingBytes = 0;
  #isClosed = false;
  #room: Promise<void> | undefined;
  #wake: (() => void) | undefined;

  /** @param waitingBytesMax what may wait for the reader before the writer is asked to */
  constructor(call: FrameSink, waitingBytesMax: number) {
    this.#call = call;
    this.#waitingBytesMax = waitingBytesMax;
  }

  /** Whether the reader is gone. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Nothing is written from now on; whoever waits for room goes on. */
  close(): void {
    this.#isClosed = true;
    this.#makeRoom();
  }

  /** Returns when the next frame may be made, undefined: at once. */
  write(frame: Uint8Array): Promise<void> | undefined {
    if (this.#isClosed) return undefined;
    this.#waitingBytes += frame.length;
    this.#call.write(frame, () => {
      this.#waitingBytes -= frame.length;
      if (this.#waitingBytes < this.#waitingBytesMax) this.#makeRoom();
    });
    if (this.#isClosed || this.#waitingBytes < this.#waitingBytesMax) return undefined;
    this.#room ??= new Promise((resolve) => {
      this.#wake = resolve;
    });
    return this.#room;
  }

  #makeRoom(): void {
    const wake = this.#wake;
    this.#room = undefined;
    this.#wake = undefined;
    wake?.();
  }
}
