/**
 * Writes frames to a call at its reader's pace: what a reader does not take waits in our memory up
 * to a bound, whatever the stream's own buffer would hold.
 */
import type { ServerWritableStream } from "@grpc/grpc-js";

export class FrameWriter {
  readonly #call: ServerWritableStream<unknown, Uint8Array>;
  readonly #waitingBytesMax: number;
  #waitingBytes = 0;
  #isClosed = false;
  #wake: (() => void) | undefined;

  constructor(call: ServerWritableStream<unknown, Uint8Array>, waitingBytesMax: number) {
    this.#call = call;
    this.#waitingBytesMax = waitingBytesMax;
  }

  /** Whether the reader is gone. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Nothing is written from now on; a waiting `write` returns. */
  close(): void {
    this.#isClosed = true;
    this.#wake?.();
  }

  /** Returns when the next frame may be made, undefined: at once. */
  write(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#isClosed) return undefined;
    this.#waitingBytes += bytes.length;
    this.#call.write(bytes, () => {
      this.#waitingBytes -= bytes.length;
      if (this.#waitingBytes < this.#waitingBytesMax) this.#wake?.();
    });
    if (this.#waitingBytes < this.#waitingBytesMax) return undefined;
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
    });
  }
}
