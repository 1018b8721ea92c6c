/**
 * Goal: an import appends exactly the differences between what its author said before and what the
 * sources say now, whatever was interrupted in between.
 * Method: a real node over gRPC, small datasets that are doctored between imports, and the log read
 * back entry by entry.
 */
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  type Assertion,
  type Body,
  connect,
  KeyPair,
  type StemeClient,
  toHex,
} from "../../src/client/index.js";
import { presetOptions } from "../../src/config/index.js";
import type { Value } from "../../src/model/entry.js";
import { type RunningServer, startServer } from "../../src/server.js";
import type { Claim, Dataset } from "../../tools/importers/claim.js";
import {
  type ImportResult,
  idsAbout,
  importDatasets,
} from "../../tools/importers/import-datasets.js";
import { sourceKeys } from "../../tools/importers/source-keys.js";
import { within } from "../support/expect.js";
import { temporaryDirectory } from "../support/temporary.js";

interface Context {
  server: RunningServer;
  client: StemeClient;
  keys: KeyPair;
}

const test = suite<Context>("tools: importers, differences");

test.before(async (context) => {
  const dataDir = join(temporaryDirectory("importers"), "data");
  const preset = presetOptions();
  context.server = await startServer({
    ...preset,
    dataDir,
    grpc: { ...preset.grpc, address: "127.0.0.1:0" },
    http: { ...preset.http, address: "127.0.0.1:0" },
    log: { ...preset.log, level: "error" },
    wal: { ...preset.wal, reserveBytes: 0 },
  });
  context.client = connect({ address: context.server.grpcAddress });
});

// Each test is an importer of its own: what others said is none of its business.
test.before.each((context) => {
  context.keys = KeyPair.generate();
});

test.after(async ({ client, server }) => {
  client.close();
  await server.stop();
});

const version = (words: string): Value => ({ kind: "version", version: words, bound: "exact" });
const since = (path: string, words: string): Claim => ({
  path: `web/key/${path}`,
  predicate: "supported_since",
  value: version(words),
});
const prefix = (path: string, words: string, from: string): Claim => ({
  path: `web/key/${path}`,
  predicate: "prefix",
  value: { kind: "text", text: words },
  labels: [{ key: "since", value: from }],
});

const dataset = (claims: readonly Claim[], release = "1.0.0", id = "npm:test"): Dataset => ({
  source: {
    id,
    version: release,
    class: "community",
    title: "Test",
    uri: "https://example.org",
    assertedMs: 1_700_000_000_000 + Number.parseInt(release, 10),
  },
  claims: () => claims,
});

function run(
  { client, keys }: Context,
  datasets: readonly Dataset[],
  signal?: AbortSignal,
): Promise<ImportResult> {
  const given = signal === undefined ? {} : { signal };
  const options = { client, keys, datasets, claimsTotal: 1, ...given };
  return within(20_000, importDatasets(options), "the import");
}

interface Said {
  readonly id: string;
  readonly body: Body;
}

/** Everything that the importer's sources said, in the order of the log. */
async function said({ client, keys }: Context): Promise<Said[]> {
  const all: Said[] = [];
  const authors = ["npm:test", "npm:other"].map((id) => sourceKeys(keys, id).publicKey);
  const filter = { authors };
  for await (const record of client.read({ count: 100_000, filter })) {
    const body = record.decode()?.body;
    if (body !== undefined) all.push({ id: toHex(record.id), body });
  }
  return all;
}

const assertionIn = (one: Said | undefined): Assertion => {
  if (one?.body.kind !== "assertion")
    throw new Error(`expected an assertion, got ${one?.body.kind}`);
  return one.body;
};

test("import: repeated, nothing is appended", async (context) => {
  const datasets = [dataset([since("a/x", "1"), since("b/x", "2"), prefix("a/x", "-p-", "1")])];
  const first = await run(context, datasets);
  assert.is(first.appended, 4, "three claims and a source");
  assert.equal([first.added, first.sourceRecords, first.isComplete], [3, 1, true]);
  const second = await run(context, datasets);
  assert.equal([second.appended, second.unchanged, second.added], [0, 3, 0]);
  assert.is((await said(context)).length, 4);
});

