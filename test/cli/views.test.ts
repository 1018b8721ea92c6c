/**
 * Goal: `views` says what stopped and what differs, with the exit code that health checks read, and
 * lists go on from page to page within their limit. Method: a node of canned answers, over gRPC.
 */
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Fault } from "../../src/model/fault.js";
import { toServiceError } from "../../src/rpc/status.js";
import {
  AdminServiceService,
  GetViewsResponse,
  RebuildViewsResponse,
  VerifyViewsResponse,
} from "../../src/wire/steme/v1/admin_service.js";
import {
  type ListConceptsRequest,
  ListConceptsResponse,
  QueryServiceService,
} from "../../src/wire/steme/v1/query_service.js";
import { type Ran, runSteme } from "../support/program.js";

const test = suite("cli: views");

interface Canned {
  views?: object;
  rebuild?: readonly object[];
  verify?: readonly object[];
  concepts?: number;
}

/** What every call answers; a test fills in what it asks for. */
let canned: Canned = {};
let address = "";
const server = new Server();

type Unary = (call: { request: unknown }, done: (error: unknown, value?: unknown) => void) => void;
interface Stream {
  write(message: unknown): void;
  end(): void;
  emit(event: "error", error: unknown): void;
}

const noBytes = new Uint8Array(0);

/** A message with the fields of `fields`, and presets for the others. */
const filled = <Message extends object>(
  type: { decode(bytes: Uint8Array): Message },
  fields: object,
): Message => ({ ...type.decode(noBytes), ...fields });

const refused = () => toServiceError(new Fault("VIEWS_UNAVAILABLE", "there are no views yet"));

function streamed(messages: readonly object[] | undefined, make: (fields: object) => unknown) {
  return (call: Stream): void => {
    for (const fields of messages ?? []) call.write(make(fields));
    if (messages === undefined) call.emit("error", refused());
    else call.end();
  };
}

const admin = {
  getStatus: ((_call, done) => done(refused())) satisfies Unary,
  getViews: ((_call, done) => {
    const { views } = canned;
    if (views === undefined) done(refused());
    else done(null, filled(GetViewsResponse, views));
  }) satisfies Unary,
  rebuildViews: (call: Stream) =>
    streamed(canned.rebuild, (fields) => filled(RebuildViewsResponse, fields))(call),
  verifyViews: (call: Stream) =>
    streamed(canned.verify, (fields) => filled(VerifyViewsResponse, fields))(call),
};

/** Concepts `c/0`, `c/1`, ... page by page; the cursor is the number of the next one. */
const listConcepts: Unary = ({ request }, done) => {
  const { cursor, pageSize } = request as ListConceptsRequest;
  const count = canned.concepts ?? 0;
  const start = cursor.length === 0 ? 0 : Number(Buffer.from(cursor).toString());
  const end = Math.min(count, start + Math.min(pageSize, 7));
  const concepts = Array.from({ length: end - start }, (_unused, i) => ({
    conceptPath: `c/${start + i}`,
    predicates: ["p"],
    claimCount: 1n,
    hasChildren: false,
  }));
  const nextCursor = end < count ? Buffer.from(String(end)) : Buffer.alloc(0);
  done(null, filled(ListConceptsResponse, { concepts, nextCursor }));
};

test.before(async () => {
  server.addService(AdminServiceService, admin as never);
  const unasked: Unary = (_call, done) => done(refused());
  const names = ["query", "explain", "diff", "listQuestions", "listAssertions", "listSources"];
  const others = Object.fromEntries(names.map((name) => [name, unasked]));
  server.addService(QueryServiceService, { ...others, listConcepts } as never);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) resolve(bound);
      else reject(error);
    });
  });
  address = `127.0.0.1:${port}`;
});

test.after(() => server.forceShutdown());

const steme = (typed: string): Promise<Ran> =>
  runSteme([...typed.split(" "), "--address", address]);

const live = (name: string) => ({
  name,
  state: 1,
  applied: 8n,
  stoppedBecause: "",
  retryInMs: 0n,
});
const views = {
  generation: 2,
  version: 1,
  applied: 8n,
  size: 8n,
  bytes: 4096n,
  projections: [live("questions"), live("lists"), live("answers")],
  writerPid: 4711,
};

