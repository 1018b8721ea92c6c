/**
 * Goal: whatever comes over the wire is answered by a problem that says what to do, and never by a
 * stack trace, a hang or a crash. Method: real sockets, some of them spoken to by hand: malformed
 * JSON and HTTP, bodies and headers that are too large, wrong methods and types, slow clients.
 */
import { connect, type Socket } from "node:net";
import { gunzipSync } from "node:zlib";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { HttpServer, type HttpServerOptions } from "../../src/http/http-server.js";
import { Fault } from "../../src/model/fault.js";
import type { Fields } from "../../src/observability/probe.js";
import { silentProbe } from "../../src/observability/probe.js";
import { eventually, rejects, within } from "../support/expect.js";
import { answerOf } from "./fake-parts.js";
import { HttpSubject } from "./http-subject.js";

const test = suite("http: refusals");

async function on(
  work: (subject: HttpSubject) => Promise<void>,
  options: Partial<HttpServerOptions> = {},
): Promise<void> {
  const subject = await HttpSubject.open(options);
  try {
    await work(subject);
  } finally {
    await subject.close();
  }
}

const socketTo = (subject: HttpSubject): Socket => {
  const [host = "", port = ""] = subject.server.address.split(":");
  return connect({ host, port: Number(port) });
};

/** Everything that the server says on a socket until it closes it. */
function spoken(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  return within(
    20_000,
    new Promise((resolve) => {
      socket.on("data", (chunk: Buffer) => chunks.push(chunk));
      socket.on("error", () => {});
      socket.on("close", () => resolve(Buffer.concat(chunks).toString()));
    }),
    "the end of a connection",
  );
}

/** Sends bytes by hand; what came back is a problem. */
async function rawProblem(subject: HttpSubject, text: string) {
  const socket = socketTo(subject);
  const heard = spoken(socket);
  socket.write(text);
  const [head = "", body = ""] = (await heard).split("\r\n\r\n");
  assert.match(head, /content-type: application\/problem\+json/);
  const json = JSON.parse(body);
  subject.document.check({
    method: "POST",
    url: "/nothing",
    status: 404,
    contentType: "application/problem+json",
    body,
  });
  return { status: Number(head.split(" ")[1]), json };
}

test("bodies that are no JSON object are refused", () =>
  on(async (subject) => {
    for (const body of ["", "{", "{'a': 1}", "\u0000", '{"a":1}{']) {
      await subject.refused(subject.post("/v1/query", body), 400, "MESSAGE_MALFORMED");
    }
    for (const body of ["null", "5", '"text"', "[]", '[{"concept_path":"a"}]']) {
      const heard = await subject.refused(subject.post("/v1/query", body), 400, "ARGUMENT_INVALID");
      assert.is(heard.json.facts.field, "body");
    }
    for (const name of ["__proto__", "constructor", "toString"]) {
      const body = `{"concept_path":"a","${name}":{"x":1}}`;
      const heard = await subject.refused(subject.post("/v1/query", body), 400, "ARGUMENT_INVALID");
      assert.is(heard.json.facts.field, name);
    }
    const nested = `${'{"value":'.repeat(100_000)}1${"}".repeat(100_000)}`;
    await subject.refused(subject.post("/v1/query", nested), 400, "ARGUMENT_INVALID");
    await subject.refused(subject.post("/v1/assert", nested), 400, "ARGUMENT_INVALID");
    const deepList = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
    const deepObject = `${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`;
    for (const deep of [deepList, deepObject]) {
      const value = `{"concept_path":"a","predicate":"b","value":${deep}}`;
      const labels = `{"concept_path":"a","predicate":"b","value":1,"labels":${deep}}`;
      for (const body of [value, labels]) {
        await subject.refused(subject.post("/v1/assert", body), 400, "ARGUMENT_INVALID");
      }
      const path = `{"concept_path":${deep}}`;
      await subject.refused(subject.post("/v1/query", path), 400, "ARGUMENT_INVALID");
    }
    assert.is(subject.queries.asked.length, 0);
  }));

