/** The HTTP API on real sockets and fake parts; every response is held against its description. */
import * as assert from "uvu/assert";
import { HttpServer, type HttpServerOptions } from "../../src/http/http-server.js";
import { silentMetrics } from "../../src/observability/metrics.js";
import { silentProbe } from "../../src/observability/probe.js";
import { within } from "../support/expect.js";
import { ApiDocument } from "./api-document.js";
import {
  clock,
  epoch,
  FakeEntries,
  FakeFeed,
  FakeGateway,
  FakeHealth,
  FakeQueries,
} from "./fake-parts.js";

export interface Heard {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into it as it likes
  readonly json: any;
}

export class HttpSubject {
  readonly queries = new FakeQueries();
  readonly gateway = new FakeGateway();
  readonly entries = new FakeEntries();
  readonly health = new FakeHealth();
  readonly feed = new FakeFeed();
  readonly server: HttpServer;
  readonly document: ApiDocument;

  private constructor(parts: Partial<HttpSubject>, server: HttpServer, document: ApiDocument) {
    Object.assign(this, parts);
    this.server = server;
    this.document = document;
  }

  static async open(more: Partial<HttpServerOptions> = {}): Promise<HttpSubject> {
    const parts = {
      queries: new FakeQueries(),
      gateway: new FakeGateway(),
      entries: new FakeEntries(),
      health: new FakeHealth(),
      feed: new FakeFeed(),
    };
    const server = await HttpServer.open({
      address: "127.0.0.1:0",
      connectionsMax: 64,
      requiresSignatures: false,
      ...parts,
      epochs: { epochs: () => [epoch], isEffective: async () => undefined },
      heartbeatMs: 10_000,
      metrics: silentMetrics,
      metricsText: { contentType: "text/plain; version=0.0.4", text: async () => "up 1\n" },
      clock,
      probe: silentProbe,
      version: "0.1.0",
      ...more,
    });
    const answer = await fetch(`http://${server.address}/openapi.json`);
    const document = new ApiDocument((await answer.json()) as Record<string, unknown>);
    return new HttpSubject(parts, server, document);
  }

  url(path: string): string {
    return `http://${this.server.address}${path}`;
  }

  async call(method: string, path: string, options: RequestInit = {}): Promise<Heard> {
    const answer = await within(10_000, fetch(this.url(path), { method, ...options }), path);
    const text = await within(10_000, answer.text(), `the body of ${path}`);
    const contentType = answer.headers.get("content-type") ?? "";
    const { status } = answer;
    this.document.check({ method, url: path, status, contentType, body: text });
    const isJson = contentType.includes("json") && text !== "";
    const json: unknown = isJson ? JSON.parse(text) : undefined;
    return { status, headers: answer.headers, text, json };
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Heard> {
    return this.call("GET", path, { headers });
  }

  post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Heard> {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const own = { "content-type": "application/json", ...headers };
    return this.call("POST", path, { body: text, headers: own });
  }

  /** The request is refused, with a problem that says so in full. */
  async refused(heard: Promise<Heard>, status: number, code: string): Promise<Heard> {
    const answer = await heard;
    assert.is(answer.status, status, `${answer.status}: ${answer.text}`);
    assert.is(answer.headers.get("content-type"), "application/problem+json; charset=utf-8");
    assert.is(answer.json.code, code, answer.text);
    assert.is(answer.json.status, status);
    assert.not.match(answer.text, /node_modules|\.js:|at .*\(/);
    return answer;
  }

  close(withinMs = 1_000): Promise<void> {
    return within(10_000, this.server.close(withinMs), "close");
  }
}
