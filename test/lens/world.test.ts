/**
 * Goal: aliases, predicate records, epochs and source retractions are read as of the cut, from
 * those who may say so. Method: small stories; chains and cycles of aliases of every length to 10.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { AssertionFailure } from "../../src/invariant/assert.js";
import { cutAtPlace, everything, World } from "../../src/lens/index.js";
import { dayMs, keyOfName, Story } from "../support/story.js";

const test = suite("lens: world");

function curated(): Story {
  const story = new Story();
  story.grant("root", "ann", { role: "curator" });
  return story;
}

/** p0 → p1 → … → p(hops) */
function chain(hops: number): World {
  const story = curated();
  for (let hop = 0; hop < hops; hop++) story.alias("ann", `p${hop}`, `p${hop + 1}`);
  return story.world();
}

/** c0 → c1 → … → c0, and a path that leads into it. */
function cycle(length: number): World {
  const story = curated();
  story.alias("ann", "into", "c1");
  for (let at = 0; at < length; at++) story.alias("ann", `c${at}`, `c${(at + 1) % length}`);
  return story.world();
}

test("a path without an alias is its own", () => {
  const world = new Story().world();
  assert.is(world.canonicalPath("drug/aspirin"), "drug/aspirin");
  assert.equal(world.pathsOf("drug/aspirin"), ["drug/aspirin"]);
});

test("a chain of aliases is followed for 8 hops and no further", () => {
  for (let hops = 1; hops <= 8; hops++) assert.is(chain(hops).canonicalPath("p0"), `p${hops}`);
  assert.is(chain(9).canonicalPath("p0"), "p8");
  assert.is(chain(9).canonicalPath("p1"), "p9");
  assert.equal(chain(9).pathsOf("p8"), ["p0", "p8"]);
});

test("a cycle means its smallest path, for all that lead into it", () => {
  for (let length = 2; length <= 7; length++) {
    const world = cycle(length);
    for (let at = 0; at < length; at++) assert.is(world.canonicalPath(`c${at}`), "c0");
    assert.is(world.canonicalPath("into"), "c0");
    const paths = Array.from({ length }, (_, at) => `c${at}`);
    assert.equal(world.pathsOf("c0"), [...paths, "into"]);
  }
});

test("a cycle of 8 closes with the 8th hop; one of 9 is a chain that is too long", () => {
  assert.is(cycle(8).canonicalPath("c3"), "c0");
  assert.is(cycle(8).canonicalPath("into"), "c0", "hops count from the cycle's second path");
  assert.is(cycle(9).canonicalPath("c3"), "c2");
});

test("the smallest path is the smallest by bytes", () => {
  const story = curated();
  story.alias("ann", "\u{1f600}", "\uffee");
  story.alias("ann", "\uffee", "\u{1f600}");
  assert.is(story.world().canonicalPath("\u{1f600}"), "\uffee");
});

test("of each path the latest alias counts, as of the cut", () => {
  const story = curated();
  const first = story.alias("ann", "asa", "drug/acetyl");
  story.alias("ann", "asa", "drug/aspirin");
  assert.is(story.world().canonicalPath("asa"), "drug/aspirin");
  assert.is(story.world(cutAtPlace(first)).canonicalPath("asa"), "drug/acetyl");
  assert.equal(story.world().pathsOf("drug/aspirin"), ["asa", "drug/aspirin"]);
  assert.equal(story.world().pathsOf("drug/acetyl"), ["drug/acetyl"]);
});

test("an alias takes a curator of both paths", () => {
  const story = new Story();
  story.grant("root", "ann", { role: "curator", prefix: "drug" });
  story.alias("ann", "drug/asa", "drug/aspirin");
  story.alias("ann", "asa", "drug/aspirin");
  story.alias("bob", "drug/salt", "drug/aspirin");
  assert.equal(story.world().pathsOf("drug/aspirin"), ["drug/asa", "drug/aspirin"]);
});