test("a body of another type, or compressed, is refused with what to send", () =>
  on(async (subject) => {
    const body = '{"concept_path":"a"}';
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "text/json"]) {
      const headers = { "content-type": type };
      const posted = subject.call("POST", "/v1/query", { body, headers });
      const heard = await subject.refused(posted, 415, "ARGUMENT_INVALID");
      assert.match(heard.json.detail, /Content-Type: application\/json/);
    }
    const charset = { "content-type": "application/json; charset=utf-8" };
    assert.is((await subject.post("/v1/query", body, charset)).status, 200);
    const zipped = subject.post("/v1/query", body, { "content-encoding": "gzip" });
    const heard = await subject.refused(zipped, 400, "ARGUMENT_INVALID");
    assert.is(heard.json.facts.field, "Content-Encoding");
  }));

test("a body beyond 2 MiB is refused by its length, and where it does not tell it", () =>
  on(async (subject) => {
    const head = "POST /v1/query HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";
    const byLength = await rawProblem(subject, `${head}content-length: 2097153\r\n\r\n`);
    assert.is(byLength.status, 413);
    assert.is(byLength.json.code, "MESSAGE_TOO_LARGE");
    const chunk = `${(1 << 20).toString(16)}\r\n${"x".repeat(1 << 20)}\r\n`;
    const chunked = `${head}transfer-encoding: chunked\r\nconnection: close\r\n\r\n`;
    const byCount = await rawProblem(subject, chunked + chunk.repeat(3));
    assert.is(byCount.status, 413);
    assert.is(byCount.json.code, "MESSAGE_TOO_LARGE");
  }));

test("a path that is none, and a method that its path does not have, are told apart", () =>
  on(async (subject) => {
    await subject.refused(subject.get("/v2/query"), 404, "NOT_FOUND");
    await subject.refused(subject.get("/"), 404, "NOT_FOUND");
    await subject.refused(subject.get("/v1/assert/"), 404, "NOT_FOUND");
    const cases = [
      ["GET", "/v1/assert", "POST"],
      ["DELETE", "/v1/query", "GET, HEAD, POST"],
      ["PUT", "/v1/sources", "GET, HEAD, POST"],
      ["POST", "/v1/health", "GET, HEAD"],
      ["OPTIONS", "/v1/query", "GET, HEAD, POST"],
      ["POST", `/v1/trace/${"0".repeat(32)}`, "GET, HEAD"],
      ["POST", "/openapi.json", "GET, HEAD"],
      ["POST", "/v1/feed", "GET"],
    ] as const;
    for (const [method, path, allowed] of cases) {
      const heard = await subject.refused(subject.call(method, path), 405, "ARGUMENT_INVALID");
      assert.is(heard.headers.get("allow"), allowed);
    }
    const cors = await subject.get("/v1/health", { origin: "https://example.org" });
    assert.is(cors.headers.get("access-control-allow-origin"), null);
  }));

test("HEAD: what GET says, without its body", () =>
  on(async (subject) => {
    for (const path of ["/v1/health", "/v1/query?concept_path=a", "/livez", "/openapi.json"]) {
      const got = await subject.get(path);
      const heard = await subject.call("HEAD", path);
      assert.is(heard.status, 200);
      assert.is(heard.text, "");
      assert.is(heard.headers.get("content-type"), got.headers.get("content-type"));
    }
    assert.is((await subject.call("HEAD", "/v1/query")).status, 400);
    assert.is((await subject.call("HEAD", "/v1/assert")).status, 405);
    assert.is((await subject.call("HEAD", "/v1/feed")).status, 405);
  }));

test("URLs that cannot be read are refused", () =>
  on(async (subject) => {
    await subject.refused(subject.get("/v1/trace/%zz"), 400, "ARGUMENT_INVALID");
    const long = `/v1/trace/${"a".repeat(200)}`;
    await subject.refused(subject.get(long), 400, "ARGUMENT_INVALID");
    await subject.refused(
      subject.get("/v1/query?concept_path=a&__proto__=b"),
      400,
      "ARGUMENT_INVALID",
    );
    await subject.refused(
      subject.get("/v1/query?concept_path=a&concept_path=b"),
      400,
      "ARGUMENT_INVALID",
    );
    await subject.refused(
      subject.get("/v1/query?concept_path=a&page_size=5x"),
      400,
      "ARGUMENT_INVALID",
    );
  }));

