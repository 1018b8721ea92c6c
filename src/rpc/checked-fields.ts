/** Fields of requests that every service checks alike: messages, texts, enums. */
import { BinaryReader } from "@bufbuild/protobuf/wire";
import { askedText, type TextRule } from "../entry/asked-text.js";
import { Fault } from "../model/fault.js";
import { messageBytesMax } from "../model/limits.js";
import { refuse } from "./requests.js";

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
export const requireText = (field: string, text: string, rule: TextRule): string =>
  askedText(field, text, rule, refuse);

/** The name of an enum's number. */
export function nameOf<Name extends string>(
  field: string,
  names: readonly Name[],
  number: number,
): Name {
  return names[number - 1] ?? refuse(field, names.join(", "), number);
}