test("import: a newer source, and only what differs is said", async (context) => {
  const old = [since("same/x", "1"), since("moved/x", "2"), since("gone/x", "3")];
  await run(context, [dataset([...old, prefix("p/x", "-a-", "1")])]);
  const before = await said(context);
  const idOf = (path: string) =>
    before.find(({ body }) => body.kind === "assertion" && body.conceptPath === `web/key/${path}`)
      ?.id;

  const now = [since("same/x", "1"), since("moved/x", "4"), since("new/x", "5")];
  const result = await run(context, [dataset([...now, prefix("p/x", "-b-", "1")], "2.0.0")]);
  assert.equal(
    [result.added, result.changed, result.retracted, result.unchanged, result.sourceRecords],
    [2, 1, 2, 1, 1],
  );
  const after = (await said(context)).slice(before.length);
  assert.is(after.length, 6, "the source, three claims, two retractions");
  assert.is(after[0]?.body.kind, "source_record");

  const moved = assertionIn(after[1]);
  assert.is(moved.conceptPath, "web/key/moved/x");
  assert.is(toHex(moved.parent ?? new Uint8Array()), idOf("moved/x"));
  assert.is(moved.source.version, "2.0.0");
  assert.is(assertionIn(after[2]).parent, undefined, "what is new revises nothing");
  // Each prefix is a claim of its own: the old one vanished, the new one is new.
  assert.is(assertionIn(after[3]).parent, undefined);

  const retracted = after.slice(4).map(({ body }) => body);
  const targets = retracted.map((body) => (body.kind === "retraction" ? toHex(body.target) : ""));
  assert.equal(targets.sort(), [idOf("gone/x"), idOf("p/x")].sort());
  const gone = retracted.find((body) => body.kind === "retraction" && body.path.includes("gone"));
  assert.match(gone?.kind === "retraction" ? (gone.reason ?? "") : "", /npm:test 2\.0\.0/);

  const again = await run(context, [dataset([...now, prefix("p/x", "-b-", "1")], "2.0.0")]);
  assert.is(again.appended, 0);
});

test("import: a label that changes revises the claim", async (context) => {
  await run(context, [dataset([prefix("l/x", "-p-", "1")])]);
  const result = await run(context, [dataset([prefix("l/x", "-p-", "2")])]);
  assert.equal([result.changed, result.retracted], [1, 0]);
  const [, first, second] = await said(context);
  assert.is(toHex(assertionIn(second).parent ?? new Uint8Array()), first?.id);
});

test("import: there and back again: every claim has an id of its own", async (context) => {
  const one = [dataset([since("f/x", "1")], "1.0.0")];
  const none = [dataset([], "2.0.0")];
  for (const datasets of [one, none, one, none, one, one]) await run(context, datasets);
  const all = await said(context);
  const claims = all.filter(({ body }) => body.kind === "assertion");
  assert.is(claims.length, 3);
  assert.is(new Set(all.map(({ id }) => id)).size, all.length, "nothing is a repeat");
  assert.is(all.filter(({ body }) => body.kind === "retraction").length, 2);
  assert.is(toHex(assertionIn(claims[2]).parent ?? new Uint8Array()), claims[1]?.id);
  assert.is((await run(context, one)).appended, 0);
});

test("import: values that go back and forth revise each other", async (context) => {
  for (const words of ["1", "2", "1", "2"]) await run(context, [dataset([since("g/x", words)])]);
  const claims = (await said(context)).filter(({ body }) => body.kind === "assertion");
  assert.is(new Set(claims.map(({ id }) => id)).size, 4);
  for (const [place, claim] of claims.entries()) {
    const { parent } = assertionIn(claim);
    const expected = place === 0 ? undefined : claims[place - 1]?.id;
    assert.is(parent === undefined ? undefined : toHex(parent), expected);
  }
});

test("import: the claims of other sources and authors are left alone", async (context) => {
  await run(context, [dataset([since("h/x", "1")], "1.0.0", "npm:other")]);
  const other = { ...context, keys: KeyPair.generate() };
  await run(other, [dataset([since("h/x", "1")])]);
  const result = await run(context, [dataset([since("h/x", "2")])]);
  assert.equal([result.added, result.changed, result.retracted], [1, 0, 0]);
});