test("what is not HTTP, and headers without end, are refused on the bare connection", () =>
  on(async (subject) => {
    const garbage = await rawProblem(subject, "\u0016\u0003\u0001 hello\r\n\r\n");
    assert.is(garbage.status, 400);
    assert.is(garbage.json.code, "MESSAGE_MALFORMED");
    const long = `GET / HTTP/1.1\r\nhost: x\r\nx: ${"y".repeat(20_000)}\r\n\r\n`;
    const overflow = await rawProblem(subject, long);
    assert.is(overflow.status, 431);
    assert.is(overflow.json.code, "ARGUMENT_INVALID");
  }));

const soon = { headersMs: 300, requestMs: 600, handlerMs: 300, keepAliveMs: 72_000, idleMs: 500 };

test("a client that never finishes its headers, or its body, is told so and cut off", () =>
  on(
    async (subject) => {
      const head = "POST /v1/query HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";
      const unfinished = [`${head}x-slow: `, `${head}content-length: 100\r\n\r\n{"concept`];
      for (const text of unfinished) {
        const { status, json } = await rawProblem(subject, text);
        assert.is(status, 408);
        assert.is(json.code, "DEADLINE_EXCEEDED");
      }
    },
    { timeouts: { ...soon, handlerMs: 5_000, idleMs: 10_000 } },
  ));

test("a reader that takes nothing of its answer is cut off", () =>
  on(
    async (subject) => {
      const text = "x".repeat(30_000);
      subject.queries.answers = Array.from({ length: 500 }, () => answerOf({ kind: "text", text }));
      const socket = socketTo(subject);
      socket.pause();
      socket.write("GET /v1/query?concept_path=a HTTP/1.1\r\nhost: x\r\n\r\n");
      await eventually(() => subject.queries.asked.length === 1, 5_000);
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      // What the kernel took is still there to be read, and then the end, before the whole answer.
      const heard = spoken(socket);
      socket.resume();
      assert.ok((await heard).length < 500 * 30_000);
    },
    { timeouts: soon },
  ));

test("a handler that takes too long is answered for", () =>
  on(
    async (subject) => {
      subject.queries.gate = new Promise(() => {});
      const asked = subject.post("/v1/query", { concept_path: "a" });
      await subject.refused(asked, 504, "DEADLINE_EXCEEDED");
      assert.is(subject.queries.signal?.aborted, true);
    },
    { timeouts: { ...soon, idleMs: 10_000 } },
  ));

test("connections beyond the bound are closed at once", () =>
  on(
    async (subject) => {
      // The one that fetched the description is still open.
      const first = socketTo(subject);
      const second = socketTo(subject);
      const third = socketTo(subject);
      await Promise.race([spoken(first), spoken(second), spoken(third)]);
      for (const socket of [first, second, third]) socket.destroy();
    },
    { connectionsMax: 3 },
  ));

test("a defect is answered without a word about the inside", async () => {
  const lines: Fields[] = [];
  const probe = {
    ...silentProbe,
    warn: (_message: string, fields: Fields = {}) => lines.push(fields),
  };
  const subject = await HttpSubject.open({ probe });
  const crash = new Promise<unknown>((resolve) => {
    const listeners = process.listeners("uncaughtException");
    process.removeAllListeners("uncaughtException");
    process.once("uncaughtException", (error) => {
      for (const listener of listeners) process.on("uncaughtException", listener);
      resolve(error);
    });
  });
  const secret = new TypeError("secret of the inside");
  subject.queries.failure = secret;
  const heard = await subject.refused(
    subject.post("/v1/query", { concept_path: "a" }),
    500,
    "INTERNAL",
  );
  assert.not.match(heard.text, /secret/);
  assert.is(await within(5_000, crash), secret);
  assert.is(lines[0]?.["code"], "INTERNAL");
  await subject.close();
});

