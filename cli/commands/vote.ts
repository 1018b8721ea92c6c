/** `vote` and `endorse`: for or against a claim of anybody. */
import type { Body } from "../../src/model/entry.js";
import { toHex } from "../../src/model/hex.js";
import type { Arguments } from "../arguments.js";
import {
  type Command,
  EXIT_FINE,
  type FlagFacts,
  type PositionalFacts,
  type Surroundings,
} from "../command.js";
import { connectionFlags, targetOf, withClient } from "../connection.js";
import { keyFlag, loadKey } from "../key-file.js";
import { parseHex32 } from "../lens-flags.js";
import { receiptJson, receiptText, sayOne } from "../receipt.js";
import { bodyText } from "../record.js";
import { type TargetClaim, targetClaimAt } from "../target-claim.js";
import { Usage } from "../usage.js";

const million = 1_000_000;

const idPositional: PositionalFacts = {
  name: "ID",
  doc: "Id of the claim: 64 hexadecimal digits, as `steme explain` prints them.",
};
const speakerFlags: readonly FlagFacts[] = [
  { name: "on-behalf-of", value: "NAME", doc: "For whom you say it, if you are a gateway." },
  keyFlag,
  ...connectionFlags,
];

/** Fetches the claim, acts upon it, and says what became of both. */
async function act(
  surroundings: Surroundings,
  given: Arguments,
  bodyOf: (claim: TargetClaim) => Body,
): Promise<number> {
  const { environment, output, stop } = surroundings;
  const target = targetOf(given, environment);
  const id = parseHex32(given.positional("ID"), "ID", "an id");
  const { keys } = await loadKey(given.one("key"), environment);
  const onBehalfOf = given.one("on-behalf-of");
  return await withClient(target, async (client) => {
    const claim = await targetClaimAt(client, id, stop);
    const body = bodyOf(claim);
    const receipt = await sayOne(client, { keys, onBehalfOf }, body, target, surroundings);
    const json = { ...receiptJson(receipt), target: toHex(id) };
    await output.result(json, () => `claim     ${bodyText(claim.body)}\n${receiptText(receipt)}`);
    return EXIT_FINE;
  });
}

/** Millionths, -1 to 1. Throws `Usage`. */
function weightOf(given: Arguments): number {
  const text = given.one("weight");
  if (given.has("against")) {
    if (text === undefined) return -million;
    throw new Usage("--against is a weight of -1: give one of --against and --weight");
  }
  const value = /^[+-]?(?:\d+\.?\d*|\.\d+)$/.test(text ?? "1") ? Number(text ?? 1) : Number.NaN;
  if (value >= -1 && value <= 1) return Math.round(value * million) + 0;
  const hint = "must be -1 to 1: below 0 is against, 0 withdraws";
  throw new Usage(`--weight is ${text}, and ${hint}`, {
    flag: "--weight",
    limit: "-1..1",
    value: text ?? "",
  });
}

export const voteCommand: Command = {
  name: "vote",
  group: "claims",
  summary: "Vote for or against a claim",
  description: [
    "The latest vote of a voice on a claim counts, and the `votes` lens alone reads votes. A " +
      "vote of weight 0 withdraws an earlier one.",
  ],
  positionals: [idPositional],
  flags: [
    { name: "weight", value: "-1..1", preset: "1", doc: "How much: below 0 is against." },
    { name: "against", doc: "The same as --weight -1." },
    ...speakerFlags,
  ],
  examples: [
    {
      doc: "Half a vote for it",
      line: "vote 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 --weight 0.5",
    },
    {
      doc: "Against it",
      line: "vote 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 --against",
    },
  ],
  json: "vote",
  async run(surroundings, given) {
    const weightMillionths = weightOf(given);
    return await act(surroundings, given, ({ id, body }) => ({
      kind: "vote",
      target: id,
      path: body.conceptPath,
      weightMillionths,
    }));
  },
};

export const endorseCommand: Command = {
  name: "endorse",
  group: "claims",
  summary: "Put your signature under a claim of somebody else",
  description: [
    "An endorsement counts as a vote of weight 1; a later vote of your voice replaces it.",
  ],
  positionals: [idPositional],
  flags: speakerFlags,
  examples: [
    {
      doc: "I say so too",
      line: "endorse 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    },
  ],
  json: "vote",
  async run(surroundings, given) {
    return await act(surroundings, given, ({ id, body }) => ({
      kind: "endorsement",
      target: id,
      path: body.conceptPath,
    }));
  },
};
