/** Files of lines that commands read: a file, or standard input. */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Fault } from "../src/model/fault.js";
import type { Surroundings } from "./command.js";

export interface Input {
  readonly name: string;
  readonly stream: AsyncIterable<Uint8Array>;
  /** Absent where the size is not known. */
  readonly bytes: number | undefined;
  close(): void;
}

/** `-` is standard input. Throws ARGUMENT_INVALID. */
export async function openInput(file: string, { stdin }: Surroundings): Promise<Input> {
  if (file === "-") return { name: "-", stream: stdin, bytes: undefined, close: () => {} };
  const facts = await stat(file).catch((error: unknown) => {
    const errno = String((error as { code?: unknown }).code ?? error);
    throw new Fault("ARGUMENT_INVALID", `${file} cannot be read: ${errno}`, { file, errno }, error);
  });
  if (facts.isDirectory()) {
    throw new Fault("ARGUMENT_INVALID", `${file} is a directory, and must be a file`, { file });
  }
  const stream = createReadStream(file, { highWaterMark: 256 * 1024 });
  const bytes = facts.isFile() ? facts.size : undefined;
  return { name: file, stream, bytes, close: () => stream.destroy() };
}
