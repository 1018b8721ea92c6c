/** `say`: one body of any kind that clients may write, signed. What curators curate with. */
import type { Body } from "../../src/model/entry.js";
import { isFault } from "../../src/model/fault.js";
import type { Arguments } from "../arguments.js";
import { clientBodyOf } from "../client-body.js";
import { type Command, EXIT_FINE } from "../command.js";
import { connectionFlags, targetOf, withClient } from "../connection.js";
import { keyFlag, loadKey } from "../key-file.js";
import { receiptJson, receiptText, sayOne } from "../receipt.js";
import { Usage } from "../usage.js";

const exampleId = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

const manyValued = {
  predicate_record: {
    prefix: "drug",
    predicate: "side_effect",
    cardinality: "many",
    comparator: "exact",
  },
};
const spoken = (body: object): string => `say --body '${JSON.stringify(body)}'`;

/** Throws `Usage`; BODY_NOT_ALLOWED where only a node may say it. */
function bodyOf(given: Arguments, nowMs: number): Body {
  const text = given.one("body");
  if (text === undefined) {
    throw new Usage("--body is missing: say what, as JSON", { flag: "--body" });
  }
  let record: unknown;
  try {
    record = JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Usage(`--body is not JSON: ${reason}`, { flag: "--body", limit: "JSON" });
  }
  try {
    return clientBodyOf(record, { assertedMs: nowMs });
  } catch (error) {
    if (!isFault(error, "ARGUMENT_INVALID")) throw error;
    throw new Usage(`--body: ${error.message}`, { flag: "--body", ...error.detail });
  }
}

export const sayCommand: Command = {
  name: "say",
  group: "claims",
  summary: "Say anything that clients may say, given as JSON: what curators curate with",
  description: [
    "The body has the form of a line of `steme import`: a predicate record, an alias, an epoch, " +
      "a trust outcome, a supersession, a source record and all others stand under their names, " +
      "the fields of an assertion in the record itself (made now, unless it has `asserted_at`). " +
      "docs/reference/json.md has examples.",
    "Anybody may say it; what a curator's right is needed for is without effect until an " +
      "administrator has granted it (`steme grants add`), and counts then. " +
      "Saying exactly the same again gives the same id, and counts once, where it first stood.",
    "Exit codes: 2 where the JSON is not a body, with the field, its limit and its value; 1 " +
      "where only a node may say it, or the node refuses it.",
  ],
  flags: [
    { name: "body", value: "JSON", doc: "What to say." },
    { name: "on-behalf-of", value: "NAME", doc: "For whom you say it, if you are a gateway." },
    keyFlag,
    ...connectionFlags,
  ],
  examples: [
    { doc: "A predicate may have many values, below a path", line: spoken(manyValued) },
    {
      doc: "A path means another concept",
      line: spoken({ alias: { path: "drug/acetaminophen", canonical: "drug/paracetamol" } }),
    },
    {
      doc: "An epoch takes the place of another one",
      line: spoken({ epoch: { name: "2027", supersedes: "2026" } }),
    },
    {
      doc: "A claim turned out wrong: its voice is trusted less",
      line: spoken({ trust_outcome: { target: exampleId, path: "drug/a", outcome: "wrong" } }),
    },
  ],
  json: "assert",
  async run({ output, environment, stop, nowMs }, given) {
    const target = targetOf(given, environment);
    const body = bodyOf(given, nowMs()); // what is wrong is said before a key is asked for
    const { keys } = await loadKey(given.one("key"), environment);
    const onBehalfOf = given.one("on-behalf-of");
    return await withClient(target, async (client) => {
      const receipt = await sayOne(client, { keys, onBehalfOf }, body, target, { stop });
      await output.result(receiptJson(receipt), () => receiptText(receipt));
      return EXIT_FINE;
    });
  },
};
