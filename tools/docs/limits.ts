/** docs/reference/limits.md, from the table of limits and the rules of the scanner. */
import { crossRules } from "../../src/entry/cross-checks.js";
import { type FieldRule, grouped, type MessageRule } from "../../src/entry/field-rules.js";
import { entryRule } from "../../src/entry/schema.js";
import { combiningMarksMax } from "../../src/entry/text-check.js";
import {
  batchBytesMax,
  batchEntriesMax,
  blockPayloadBytesMax,
  chunkBytesMax,
  entryBytesMax,
  integerMax,
  messageBytesMax,
  requestBatchesMax,
  requestEntriesMax,
  sequenceWindow,
  writerRetentionMs,
} from "../../src/model/limits.js";
import { generatedNote, join, type Page, table } from "./page.js";

const dayMs = 86_400_000;

const sizes: readonly (readonly [string, string, string])[] = [
  ["entry", `1..${grouped(entryBytesMax)} bytes`, "ENTRY_TOO_LARGE"],
  ["entries of a batch", `1..${grouped(batchEntriesMax)}`, "BATCH_INVALID"],
  ["bytes of a batch's entries", `at most ${grouped(batchBytesMax)}`, "BATCH_INVALID"],
  ["sequence of a batch", `1..${grouped(integerMax)}`, "BATCH_INVALID"],
  ["batches of a request", `at most ${grouped(requestBatchesMax)}`, "MESSAGE_TOO_LARGE"],
  ["entries of a request", `at most ${grouped(requestEntriesMax)}`, "MESSAGE_TOO_LARGE"],
  ["a message on any port", `at most ${grouped(messageBytesMax)} bytes`, "MESSAGE_TOO_LARGE"],
  ["unsettled batches of a writer", `at most ${grouped(sequenceWindow)}`, "SEQUENCES_TOO_MANY"],
  [
    "receipts kept below a writer's highest sequence",
    `${grouped(sequenceWindow)}, for ${writerRetentionMs / dayMs} days after its last append`,
    "SEQUENCE_TOO_OLD",
  ],
  ["entries in a frame that a node sends", `at most ${grouped(chunkBytesMax)} bytes`, ""],
  ["payload of a block, uncompressed", `at most ${grouped(blockPayloadBytesMax)} bytes`, ""],
];

const typeNames: Readonly<Record<string, string>> = {
  text: "string",
  texts: "repeated string",
  floats: "repeated float",
  boolean: "bool",
  messages: "repeated message",
};

/** The proto's type. */
function typeOf(field: FieldRule): string {
  if (field.type === "uint") return field.max > 0xffff_ffff ? "uint64" : "uint32";
  return typeNames[field.type] ?? field.type;
}

function presenceOf(field: FieldRule): string {
  if (field.oneof !== undefined) return `one of ${field.oneof}`;
  return field.required ? "required" : "";
}

function limitOf(field: FieldRule): string {
  if (field.type === "messages") return field.limit;
  if (field.type === "message") return "see below";
  return field.limit;
}

/** The section of a message, and of the messages in it. */
function sections(heading: string, title: string, rules: MessageRule): readonly string[] {
  const rows = rules.fields.map((field) => [
    `\`${field.name}\``,
    String(field.number),
    typeOf(field),
    presenceOf(field),
    limitOf(field),
  ]);
  const words = rules.check === undefined ? undefined : crossRules[rules.check]?.words;
  const isEmpty = rows.length === 0;
  return [
    `${heading} ${title}`,
    isEmpty ? "No fields." : table(["field", "number", "type", "", "limit"], rows),
    ...(words === undefined ? [] : [words]),
    ...rules.fields.flatMap((field) =>
      field.message === undefined ? [] : sections(`${heading}#`, field.path, field.message),
    ),
  ];
}

function envelope(): readonly string[] {
  const fields = entryRule.fields.filter((field) => field.message === undefined);
  const rows = fields.map((field) => [
    `\`${field.name}\``,
    String(field.number),
    typeOf(field),
    presenceOf(field),
    field.limit,
  ]);
  const words = entryRule.check === undefined ? "" : (crossRules[entryRule.check]?.words ?? "");
  return [
    "## Every entry",
    table(["field", "number", "type", "", "limit"], rows),
    `Exactly one body. ${words}`,
  ];
}

export function limitsPage(): Page {
  const bodies = entryRule.fields.filter((field) => field.message !== undefined);
  const parts = [
    "# Limits",
    generatedNote,
    "What comes from outside is held to these limits at the edge of a node, before anything is " +
      "hashed or stored. A refusal names the field, its limit and what was found. Bytes of a " +
      "string are bytes of its UTF-8.",
    "## Sizes",
    table(["what", "limit", "beyond"], sizes),
    "## Fields",
    "Every string is UTF-8 in Unicode normalisation form C, with at most " +
      `${combiningMarksMax} combining marks (characters of the general category M) in a row. ` +
      "Control characters are U+0000 to U+001F and U+007F to U+009F. A concept path may begin " +
      "with `scheme://`: a letter, then letters, digits, `+`, `-`, `.`. A field that breaks its " +
      "limit is ENTRY_INVALID; an entry that is not in the one canonical encoding is " +
      "ENTRY_NOT_CANONICAL; a body that is not listed is BODY_UNKNOWN.",
    ...envelope(),
    ...bodies.flatMap((field) =>
      field.message === undefined
        ? []
        : sections("##", `${field.name} (body ${field.number})`, field.message),
    ),
  ];
  return { path: "docs/reference/limits.md", text: join(parts) };
}
