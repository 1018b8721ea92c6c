/** `retract`: takes a claim of one's own back, or shows what that would change. */
import type { KeyPair, StemeClient } from "../../src/client/index.js";
import { answerJson, basisJson } from "../../src/http/answer-json.js";
import { type Answer, type LensName, lensNames } from "../../src/model/answer.js";
import { Fault } from "../../src/model/fault.js";
import { bytesEqual, toHex } from "../../src/model/hex.js";
import type { QueryResult } from "../../src/model/query.js";
import { answerCard } from "../answer-card.js";
import { type Command, EXIT_FINE, type PositionalFacts, type Surroundings } from "../command.js";
import { connectionFlags, targetOf, withClient } from "../connection.js";
import { keyFlag, loadKey } from "../key-file.js";
import { lensFlag, parseHex32 } from "../lens-flags.js";
import { toJson, visible } from "../output.js";
import { receiptJson, receiptText, type Speaker, sayOne } from "../receipt.js";
import { sheetOf } from "../sheet.js";
import { type TargetClaim, targetClaimAt } from "../target-claim.js";

const idPositional: PositionalFacts = {
  name: "ID",
  doc: "Id of the claim: 64 hexadecimal digits, as `steme explain` prints them.",
};

export const retractCommand: Command = {
  name: "retract",
  group: "claims",
  summary: "Take back a claim of your own, or see what that would change",
  description: [
    "A retraction counts from then on, and only from the voice that said the claim: against " +
      "claims of others there are `steme vote ID --against` and `steme assert --denies`. " +
      "--dry-run needs no key, appends nothing, and shows the answer with and without the claim.",
  ],
  positionals: [idPositional],
  flags: [
    { name: "reason", value: "TEXT", doc: "Why, for people." },
    { name: "dry-run", doc: "Append nothing: show the answers with and without the claim." },
    { ...lensFlag, doc: `With --dry-run: the lens. ${lensFlag.doc}` },
    {
      name: "on-behalf-of",
      value: "NAME",
      preset: "as the claim was said",
      doc: "For whom you take it back, if you are a gateway.",
    },
    keyFlag,
    ...connectionFlags,
  ],
  examples: [
    {
      doc: "What would change",
      line: "retract 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 --dry-run",
    },
    {
      doc: "Take it back",
      line:
        "retract 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 " +
        "--reason 'misread the table'",
    },
  ],
  json: "retract",
  async run(surroundings, given) {
    const { environment, output, stop } = surroundings;
    const target = targetOf(given, environment);
    const id = parseHex32(given.positional("ID"), "ID", "an id");
    const lens = given.choice("lens", lensNames);
    if (given.has("dry-run")) {
      await withClient(target, async (client) => {
        await dryRun(surroundings, client, await targetClaimAt(client, id, stop), lens);
      });
      return EXIT_FINE;
    }
    const { keys } = await loadKey(given.one("key"), environment);
    const reason = given.one("reason");
    await withClient(target, async (client) => {
      const claim = await targetClaimAt(client, id, stop);
      const speaker = speakerFor(claim, keys, given.one("on-behalf-of"));
      const path = claim.body.conceptPath;
      const said = reason === undefined ? {} : { reason };
      const body = { kind: "retraction", target: id, path, ...said } as const;
      const receipt = await sayOne(client, speaker, body, target, surroundings);
      await output.result(receiptJson(receipt), () => receiptText(receipt));
    });
    return EXIT_FINE;
  },
};

/** Throws BODY_NOT_ALLOWED where the claim is another voice's: the retraction would do nothing. */
export function speakerFor(claim: TargetClaim, keys: KeyPair, named: string | undefined): Speaker {
  const isOwnKey = bytesEqual(claim.author, keys.publicKey);
  const onBehalfOf = named ?? (isOwnKey ? claim.onBehalfOf : undefined);
  const isVoice =
    claim.onBehalfOf === undefined
      ? isOwnKey && onBehalfOf === undefined
      : onBehalfOf === claim.onBehalfOf;
  if (isVoice) return { keys, onBehalfOf };
  const who = visible(claim.onBehalfOf ?? toHex(claim.author));
  const remedy =
    claim.onBehalfOf !== undefined && !isOwnKey
      ? `a gateway takes it back with --on-behalf-of ${visible(claim.onBehalfOf)}, everybody else`
      : "everybody else";
  const message =
    `the claim was said by ${who}, and only that voice can take it back: ${remedy} says ` +
    "`steme vote ID --against`, or the opposite with `steme assert --denies`";
  throw new Fault("BODY_NOT_ALLOWED", message, { id: toHex(claim.id), voice: who });
}

const winnersOf = (answers: readonly Answer[]): string =>
  toJson(answers.map((answer) => answerJson(answer)["winner"]).filter((one) => one !== null));

async function dryRun(
  { output, stop }: Surroundings,
  client: StemeClient,
  claim: TargetClaim,
  lens: LensName | undefined,
): Promise<void> {
  const { conceptPath, predicate } = claim.body;
  const subject = { kind: "question", question: { conceptPath, predicate } } as const;
  const asked = { subject, ...(lens === undefined ? {} : { lens }) };
  const before = await client.query(asked, { signal: stop });
  const { evaluatedAtMs } = before.basis;
  const without = { ...asked, evaluatedAtMs, parameters: { claimsOut: [claim.id] } };
  const after = await client.query(without, { signal: stop });
  const winnerChanged = winnersOf(before.answers) !== winnersOf(after.answers);
  const json = {
    dry_run: true,
    target: toHex(claim.id),
    concept_path: conceptPath,
    before: before.answers.map(answerJson),
    after: after.answers.map(answerJson),
    winner_changed: winnerChanged,
    basis: basisJson(before.basis),
  };
  await output.result(json, () => {
    const sheet = sheetOf(output);
    const cards = (page: QueryResult): string =>
      page.answers.map((answer) => answerCard(sheet, answer, page).join("\n")).join("\n\n");
    const verdict = winnerChanged
      ? sheet.paint("yellow", "Taking the claim back would change the answer.")
      : sheet.paint("green", "Taking the claim back would leave the winner.");
    return [
      sheet.paint("bold", "AS IT IS"),
      cards(before),
      "",
      sheet.paint("bold", "WITHOUT THE CLAIM"),
      cards(after),
      "",
      verdict,
    ].join("\n");
  });
}
