/**
 * Goal: rights come from the first administrator alone, in canonical order; grants reach as far as
 * their prefixes; a revocation takes effect at exactly `since` and is never undone. Method: small
 * stories, asked for what a key may do.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { cutAtTime } from "../../src/lens/index.js";
import { authorVoice } from "../../src/lens/voices.js";
import { dawnMs, dayMs, keyOfName, Story } from "../support/story.js";

const test = suite("lens: rights");

const voiceOf = (name: string): string => authorVoice(keyOfName(name));
const time = (ms: number): bigint => BigInt(ms) << 16n;
const dawn = time(dawnMs);

const isCurator = (story: Story, name: string, ...paths: string[]): boolean =>
  story.world().rights.isCurator(voiceOf(name), dawn, ...paths);

test("the first administrator grants, and nobody else does", () => {
  const story = new Story();
  story.grant("root", "ann", { role: "curator" });
  story.grant("ann", "bob", { role: "curator" });
  assert.ok(isCurator(story, "ann"));
  assert.not(isCurator(story, "bob"));
  assert.not(isCurator(story, "root"), "an administrator is no curator");
});

test("an administrator may make others, but not before being one", () => {
  const story = new Story();
  story.grant("eve", "early", { role: "curator" });
  story.grant("root", "eve", { role: "administrator" });
  story.grant("eve", "late", { role: "curator" });
  assert.not(isCurator(story, "early"));
  assert.ok(isCurator(story, "late"));
});

test("a grant of another cluster has no effect", () => {
  const story = new Story();
  story.grant("root", "ann", { role: "curator", clusterId: new Uint8Array(16) });
  assert.not(isCurator(story, "ann"));
});

test("a right counts for what was said before it was granted", () => {
  const story = new Story();
  story.after(dayMs).grant("root", "ann", { role: "curator" });
  assert.ok(isCurator(story, "ann"));
  const before = story.world(cutAtTime(dawnMs));
  assert.not(before.rights.isCurator(voiceOf("ann"), dawn), "but not as of before it");
});

test("a prefix limits a right to the path and below it", () => {
  const story = new Story();
  story.grant("root", "ann", { role: "curator", prefix: "drug" });
  assert.ok(isCurator(story, "ann", "drug"));
  assert.ok(isCurator(story, "ann", "drug/aspirin"));
  assert.not(isCurator(story, "ann", "drugs"));
  assert.not(isCurator(story, "ann"), "what is global takes a grant without prefix");
  assert.not(isCurator(story, "ann", "drug/a", "food/b"), "both paths of an alias count");
});

test("two grants do not cover together what neither covers", () => {
  const story = new Story();
  story.grant("root", "ann", { role: "curator", prefix: "drug" });
  story.grant("root", "ann", { role: "curator", prefix: "food" });
  assert.ok(isCurator(story, "ann", "food/b"));
  assert.not(isCurator(story, "ann", "drug/a", "food/b"));
});

test("an administrator of a prefix grants within it alone", () => {
  const story = new Story();
  story.grant("root", "ann", { role: "administrator", prefix: "drug" });
  story.grant("ann", "in", { role: "curator", prefix: "drug/aspirin" });
  story.grant("ann", "out", { role: "curator", prefix: "food" });
  story.grant("ann", "whole", { role: "curator" });
  story.revoke("ann", "in", 0);
  assert.ok(isCurator(story, "in", "drug/aspirin"), "revoking takes the whole");
  assert.not(isCurator(story, "out", "food"));
  assert.not(isCurator(story, "whole", "drug"));
});

test("a revocation takes effect at exactly `since`", () => {
  const story = new Story();
  story.grant("root", "ann", { role: "curator" });
  const revocation = story.revoke("root", "ann", dawnMs + dayMs);
  const { rights } = story.world();
  const since = time(dawnMs + dayMs);
  assert.is(rights.revocationOf(voiceOf("ann"), since - 1n), undefined);
  assert.is(rights.revocationOf(voiceOf("ann"), since), revocation.id);
  assert.ok(rights.isCurator(voiceOf("ann"), since - 1n));
  assert.not(rights.isCurator(voiceOf("ann"), since));
});

test("no grant undoes a revocation", () => {
  const story = new Story();
  story.revoke("root", "ann", 0);
  story.grant("root", "ann", { role: "curator" });
  assert.not(isCurator(story, "ann"));
});

test("of two revocations the first that reaches so far back is named", () => {
  const story = new Story();
  const late = story.revoke("root", "ann", dawnMs + dayMs);
  const early = story.revoke("root", "ann", dawnMs);
  const { rights } = story.world();
  assert.is(rights.revocationOf(voiceOf("ann"), dawn), early.id);
  assert.is(rights.revocationOf(voiceOf("ann"), time(dawnMs + dayMs)), late.id);
});

test("a revoked administrator's earlier grants stand, later ones do not", () => {
  const story = new Story();
  story.grant("root", "eve", { role: "administrator" });
  story.grant("eve", "before", { role: "curator" });
  story.revoke("root", "eve", 0);
  story.grant("eve", "after", { role: "curator" });
  assert.ok(isCurator(story, "before"));
  assert.not(isCurator(story, "after"));
});

test("the first administrator can be revoked, even by its own key", () => {
  const story = new Story();
  story.revoke("root", "root");
  story.grant("root", "ann", { role: "curator" });
  assert.not(isCurator(story, "ann"));
});

test("a ceiling is the best that covers the path; without one it is community", () => {
  const story = new Story();
  story.grant("root", "ann", { classCeiling: "clinical", prefix: "drug" });
  story.grant("root", "ann", { classCeiling: "anecdotal" });
  const { rights } = story.world();
  assert.is(rights.ceilingOf(voiceOf("ann"), "drug/aspirin"), 1);
  assert.is(rights.ceilingOf(voiceOf("ann"), "food/salt"), 5);
  assert.is(rights.ceilingOf(voiceOf("bob"), "drug/aspirin"), 4);
});

test.run();
