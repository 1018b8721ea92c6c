/** docs/reference/json.md, from the examples that a test holds against the commands. */
import { jsonExamples, recordExamples } from "./json-examples.js";
import { generatedNote, join, type Page } from "./page.js";

const block = (text: string): string => `\`\`\`json\n${text}\n\`\`\``;

export function jsonPage(): Page {
  const parts = [
    "# JSON",
    generatedNote,
    "With `--json` every result is one line of JSON on standard output; here they are spread " +
      "over lines to be read. Names are snake_case; ids and keys are lower-case hexadecimal; " +
      "moments are RFC 3339 in UTC; hybrid times (64 bits) are decimal text. New fields may be " +
      "added: skip what you do not know.",
    "## What `steme import` and `steme say` read",
    "One record per line, or behind `--body`: the fields of `Assertion` in " +
      "proto/steme/v1/entry.proto, or another body under its name. Ids and bytes are " +
      "hexadecimal, confidences and weights decimals, moments RFC 3339. What must be sorted is " +
      "sorted on reading. A field that is not known is refused.",
  ];
  for (const [doc, record] of recordExamples) parts.push(doc, block(JSON.stringify(record)));
  parts.push("## What `--json` prints");
  for (const { name, doc, command, value } of jsonExamples) {
    parts.push(`### ${name}`, doc, `\`${command}\``, block(JSON.stringify(value, undefined, 2)));
  }
  return { path: "docs/reference/json.md", text: join(parts) };
}
