/**
 * Fills views and asks questions, in a process of its own: what encodes, signs and decodes shares
 * nothing with the node but the machine. Takes one job over IPC, says what it measured, and ends.
 */
import { connect, KeyPair, type StemeClient } from "../../../src/client/index.js";
import { tallyOf } from "../../importers/disagreements.js";
import { importDatasets } from "../../importers/import-datasets.js";
import { readPackages } from "../../importers/packages.js";
import {
  type AnswerJob,
  type AnswerJobResult,
  type AnswerMessage,
  versionedQuestion,
} from "./answer-jobs.js";
import { askQuestions } from "./asking.js";
import type { GeneratedClaim } from "./claim-maker.js";
import { appendFollowed, Following, type Portion, portionsOf } from "./following.js";
import { timeLag } from "./lag.js";

type JobOf<Kind extends AnswerJob["kind"]> = Extract<AnswerJob, { kind: Kind }>;
type Outcome = Omit<AnswerJobResult, "fromMs" | "untilMs"> & Partial<AnswerJobResult>;

const whole = (number: number): string => Math.round(number).toLocaleString("en-US");
const below = (count: number): number => Math.floor(Math.random() * count);

async function followDemo(client: StemeClient, { keyFile }: JobOf<"demo">): Promise<Outcome> {
  const keys = await KeyPair.load(keyFile);
  const datasets = readPackages();
  const { claims: claimsTotal } = tallyOf(datasets);
  const following = new Following(client);
  const begin = performance.now();
  const { appended, appendMs } = await importDatasets({ client, keys, datasets, claimsTotal });
  await following.reached((await client.status()).size);
  const seconds = (performance.now() - begin) / 1000;
  const appendRate = (appended * 1000) / appendMs;
  return {
    figures: { entriesPerSecond: appended / seconds },
    note: `${whole(appended)} entries, appended at ${whole(appendRate)}/s meanwhile`,
    entries: appended,
  };
}

function* randomPortions({
  entries,
  questions,
  versionEvery,
}: JobOf<"random">): Generator<Portion, void, undefined> {
  let version = 0;
  let said = 0;
  const claim = (): GeneratedClaim => ({
    question: below(questions),
    value: below(4),
    source: below(100),
  });
  for (const portion of portionsOf(entries, claim)) {
    yield portion;
    said += portion.claims.length;
    for (; versionEvery > 0 && version < Math.floor(said / versionEvery); version++) {
      const claims = [{ question: versionedQuestion, value: version, source: 0 }];
      yield { claims, voice: 0 };
    }
  }
}

async function followRandom(client: StemeClient, job: JobOf<"random">): Promise<Outcome> {
  const followed = await appendFollowed(client, randomPortions(job));
  const { following, startSize, size, fromMs, untilMs } = followed;
  const from = size - Math.floor((size - startSize) / 10);
  return {
    figures: { entriesPerSecond: following.rateBetween(from, size) },
    note:
      `the last tenth of ${whole(size - startSize)} entries, ${whole(size)} in all; ` +
      `${whole(following.rateBetween(startSize, size))}/s over all of them`,
    entries: size - startSize,
    fromMs,
    untilMs,
  };
}

async function gatherCrowd(client: StemeClient, job: JobOf<"crowd">): Promise<Outcome> {
  const { question, claims } = job;
  const claim = (source: number): GeneratedClaim => ({ question, value: source % 5, source });
  const { following, startSize, size } = await appendFollowed(client, portionsOf(claims, claim));
  const entriesPerSecond = following.rateBetween(startSize, size);
  return { figures: { entriesPerSecond }, entries: claims };
}

async function rebuild(client: StemeClient): Promise<Outcome> {
  const { size } = await client.status();
  const begin = performance.now();
  for await (const _progress of client.rebuildViews());
  const ms = performance.now() - begin;
  return { figures: { ms }, note: `${whole(size)} entries`, entries: 0 };
}

function outcomeOf(client: StemeClient, job: AnswerJob): Promise<Outcome> {
  switch (job.kind) {
    case "demo":
      return followDemo(client, job);
    case "random":
      return followRandom(client, job);
    case "crowd":
      return gatherCrowd(client, job);
    case "lag":
      return timeLag(client, job);
    case "rebuild":
      return rebuild(client);
    case "ask":
      return askQuestions(client, job);
  }
}

async function run(job: AnswerJob): Promise<AnswerJobResult> {
  const client = connect({ address: job.address });
  try {
    await client.ready();
    const fromMs = Date.now();
    const outcome = await outcomeOf(client, job);
    return { fromMs, untilMs: Date.now(), ...outcome };
  } finally {
    client.close();
  }
}

const say = (message: AnswerMessage): Promise<void> =>
  new Promise((resolve) => process.send?.(message, () => resolve()));

process.once("disconnect", () => process.exit(1)); // nobody asks any more
process.once("message", (job: AnswerJob) => {
  run(job)
    .then(
      (result) => say({ kind: "done", result }),
      (error: unknown) => say({ kind: "failed", message: String(error) }),
    )
    .finally(() => process.exit());
});
