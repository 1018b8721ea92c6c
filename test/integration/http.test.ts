/**
 * Goal: operators' commands work as they stand in their procedure, on a real node; what was said
 * over HTTP is answered at once, and a retry under an Idempotency-Key is one entry through SIGKILL.
 * Method: `stemedb-api` as a process, curl as operators run it; responses are held against the
 * node's own OpenAPI document.
 */
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ApiDocument } from "../http/api-document.js";
import { within } from "../support/expect.js";
import { stemePath } from "../support/node.js";
import { runProcess, startProcess } from "../support/process.js";
import { ServerProcess } from "../support/server-process.js";

const test = suite("integration: http");

/** A node and its HTTP address, in its current life. */
class Node {
  readonly server: ServerProcess;
  #address = "";
  #document: ApiDocument | undefined;

  private constructor(server: ServerProcess) {
    this.server = server;
  }

  static async start(): Promise<Node> {
    const node = new Node(await ServerProcess.create({ flags: ["--log-level", "info"] }));
    await node.again();
    return node;
  }

  async again(): Promise<void> {
    await this.server.start();
    const [, address = ""] = await this.server.process.line(/"http_address":"([^"]+)"/, 5_000);
    this.#address = address;
    const answer = await fetch(`http://${address}/openapi.json`);
    this.#document = new ApiDocument((await answer.json()) as Record<string, unknown>);
  }

  url(path: string): string {
    return `http://${this.#address}${path}`;
  }

  /** A command of the procedure, on this node's port instead of 18180. */
  async shell(command: string): Promise<string> {
    const here = command.replaceAll("localhost:18180", this.#address);
    const child = startProcess("bash", ["-c", here]);
    await within(20_000, child.ended, command);
    return child.stdout();
  }

  async call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const json = { "content-type": "application/json" };
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const own = body === undefined ? headers : { ...json, ...headers };
    const answer = await within(10_000, fetch(this.url(path), { method, headers: own, ...sent }));
    const text = await answer.text();
    const contentType = answer.headers.get("content-type") ?? "";
    const { status } = answer;
    this.#document?.check({ method, url: path, status, contentType, body: text });
    return { status, headers: answer.headers, json: text === "" ? undefined : JSON.parse(text) };
  }

  post(path: string, body: unknown, headers: Record<string, string> = {}) {
    return this.call("POST", path, body, headers);
  }

  get(path: string, headers: Record<string, string> = {}) {
    return this.call("GET", path, undefined, headers);
  }
}

let node: Node;
test.before(async () => {
  node = await Node.start();
});
test.after(async () => {
  if (node.server.process.isRunning()) await node.server.stop();
});

test("the commands of the operators' procedure, to the letter", async () => {
  const count = "curl -s http://localhost:18180/v1/health | grep -o '\"assertion_count\":[0-9]*'";
  assert.is(await node.shell(count), '"assertion_count":0\n');
  assert.is(await node.shell("curl http://localhost:18180/metrics | grep cluster_members"), "");
  assert.match(await node.shell("curl http://localhost:18180/v1/health"), /"status":"healthy"/);

  await node.shell(
    'curl -X POST http://localhost:18180/v1/assert -H "Content-Type: application/json" ' +
      `-d '{"concept_path": "test/cluster", "predicate": "replicated", "value": true}'`,
  );
  const said = await node.shell(
    'curl -X POST http://localhost:18180/v1/query -H "Content-Type: application/json" ' +
      `-d '{"concept_path": "test/cluster", "lens": "recency"}'`,
  );
  const { answers } = JSON.parse(said);
  assert.is(answers.length, 1);
  assert.is(answers[0].predicate, "replicated");
  assert.is(answers[0].winner, true);
  assert.is(answers[0].supports[0].claims[0].on_behalf_of, "anonymous");
  assert.is(await node.shell(count), '"assertion_count":1\n');
});

test("what is said is answered at once; nothing found is 200", async () => {
  for (let n = 0; n < 20; n++) {
    const claim = { concept_path: `test/${n}`, predicate: "p", value: n };
    assert.is((await node.post("/v1/assert", claim)).status, 201);
    const heard = await node.post("/v1/query", { concept_path: `test/${n}` });
    assert.is(heard.json.answers[0]?.winner, n);
    assert.is(heard.json.behind, false);
  }
  const nobody = await node.post("/v1/query", { concept_path: "nobody/knows" });
  assert.is(nobody.status, 200);
  assert.equal(nobody.json.answers, []);
});

