/**
 * Protobuf as a tree that can be bent: for tests that must write what no encoder writes.
 *
 * It shares nothing with the code under test but the table that says which fields are messages.
 */
import type { MessageRule } from "../../src/entry/field-rules.js";

export interface RawField {
  readonly number: number;
  readonly wireType: number;
  /** A varint's value. */
  readonly varint: bigint;
  /** Content of a field of another wire type. */
  readonly content: Uint8Array;
  /** Content of a message. */
  readonly children: readonly RawField[] | undefined;
  readonly path: string;
  /** Bytes to write instead of everything above. */
  readonly verbatim?: Uint8Array;
}

export function varintBytes(value: bigint, paddedTo = 0): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  } while (rest > 0n);
  while (bytes.length < paddedTo) bytes.push(0x80);
  bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) & 0x7f;
  return Uint8Array.from(bytes);
}

export function parseRaw(bytes: Uint8Array, rules: MessageRule | undefined): RawField[] {
  const fields: RawField[] = [];
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++] ?? 0;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const [number, wireType] = [tag >>> 3, tag & 7];
    const rule = rules?.byNumber[number];
    const value = wireType === 0 || wireType === 2 ? varint() : 0n;
    const length = wireType === 1 ? 8 : wireType === 2 ? Number(value) : 0;
    const content = Uint8Array.prototype.slice.call(bytes, at, at + length);
    at += length;
    const children = rule?.message === undefined ? undefined : parseRaw(content, rule.message);
    const path = rule?.path ?? `?${number}`;
    fields.push({ number, wireType, varint: value, content, children, path });
  }
  return fields;
}

export function rawContent(field: RawField): Uint8Array {
  return field.children === undefined ? field.content : writeRaw(field.children);
}

export function writeRaw(fields: readonly RawField[]): Uint8Array {
  const parts = fields.map((field) => {
    if (field.verbatim !== undefined) return field.verbatim;
    const tag = varintBytes(BigInt((field.number << 3) | field.wireType));
    if (field.wireType === 0) return Buffer.concat([tag, varintBytes(field.varint)]);
    const content = rawContent(field);
    if (field.wireType !== 2) return Buffer.concat([tag, content]);
    return Buffer.concat([tag, varintBytes(BigInt(content.length)), content]);
  });
  return new Uint8Array(Buffer.concat(parts));
}

/** Every message of a tree, as a way to write the tree with another list of fields there. */
export function messagesOf(
  fields: readonly RawField[],
  rebuild: (fields: readonly RawField[]) => Uint8Array = writeRaw,
): { readonly fields: readonly RawField[]; readonly rebuild: typeof rebuild }[] {
  const nested = fields.flatMap((field, index) => {
    if (field.children === undefined) return [];
    const put = (children: readonly RawField[]): Uint8Array =>
      rebuild(fields.with(index, { ...field, children }));
    return messagesOf(field.children, put);
  });
  return [{ fields, rebuild }, ...nested];
}

export const numberField = (path: string, number: number, varint: bigint): RawField => ({
  number,
  wireType: 0,
  varint,
  content: new Uint8Array(0),
  children: undefined,
  path,
});

export const bytesField = (path: string, number: number, content: Uint8Array): RawField => ({
  number,
  wireType: 2,
  varint: 0n,
  content,
  children: undefined,
  path,
});