test("import: each source is a voice of its own, with a key that follows", async (context) => {
  const [one, other] = ["npm:test", "npm:other"];
  await run(context, [
    dataset([since("v/x", "1")], "1.0.0", one),
    dataset([since("v/x", "2")], "1.0.0", other),
  ]);
  const authors = new Map<string, Set<string>>();
  for await (const record of context.client.read({ count: 100_000 })) {
    const entry = record.decode();
    if (entry?.body.kind !== "assertion" || entry.body.conceptPath !== "web/key/v/x") continue;
    const { id } = entry.body.source;
    authors.set(id, (authors.get(id) ?? new Set()).add(toHex(entry.author)));
  }
  const keysOf = (id: string) => [sourceKeys(context.keys, id).publicKeyHex];
  assert.equal([...(authors.get(one) ?? [])], keysOf(one));
  assert.equal([...(authors.get(other) ?? [])], keysOf(other));
  assert.is.not(keysOf(one)[0], keysOf(other)[0]);
});

test("import: what is said about features comes first, source by source", async (context) => {
  const feature = (name: string): Claim => ({ ...since("", "1"), path: `web/feature/${name}` });
  await run(context, [
    dataset([since("k1/x", "1"), feature("f1/x")], "1.0.0", "npm:test"),
    dataset([since("k2/x", "1"), feature("f2/x")], "1.0.0", "npm:other"),
  ]);
  const level = ({ body }: Said) =>
    body.kind === "assertion" ? body.conceptPath.split("/")[1] : body.kind;
  const order = (await said(context)).map(level);
  const levels = order.filter((name) => name !== "source_record");
  // Each source's entries are batches of their own, so the order holds within each.
  assert.equal(levels.toSorted(), ["feature", "feature", "key", "key"]);
  for (const id of ["npm:test", "npm:other"]) {
    const own = (await said(context)).filter(
      ({ body }) => body.kind === "assertion" && body.source.id === id,
    );
    assert.equal(own.map(level), ["feature", "key"]);
  }
});

test("import: stopped in the middle, the next one completes the rest", async (context) => {
  const claims = Array.from({ length: 20_000 }, (_, i) => since(`k${i}/x`, "1"));
  const stop = new AbortController();
  let handedOut = 0;
  const stopping: Dataset = {
    ...dataset(claims),
    *claims() {
      for (const claim of claims) {
        if (++handedOut === 3_000) stop.abort();
        yield claim;
      }
    },
  };
  const first = await run(context, [stopping], stop.signal);
  assert.not(first.isComplete);
  assert.ok(first.appended > 0 && first.appended < 20_000, `${first.appended} were appended`);
  assert.is(first.retracted, 0, "what was not looked at has not vanished");
  const second = await run(context, [dataset(claims)]);
  assert.is(first.appended + second.appended, 20_001);
  assert.is((await run(context, [dataset(claims)])).appended, 0);
});

test("import: stopped before it begins, nothing is appended", async (context) => {
  const result = await run(context, [dataset([since("m/x", "1")])], AbortSignal.abort());
  assert.equal([result.appended, result.isComplete], [0, false]);
  assert.is((await said(context)).length, 0);
});

test("import: the same import by the same author gives the same ids elsewhere", async (context) => {
  const datasets = [dataset([since("o/x", "1"), since("o/y", "2")])];
  await run(context, datasets);
  const ids = await idsAbout(context.client, "web/key/o");
  assert.is(ids.length, 2);
  const elsewhere = join(temporaryDirectory("importers"), "data");
  const preset = presetOptions();
  const server = await startServer({
    ...preset,
    dataDir: elsewhere,
    grpc: { ...preset.grpc, address: "127.0.0.1:0" },
    http: { ...preset.http, address: "127.0.0.1:0" },
    log: { ...preset.log, level: "error" },
    wal: { ...preset.wal, reserveBytes: 0 },
  });
  const client = connect({ address: server.grpcAddress });
  try {
    await run({ ...context, client }, datasets);
    assert.equal(await idsAbout(client, "web/key/o"), ids);
  } finally {
    client.close();
    await server.stop();
  }
});

test("import: an entry that breaks a rule ends it with field, limit and value", async (context) => {
  const bad = { ...since("q/x", "1"), path: "web//x" };
  const failed = await run(context, [dataset([since("q/x", "1"), bad])]).then(
    () => undefined,
    (error: unknown) => error as { code?: string; detail?: { field?: string } },
  );
  assert.is(failed?.code, "ENTRY_INVALID");
  assert.is(failed?.detail?.field, "assertion.concept_path");
});

test.run();