test("claims that are taken back, voted on, explained and compared", async () => {
  const claim = { concept_path: "a/b", predicate: "p", value: { version: "57" } };
  const { json: receipt } = await node.post("/v1/assert", claim);
  const target = receipt.id;
  assert.is((await node.post("/v1/votes", { target, weight: 0.5 })).status, 201);
  assert.is((await node.post("/v1/endorsements", { target })).status, 201);
  const votes = await node.get("/v1/query?concept_path=a/b&predicate=p&lens=votes");
  assert.is(votes.json.answers[0].winner.version, "57");
  const tag = votes.headers.get("etag") ?? "";
  const same = await node.get("/v1/query?concept_path=a/b&predicate=p&lens=votes", {
    "if-none-match": tag,
  });
  assert.is(same.status, 304);

  const explained = await node.post("/v1/explain", { concept_path: "a/b", predicate: "p" });
  assert.is(explained.json.claims[0].fate, "considered");
  const dry = await node.post("/v1/retractions", { target, dry_run: true });
  assert.is(dry.json.winner_changed, true);
  assert.is((await node.post("/v1/retractions", { target, reason: "misread" })).status, 201);
  const after = await node.post("/v1/query", { concept_path: "a/b", predicate: "p" });
  assert.is(after.json.answers[0].winner, null);
  assert.is(after.json.answers[0].counts.ineligible, 1);
  const before = { concept_path: "a/b", predicate: "p", as_of: receipt.position };
  const then = await node.post("/v1/query", before);
  assert.is(then.json.answers[0].winner.version, "57");
  const difference = await node.post("/v1/diff", {
    concept_path: "a/b",
    predicate: "p",
    from: receipt.position,
  });
  assert.is(difference.json.winner_changed, true);
  const trace = await node.get(`/v1/trace/${then.json.query_id}`);
  assert.is(trace.json.request.as_of, receipt.position);
  for (const path of ["/v1/concepts", "/v1/questions", "/v1/questions?order=recent"]) {
    assert.is((await node.get(path)).status, 200, path);
  }
  const sources = await node.get("/v1/sources");
  assert.is(sources.json.sources[0].source_id, "http:anonymous");
});

test("an Idempotency-Key: one entry and one receipt, through SIGKILL", async () => {
  const key = { "idempotency-key": "order-17" };
  const claim = { concept_path: "once/only", predicate: "p", value: "once" };
  const { json: earlier } = await node.get("/v1/health");
  const first = await node.post("/v1/assert", claim, key);
  assert.is(first.status, 201);
  await node.server.kill();
  await node.again();
  const again = await node.post("/v1/assert", claim, key);
  assert.is(again.status, 200);
  assert.equal(again.json, { ...first.json, existed: true });
  const reused = await node.post("/v1/assert", { ...claim, value: "twice" }, key);
  assert.is(reused.status, 409);
  assert.is(reused.json.code, "IDEMPOTENCY_KEY_REUSED");
  const health = await node.get("/v1/health");
  assert.is(health.json.assertion_count, earlier.assertion_count + 1);
});

test("assertions: of a source, the newest first", async () => {
  const claim = { concept_path: "c/d", predicate: "p", source: { id: "mdn" } };
  const { json: first } = await node.post("/v1/assert", { ...claim, value: 1 });
  const { json: second } = await node.post("/v1/assert", { ...claim, value: 2 });
  const listed = await node.get("/v1/assertions?source=mdn&backward=true");
  assert.is(listed.status, 200);
  assert.equal(
    listed.json.assertions.map(({ id }: { id: string }) => id),
    [second.id, first.id],
  );
});

test("an epoch: the receipt says whether the gateway's key is a curator's", async () => {
  const before = await node.post("/v1/epochs", { name: "2026" });
  assert.is(before.status, 201);
  assert.is(before.json.effective, false);
  const { json } = await node.get("/v1/epochs");
  const gateway = String(json.epochs[0].author);
  const administrator = join(node.server.dataDir, "keys", "administrator.key");
  const granting = await runProcess(
    process.execPath,
    [stemePath, "grants", "add", gateway, "--role", "curator", "--key", administrator],
    20_000,
    { env: { STEMEDB_ADDRESS: node.server.address } },
  );
  assert.is(granting.code, 0, granting.stderr);
  const after = await node.post("/v1/epochs", { name: "2027", supersedes: "2026" });
  assert.is(after.json.effective, true);
});

test("a stop: feeds end with a word, the process is gone", async () => {
  const feed = await fetch(node.url("/v1/feed?start=beginning"));
  assert.is(feed.status, 200);
  const text = feed.text();
  const { code } = await within(10_000, node.server.stop(), "the stop");
  assert.is(code, 0);
  assert.match(await text, /event: end\ndata: \{"code":"SHUTTING_DOWN"\}/);
});

test.run();
