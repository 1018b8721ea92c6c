/**
 * Goal: only who may grant grants, and a retry is settled as it was, whatever the rights are by
 * then. Method: the append path with a table, a log and rights in the hands of the test.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { BatchOutcome, RequestOutcome } from "../../src/ingest/outcome.js";
import type { RightsNow } from "../../src/ingest/rights-check.js";
import { Fault } from "../../src/model/fault.js";
import { within } from "../support/expect.js";
import { settled } from "../support/simulated-clock.js";
import { clusterId, messageOf, one, Scene } from "./fake-parts.js";

const test = suite("ingest: rights check");

/** A request with one grant. */
const granting = (sequence: number, prefix?: string): Uint8Array =>
  messageOf({
    number: sequence,
    batches: [{ sequence, grant: prefix === undefined ? {} : { prefix } }],
  });

const administratorOf = (...paths: readonly (string | undefined)[]): RightsNow => ({
  clusterId,
  isAdministrator: (_key, path) => paths.includes(path),
});
const nobody = administratorOf();

async function answerOf(scene: Scene, answer: Promise<RequestOutcome>): Promise<BatchOutcome> {
  await settled();
  if (scene.log.writingCount > 0) scene.log.sync();
  const [outcome] = (await within(5_000, answer)).outcomes;
  assert.ok(outcome !== undefined);
  return outcome;
}

const refusalOf = (outcome: BatchOutcome) => {
  assert.is(outcome.kind, "refused");
  return (outcome as Extract<BatchOutcome, { kind: "refused" }>).refusal;
};

test("an administrator's grant is appended, in its order", async () => {
  const scene = new Scene();
  let tell = (_rights: RightsNow) => {};
  scene.rights = () => new Promise((resolve) => (tell = resolve));
  const call = scene.ingest.openCall();
  const first = call.append(granting(1));
  const second = call.append(one(2));
  await settled();
  assert.equal(scene.log.order, [], "what was sent behind it waits for it");
  tell(administratorOf(undefined));
  await settled();
  assert.equal(scene.log.order, [1, 2]);
  scene.log.sync();
  const kinds = (await within(5_000, Promise.all([first, second]))).flatMap(({ outcomes }) =>
    outcomes.map(({ kind }) => kind),
  );
  assert.equal(kinds, ["appended", "appended"]);
});

test("anybody else's is BODY_NOT_ALLOWED, leaves no trace, and says who may", async () => {
  const scene = new Scene();
  scene.rights = () => Promise.resolve(nobody);
  const call = scene.ingest.openCall();
  const { code, entries } = refusalOf(await answerOf(scene, call.append(granting(1))));
  assert.is(code, "BODY_NOT_ALLOWED");
  assert.is(entries[0]?.field, "body");
  assert.match(entries[0]?.limit ?? "", /administrator.*administrator\.key/);
  assert.equal(scene.log.order, []);
  assert.is(scene.ingest.refusedCount, 1);
  scene.rights = () => Promise.resolve(administratorOf(undefined));
  const again = await answerOf(scene, call.append(granting(1)));
  assert.is(again.kind, "appended", "a refused batch has used no sequence");
});

test("an administrator of a prefix grants below it, and nothing else", async () => {
  const scene = new Scene();
  scene.rights = () => Promise.resolve(administratorOf("drug"));
  const call = scene.ingest.openCall();
  assert.is((await answerOf(scene, call.append(granting(1, "drug")))).kind, "appended");
  for (const prefix of ["web", undefined]) {
    const refusal = refusalOf(await answerOf(scene, call.append(granting(2, prefix))));
    assert.is(refusal.code, "BODY_NOT_ALLOWED");
  }
});

test("a grant for another cluster is refused with the id of this one", async () => {
  const scene = new Scene();
  const other = new Uint8Array(16).fill(9);
  scene.rights = () => Promise.resolve({ ...administratorOf(undefined), clusterId: other });
  const refusal = refusalOf(await answerOf(scene, scene.ingest.openCall().append(granting(1))));
  assert.is(refusal.code, "ENTRY_INVALID");
  assert.is(refusal.entries[0]?.field, "grant.cluster_id");
  assert.match(refusal.entries[0]?.limit ?? "", "09".repeat(16));
});

test("a retry of a grant that stands EXISTS, even where its author may no more", async () => {
  const scene = new Scene();
  scene.rights = () => Promise.resolve(administratorOf(undefined));
  const call = scene.ingest.openCall();
  assert.is((await answerOf(scene, call.append(granting(1)))).kind, "appended");
  scene.rights = () => Promise.resolve(nobody);
  assert.is((await answerOf(scene, call.append(granting(1)))).kind, "exists");
});

test("rights that cannot be read refuse the batch, to be sent again", async () => {
  const scene = new Scene();
  scene.rights = () => Promise.reject(new Fault("VIEWS_UNAVAILABLE", "they are being opened"));
  const call = scene.ingest.openCall();
  const refusal = refusalOf(await answerOf(scene, call.append(granting(1))));
  assert.is(refusal.code, "VIEWS_UNAVAILABLE");
  scene.rights = () => Promise.resolve(administratorOf(undefined));
  assert.is((await answerOf(scene, call.append(granting(1)))).kind, "appended");
});

test.run();
