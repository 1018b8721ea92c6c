/**
 * What requests and the basis of answers have in common, as bytes of query_service.proto:
 * positions, moments, the parameters of a lens. Fields are written from the last to the first, as
 * `MessageWriter` wants it; the numbers are those of the proto.
 */
import { type LensParameters, type Moment, recencyTimes, voicesKinds } from "../model/answer.js";
import { lifecycles, sourceClasses } from "../model/entry.js";
import type { Position } from "../model/position.js";
import { Decay } from "../wire/steme/v1/query_service.js";
import type { MessageWriter } from "./message-writer.js";

/** The numbers of an enum's names: from 1, in the order of the model's lists. */
export const numbersOf = <Name extends string>(
  names: readonly Name[],
): Readonly<Record<Name, number>> =>
  Object.fromEntries(names.map((name, index) => [name, index + 1])) as Record<Name, number>;

const classNumbers = numbersOf(sourceClasses);
const lifecycleNumbers = numbersOf(lifecycles);
const voicesNumbers = numbersOf(voicesKinds);
const recencyNumbers = numbersOf(recencyTimes);

export function writePosition(writer: MessageWriter, field: number, position: Position): void {
  const before = writer.written;
  writer.uint(2, position.index);
  writer.bytes(1, position.logId);
  writer.message(field, before);
}

export function writeMoment(writer: MessageWriter, field: number, moment: Moment): void {
  const before = writer.written;
  if (moment.kind === "position") writePosition(writer, 1, moment.position);
  else if (moment.kind === "frontier") writer.bytesAlways(2, moment.frontier);
  else writer.sintAlways(3, moment.recordedMs);
  writer.message(field, before);
}

/** Writes what is set. */
export function writeParameters(
  writer: MessageWriter,
  field: number,
  parameters: LensParameters,
): void {
  const before = writer.written;
  const { decay, voices, recencyTime, validAtMs, epoch } = parameters;
  const { lifecycles: admitted = [], classes = [] } = parameters;
  writeEach(parameters.claimsOut, (id) => writer.bytesAlways(15, id));
  if (recencyTime !== undefined) writer.uint(14, recencyNumbers[recencyTime]);
  writer.uint(13, parameters.trustMillionthsMin ?? 0);
  writer.uint(12, parameters.confidenceMillionthsMin ?? 0);
  writePacked(
    writer,
    11,
    classes.map((name) => classNumbers[name]),
  );
  writeEach(parameters.sourcesOut, (id) => writer.textAlways(10, id));
  writeEach(parameters.sourcesIn, (id) => writer.textAlways(9, id));
  writeEach(parameters.authorsOut, (key) => writer.bytesAlways(8, key));
  writeEach(parameters.authorsIn, (key) => writer.bytesAlways(7, key));
  if (voices !== undefined) writer.uint(6, voicesNumbers[voices]);
  if (validAtMs !== undefined) writer.sintAlways(5, validAtMs);
  if (epoch !== undefined) writer.textAlways(4, epoch);
  writePacked(
    writer,
    3,
    admitted.map((name) => lifecycleNumbers[name]),
  );
  if (typeof decay === "object") {
    writer.uint(2, decay.halfLifeMs);
    writer.uint(1, Decay.HALF_LIFE);
  } else if (decay !== undefined) writer.uint(1, decay === "none" ? Decay.NONE : Decay.CLASS);
  writer.message(field, before);
}

function writeEach<Item>(items: readonly Item[] | undefined, write: (item: Item) => void): void {
  if (items === undefined) return;
  for (let at = items.length - 1; at >= 0; at--) write(items[at] as Item);
}

/** Enum numbers, each in one byte. */
function writePacked(writer: MessageWriter, field: number, numbers: readonly number[]): void {
  if (numbers.length > 0) writer.bytesAlways(field, Uint8Array.from(numbers));
}