test("answers beyond a kibibyte are compressed for those who ask for it", () =>
  on(async (subject) => {
    const claims = Array.from({ length: 200 }, () => answerOf({ kind: "text", text: "x" }));
    subject.queries.answers = claims;
    const get = (encoding: string) =>
      new Promise<{ head: string; body: Buffer }>((resolve) => {
        const socket = socketTo(subject);
        const chunks: Buffer[] = [];
        socket.on("data", (chunk: Buffer) => chunks.push(chunk));
        socket.on("close", () => {
          const all = Buffer.concat(chunks);
          const end = all.indexOf("\r\n\r\n");
          resolve({
            head: all.subarray(0, end).toString().toLowerCase(),
            body: all.subarray(end + 4),
          });
        });
        const accept = encoding === "" ? "" : `accept-encoding: ${encoding}\r\n`;
        const path = "/v1/query?concept_path=a";
        socket.write(`GET ${path} HTTP/1.0\r\nhost: x\r\nconnection: close\r\n${accept}\r\n`);
      });
    const plain = await get("");
    assert.not.match(plain.head, /content-encoding/);
    const zipped = await get("gzip");
    assert.match(zipped.head, /content-encoding: gzip/);
    assert.ok(zipped.body.length * 10 < plain.body.length);
    assert.is(JSON.parse(gunzipSync(zipped.body).toString()).answers.length, 200);
    assert.match(zipped.head, /vary: accept-encoding/);
    subject.queries.answers = [];
    assert.not.match((await get("gzip")).head, /content-encoding/);
  }));

test("addresses: one that is in use is refused with what to do", () =>
  on(async (subject) => {
    const { address } = subject.server;
    const again = HttpSubject.open({ address });
    const fault = (await rejects(again, "ADDRESS_IN_USE")) as Fault;
    assert.match(fault.message, /--http-address/);
    assert.is(typeof HttpServer.open, "function");
    await rejects(HttpSubject.open({ address: "nowhere.invalid:0" }), "CONFIG_INVALID");
  }));

test("close: what was begun is finished, what comes later finds nobody", async () => {
  const subject = await HttpSubject.open();
  let open = () => {};
  subject.queries.gate = new Promise((resolve) => {
    open = resolve;
  });
  const begun = subject.post("/v1/query", { concept_path: "a" });
  while (subject.queries.asked.length === 0) await new Promise((resolve) => setImmediate(resolve));
  const asked = performance.now();
  const closed = subject.close(5_000);
  open();
  const heard = await begun;
  assert.is(heard.status, 200);
  await closed;
  assert.ok(performance.now() - asked < 2_000, "an idle connection is not waited for");
  await rejects(fetch(subject.url("/livez")));
});

test("questions: what no entry can say is refused, and never just not found", async () => {
  await on(async (subject) => {
    const asked: readonly (readonly [string, object, string])[] = [
      ["/v1/query", { concept_path: "a//b" }, "concept_path"],
      ["/v1/query", { concept_path: "Cafe\u0301" }, "concept_path"],
      ["/v1/query", { concept_path: "a", predicate: "b/c" }, "predicate"],
      ["/v1/query", { prefix: "/a" }, "prefix"],
      ["/v1/query", { questions: [{ concept_path: "a/", predicate: "p" }] }, "concept_path"],
      ["/v1/explain", { concept_path: "a\u0000", predicate: "p" }, "concept_path"],
      ["/v1/diff", { concept_path: "a", predicate: "", from: "2026-01-01T00:00:00Z" }, "predicate"],
    ];
    for (const [url, body, field] of asked) {
      const problem = await subject.refused(subject.post(url, body), 400, "ARGUMENT_INVALID");
      assert.match(JSON.stringify(problem), field, url);
    }
    for (const url of ["/v1/concepts?prefix=a//b", "/v1/questions?concept_path=a//b"]) {
      await subject.refused(subject.get(url), 400, "ARGUMENT_INVALID");
    }
    assert.is(subject.queries.asked.length, 0, "nothing of it was asked");
  });
});

test("close: what does not end within the time is cut off", async () => {
  const subject = await HttpSubject.open();
  subject.queries.gate = new Promise(() => {});
  const begun = fetch(subject.url("/v1/query?concept_path=a")).catch((error: unknown) => error);
  while (subject.queries.asked.length === 0) await new Promise((resolve) => setImmediate(resolve));
  await subject.close(50);
  assert.ok((await begun) instanceof Error);
  assert.ok(new Fault("INTERNAL", "x") instanceof Error);
});

test.run();
