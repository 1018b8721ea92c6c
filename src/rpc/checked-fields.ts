/** Fields of requests that every service checks alike: messages, texts, enums. */
import { BinaryReader } from "@bufbuild/protobuf/wire";
import type { Shape } from "../entry/field-rules.js";
import { checkText, TEXT_NOT_NFC, TEXT_OK, TEXT_TOO_MANY_MARKS } from "../entry/text-check.js";
import { Fault } from "../model/fault.js";
import { messageBytesMax } from "../model/limits.js";
import { refuse } from "./requests.js";

const shapes: Readonly<Record<Shape, string>> = {
  free: "",
  plain: ", no control characters",
  path: ", segments joined by `/`, none empty, no control characters",
  predicate: ", no `/`, no control characters",
  language: ", a BCP 47 language tag",
};

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Short texts are ASCII: those need no decoder. */
function utf8Of(bytes: Uint8Array): string {
  const { length } = bytes;
  for (let at = 0; at < length; at++) {
    if ((bytes[at] as number) >= 0x80) return strict.decode(bytes);
  }
  return Buffer.from(bytes.buffer, bytes.byteOffset, length).toString("latin1");
}

interface Decoder<Message> {
  decode(input: BinaryReader): Message;
}

/** Throws MESSAGE_TOO_LARGE, MESSAGE_MALFORMED: a text that is not UTF-8 is no protobuf text. */
export function decodeRequest<Message>(type: Decoder<Message>, bytes: Uint8Array): Message {
  if (bytes.length > messageBytesMax) {
    const message = `a message must be at most ${messageBytesMax} bytes`;
    throw new Fault("MESSAGE_TOO_LARGE", message, { bytes: bytes.length, limit: messageBytesMax });
  }
  try {
    return type.decode(new BinaryReader(bytes, utf8Of));
  } catch (error) {
    const message = "the request is not a protobuf message of its type, or a text is not UTF-8";
    throw new Fault("MESSAGE_MALFORMED", message, { bytes: bytes.length }, error);
  }
}

/** A text of 1 to `bytesMax` bytes. */
export function requireText(
  field: string,
  text: string,
  { shape, bytesMax }: { readonly shape: Shape; readonly bytesMax: number },
): string {
  const limit = `1 to ${bytesMax} bytes${shapes[shape]}`;
  if (text.length > bytesMax) return refuse(field, limit, text);
  const bytes = Buffer.from(text);
  if (bytes.length < 1 || bytes.length > bytesMax) return refuse(field, limit, text);
  const code = checkText(bytes, 0, bytes.length, shape, "edge");
  if (code === TEXT_OK) return text;
  if (code === TEXT_NOT_NFC) return refuse(field, "in Unicode normalisation form C", text);
  if (code === TEXT_TOO_MANY_MARKS) return refuse(field, "with fewer combining marks", text);
  return refuse(field, limit, text);
}

/** The name of an enum's number. */
export function nameOf<Name extends string>(
  field: string,
  names: readonly Name[],
  number: number,
): Name {
  return names[number - 1] ?? refuse(field, names.join(", "), number);
}
