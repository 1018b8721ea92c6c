/**
 * JSON lines, read with bounded memory: text in, numbered lines out.
 *
 * A line longer than the limit is passed over without being kept, and reported as one bad line: a
 * file without line breaks must not fill the memory.
 */
import { StringDecoder } from "node:string_decoder";

export interface NumberedLine {
  /** 1 for the first. */
  readonly line: number;
  /** Without its line break; `undefined` where it is too long. */
  readonly text: string | undefined;
  /** Bytes read so far, this line's chunk included. */
  readonly bytesRead: number;
}

/** Empty lines are numbered, and left out. */
export async function* readLines(
  source: AsyncIterable<Uint8Array>,
  charactersMax: number,
): AsyncGenerator<NumberedLine, void, undefined> {
  const decoder = new StringDecoder("utf8");
  let line = 1;
  let rest = "";
  let isTooLong = false;
  let bytesRead = 0;
  const finish = (text: string): NumberedLine | undefined => {
    const isLost = isTooLong || text.length > charactersMax;
    isTooLong = false;
    const whole = text.endsWith("\r") ? text.slice(0, -1) : text;
    const found = { line, text: isLost ? undefined : whole, bytesRead };
    line += 1;
    return isLost || whole.trim() !== "" ? found : undefined;
  };
  for await (const chunk of source) {
    bytesRead += chunk.length;
    const parts = decoder.write(Buffer.from(chunk)).split("\n");
    const last = parts.pop() ?? "";
    for (const part of parts) {
      const found = finish(rest + part);
      rest = "";
      if (found !== undefined) yield found;
    }
    rest += last;
    if (rest.length > charactersMax) {
      isTooLong = true;
      rest = "";
    }
  }
  rest += decoder.end();
  if (rest !== "" || isTooLong) {
    const found = finish(rest);
    if (found !== undefined) yield found;
  }
}