test("status: all is well, or what stopped, where, why and when it is tried again", async () => {
  canned = { views };
  const fine = await steme("views status");
  assert.is(fine.exitCode, 0, fine.stderr);
  assert.match(fine.stdout, "8 of 8 entries: nothing is missing");
  assert.is((await steme("views")).stdout, fine.stdout);
  const stopped = {
    name: "lists",
    state: 3,
    applied: 5n,
    stoppedAt: 6n,
    stoppedBecause: "MAP_FULL: \u001b[2J",
    retryInMs: 4_000n,
  };
  canned = { views: { ...views, applied: 5n, lagMs: 40n, projections: [live("a"), stopped] } };
  const sick = await steme("views status");
  assert.is(sick.exitCode, 10);
  assert.match(sick.stdout, "5 of 8 entries: 3 behind, 40 ms");
  assert.match(sick.stdout, "lists: stopped, 5 applied; stopped at entry 6: MAP_FULL: \\u001b[2J;");
  assert.match(sick.stdout, "tried again in 4 s");
  const json = JSON.parse((await steme("views status --json")).stdout) as { projections: object[] };
  assert.equal(json.projections[1], {
    name: "lists",
    state: "stopped",
    applied: 5,
    stopped_at: 6,
    stopped_because: "MAP_FULL: \u001b[2J",
    retry_in_ms: 4_000,
  });
});

test("status: a node without views says so, and does not speak of entries", async () => {
  canned = { views: { ...views, generation: 0, applied: 0n, size: 0n, projections: [] } };
  const none = await steme("views status");
  assert.is(none.exitCode, 0, none.stderr);
  assert.match(none.stdout, "this node keeps no views: set views.mode to on");
  assert.not.match(none.stdout, "nothing is missing");
});

test("status: a generation being built", async () => {
  canned = { views: { ...views, building: 3n } };
  assert.match((await steme("views status")).stdout, /rebuilding +3 of 8 entries/);
});

test("rebuild: the generation in use, or a fault where it ended before", async () => {
  canned = {
    rebuild: [
      { applied: 4n, size: 8n },
      { applied: 8n, size: 8n, generation: 3 },
    ],
  };
  const done = await steme("views rebuild");
  assert.is(done.exitCode, 0, done.stderr);
  assert.match(done.stdout, "generation 3 is in use: 8 entries");
  canned = { rebuild: [{ applied: 4n, size: 8n }] };
  const cut = await steme("views rebuild");
  assert.is(cut.exitCode, 1);
  assert.match(cut.stderr, "run it again (VIEWS_UNAVAILABLE)");
  canned = {};
  assert.is((await steme("views rebuild")).exitCode, 1);
});

test("verify: exit code 10 and the questions where views differ from the log", async () => {
  canned = { verify: [{ questions: 5n, total: 5n, differences: 0n }] };
  const same = await steme("views verify");
  assert.is(same.exitCode, 0, same.stderr);
  assert.match(same.stdout, "5 questions compared: none differs");
  canned = {
    verify: [
      { questions: 2n, total: 5n, difference: "a/b p" },
      { questions: 5n, total: 5n, differences: 2n },
    ],
  };
  const other = await steme("views verify");
  assert.is(other.exitCode, 10);
  assert.equal(other.stdout.split("\n").slice(0, 2), ["differs: a/b p", "and 1 more"]);
  assert.match(other.stdout, "`steme views rebuild` makes the views anew");
  const json = JSON.parse((await steme("views verify --json")).stdout) as unknown;
  assert.equal(json, { questions: 5, total: 5, differences: 2, different: ["a/b p"] });
  canned = { verify: [{ questions: 2n, total: 5n }] };
  assert.is((await steme("views verify")).exitCode, 1);
});

test("lists: every page, within the limit, which is said where it was reached", async () => {
  canned = { concepts: 30 };
  const pathsOf = ({ stdout }: Ran): string[] =>
    stdout.split("\n").flatMap((line) => {
      if (line === "") return [];
      return [(JSON.parse(line) as { concept_path: string }).concept_path];
    });
  const all = Array.from({ length: 30 }, (_unused, i) => `c/${i}`);
  assert.equal(pathsOf(await steme("concepts --json")), all);
  assert.equal(pathsOf(await steme("concepts --json --limit 20")), all.slice(0, 20));
  assert.match(
    (await steme("concepts --limit 20")).stderr,
    "there are more than these 20: --limit",
  );
  assert.is((await steme("concepts --limit 30")).stderr, "");
  canned = { concepts: 0 };
  const none = await steme("concepts a/b");
  assert.is(none.exitCode, 0);
  assert.match(none.stderr, "nobody has claimed anything about a/b or below it");
});

test("faults: views that cannot be read are one sentence, and exit code 1", async () => {
  canned = {};
  for (const typed of ["query a p", "explain a p", "sources", "conflicts", "views status"]) {
    const { exitCode, stderr } = await steme(typed);
    assert.is(exitCode, 1, typed);
    assert.match(stderr, "error: there are no views yet (VIEWS_UNAVAILABLE)");
  }
});

test.run();