test("the predicate record of the longest prefix counts, of that the latest", () => {
  const story = curated();
  story.predicate("ann", { prefix: "drug", unit: "narrow" });
  story.predicate("ann", { unit: "everywhere" });
  story.predicate("ann", { prefix: "drug/aspirin", unit: "early" });
  story.predicate("ann", { prefix: "drug/aspirin", unit: "late" });
  story.predicate("ann", { prefix: "drug/asp", unit: "beside" });
  story.predicate("ann", { predicate: "dose", unit: "other" });
  const unit = (path: string) => story.world().predicateRecord("safe", path)?.unit;
  assert.is(unit("drug/aspirin"), "late");
  assert.is(unit("drug/ibuprofen"), "narrow");
  assert.is(unit("food/salt"), "everywhere");
  assert.is(story.world().predicateRecord("size", "drug"), undefined);
});

test("a predicate record takes a curator of its prefix, and of everything without one", () => {
  const story = new Story();
  story.grant("root", "ann", { role: "curator", prefix: "drug" });
  story.predicate("ann", { unit: "everywhere" });
  story.predicate("ann", { prefix: "food", unit: "beside" });
  assert.is(story.world().predicateRecord("safe", "drug/aspirin"), undefined);
  story.predicate("ann", { prefix: "drug", unit: "within" });
  assert.is(story.world().predicateRecord("safe", "drug/aspirin")?.unit, "within");
  assert.is(story.world().predicateRecord("safe", "food"), undefined);
});

test("an epoch is superseded by a curator without a prefix", () => {
  const story = new Story();
  story.grant("root", "narrow", { role: "curator", prefix: "drug" });
  story.grant("root", "ann", { role: "curator" });
  story.epoch("narrow", "second", "first");
  story.epoch("ann", "third");
  assert.is(story.world().epochSuperseded("first"), undefined);
  const epoch = story.epoch("ann", "second", "first");
  story.epoch("ann", "other", "first");
  assert.is(story.world().epochSuperseded("first"), epoch.id, "the first that did it");
  assert.is(story.world().epochSuperseded("second"), undefined);
});

test("a source is withdrawn by the voice that registered it first", () => {
  const story = new Story();
  story.register("bob", "label");
  story.register("eve", "label");
  story.withdraw("eve", "label");
  assert.is(story.world().sourceRetracted("label"), undefined);
  const withdrawal = story.withdraw("bob", "label");
  assert.is(story.world().sourceRetracted("label"), withdrawal.id);
  story.register("bob", "label");
  assert.is(story.world().sourceRetracted("label"), withdrawal.id, "a later record undoes nothing");
});

test("a source that nobody registered is withdrawn by curators alone", () => {
  const story = curated();
  story.withdraw("eve", "label");
  assert.is(story.world().sourceRetracted("label"), undefined);
  const withdrawal = story.withdraw("ann", "label");
  assert.is(story.world().sourceRetracted("label"), withdrawal.id);
});

test("a revoked registrar withdraws nothing", () => {
  const story = new Story();
  story.register("bob", "label");
  story.revoke("root", "bob");
  story.after(1).withdraw("bob", "label");
  assert.is(story.world().sourceRetracted("label"), undefined);
});

test("a gateway registers for a voice, which may withdraw through another gateway", () => {
  const story = new Story();
  story.grant("root", "door", { role: "gateway" });
  story.grant("root", "gate", { role: "gateway" });
  story.register("door/ann", "label");
  const withdrawal = story.withdraw("gate/ann", "label");
  assert.is(story.world().sourceRetracted("label"), withdrawal.id);
});

test("what was recorded after the cut is not there", () => {
  const story = curated();
  const cut = cutAtPlace(story.after(dayMs).alias("ann", "a", "b"));
  story.after(dayMs).revoke("root", "ann", 0);
  assert.is(story.world(cut).canonicalPath("a"), "b");
  assert.is(story.world().canonicalPath("a"), "a", "an alias of a revoked curator");
});

test("records out of order are a bug", () => {
  const story = curated();
  story.alias("ann", "a", "b");
  const root = { clusterId: story.clusterId, firstAdministrator: keyOfName("root") };
  const fold = () => World.fold({ root, records: story.records.toReversed(), cut: everything });
  assert.throws(fold, (error: unknown) => error instanceof AssertionFailure);
});

test.run();
