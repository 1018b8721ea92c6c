/**
 * Goal: a feed sends every entry exactly once across any number of reconnections, at its reader's
 * pace, and ends when the node stops. Method: a real log on a simulated disk behind a real socket;
 * the reader is cut off after every single event in turn. A fake feed shows the rest.
 */
import { connect, type Socket } from "node:net";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { logFeed } from "../../src/http/log-feed.js";
import { Fault } from "../../src/model/fault.js";
import { toHex } from "../../src/model/hex.js";
import { toIndex } from "../../src/model/position.js";
import { ClaimsLog, everything, keeps } from "../subscription/claims-log.js";
import { eventually, within } from "../support/expect.js";
import { clock, logId, recorded, storedAssertion } from "./fake-parts.js";
import { HttpSubject } from "./http-subject.js";

const test = suite("http: feed");

interface Event {
  readonly id: string;
  readonly event: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into it as it likes
  readonly data: any;
}

/** Reads server-sent events as the standard says, comments included as events of that name. */
class Reader {
  readonly response: Response;
  readonly #abort: AbortController;
  readonly #events: AsyncGenerator<Event, void>;

  private constructor(response: Response, abort: AbortController) {
    this.response = response;
    this.#abort = abort;
    this.#events = eventsOf(response);
  }

  static async open(subject: HttpSubject, query = "", lastEventId?: string): Promise<Reader> {
    const abort = new AbortController();
    const headers = lastEventId === undefined ? {} : { "last-event-id": lastEventId };
    const url = subject.url(`/v1/feed${query}`);
    const response = await within(5_000, fetch(url, { headers, signal: abort.signal }), url);
    return new Reader(response, abort);
  }

  async next(): Promise<Event | undefined> {
    const { value, done } = await within(5_000, this.#events.next(), "the next event");
    return done === true || value === undefined ? undefined : value;
  }

  async until(name: string): Promise<readonly Event[]> {
    const seen: Event[] = [];
    for (let event = await this.next(); event !== undefined; event = await this.next()) {
      if (event.event === name) return [...seen, event];
      seen.push(event);
    }
    throw new Error(`the feed ended without ${name}`);
  }

  cut(): void {
    this.#abort.abort();
  }
}

async function* eventsOf(response: Response): AsyncGenerator<Event, void> {
  assert.ok(response.body);
  let text = "";
  const decoder = new TextDecoder();
  try {
    for await (const chunk of response.body) {
      text += decoder.decode(chunk as Uint8Array, { stream: true });
      for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
        const lines = text.slice(0, end).split("\n");
        text = text.slice(end + 2);
        const field = (name: string) =>
          lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
        const isComment = lines[0]?.startsWith(":") === true;
        const data = field("data");
        if (!isComment && data === undefined) continue;
        yield {
          id: field("id") ?? "",
          event: isComment ? (lines[0] ?? "").slice(2) : (field("event") ?? "message"),
          data: data === undefined ? undefined : JSON.parse(data),
        };
      }
    }
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
  }
}

async function onLog(
  counts: readonly number[],
  work: (subject: HttpSubject, claims: ClaimsLog) => Promise<void>,
): Promise<void> {
  const claims = await ClaimsLog.open();
  await claims.append(...counts);
  const feed = logFeed({ log: claims.log, repeats: { of: async () => undefined }, clock });
  const subject = await HttpSubject.open({ feed });
  try {
    await work(subject, claims);
  } finally {
    await subject.close();
    await claims.log.close();
  }
}

const entriesOf = (events: readonly Event[]) => events.filter(({ event }) => event === "message");

test("from the beginning: every entry in order, then live", () =>
  onLog([3, 1, 70], async (subject, claims) => {
    const reader = await Reader.open(subject, "?start=beginning");
    assert.is(reader.response.headers.get("content-type"), "text/event-stream; charset=utf-8");
    assert.is(reader.response.headers.get("cache-control"), "no-store");
    const events = await reader.until("caught_up");
    const size = claims.log.size;
    assert.equal(
      entriesOf(events).map(({ data }) => data.index),
      Array.from({ length: size }, (_none, at) => at),
    );
    assert.is(events.at(-1)?.data.size, size);
    const claim = entriesOf(events).find(({ data }) => data.entry?.concept_path !== undefined);
    assert.is(claim?.data.log_id, toHex(claims.log.id));
    await claims.append(2);
    const stamp = await reader.next();
    assert.is(stamp?.data.index, size);
    reader.cut();
  }));

test("cut off after any event: what follows is every later entry, once", () =>
  onLog([2, 5, 1], async (subject, claims) => {
    const whole = await Reader.open(subject, "?start=beginning");
    const events = entriesOf(await whole.until("caught_up"));
    whole.cut();
    for (const [at, { id }] of events.entries()) {
      const again = await Reader.open(subject, "?start=beginning", id);
      const rest = entriesOf(await again.until("caught_up"));
      again.cut();
      assert.equal(
        rest.map(({ data }) => data.id),
        events.slice(at + 1).map(({ data }) => data.id),
        `behind event ${at}`,
      );
    }
    // Over and over, one event at a time.
    let last: string | undefined;
    const seen: number[] = [];
    while (seen.length < claims.log.size) {
      const reader = await Reader.open(subject, "?start=beginning", last);
      const event = await reader.next();
      reader.cut();
      assert.ok(event);
      last = event.id;
      seen.push(event.data.index);
    }
    assert.equal(
      seen,
      Array.from({ length: claims.log.size }, (_none, at) => at),
    );
  }));

test("with a filter: resuming skips what it leaves out, and nothing else", () =>
  onLog([9, 1, 9, 4, 1, 8], async (subject, claims) => {
    const query = "?start=beginning&predicates=p1&predicates=p3&kinds=assertion";
    const fields = { ...everything, predicates: ["p1", "p3"], kinds: [10] };
    const wanted = (await claims.entries()).flatMap((entry, index) =>
      keeps(fields, entry) ? [index] : [],
    );
    assert.ok(wanted.length > 5);
    const whole = await Reader.open(subject, query);
    const events = entriesOf(await whole.until("caught_up"));
    whole.cut();
    assert.equal(
      events.map(({ data }) => data.index),
      wanted,
    );
    for (const [at, { id }] of events.entries()) {
      const again = await Reader.open(subject, query, id);
      const rest = entriesOf(await again.until("caught_up"));
      again.cut();
      assert.equal(
        rest.map(({ data }) => data.index),
        wanted.slice(at + 1),
      );
    }
  }));

test("starts: a position, a token, a moment, the last ones, the end", () =>
  onLog([4, 4], async (subject, claims) => {
    const { log } = claims;
    const whole = await Reader.open(subject, "?start=beginning");
    const events = entriesOf(await whole.until("caught_up"));
    whole.cut();
    const from = async (query: string) => {
      const reader = await Reader.open(subject, query);
      const seen = entriesOf(await reader.until("caught_up"));
      reader.cut();
      return seen.map(({ data }) => data.index);
    };
    const indexes = events.map(({ data }) => data.index);
    assert.equal(await from(`?start=${toHex(log.id)}/3`), indexes.slice(3));
    assert.equal(await from(`?start=${events[4]?.id}`), indexes.slice(5));
    assert.equal(await from("?start=1970-01-02T00:00:00Z"), indexes);
    assert.equal(await from("?last=2"), indexes.slice(-2));
    assert.equal(await from("?start=end"), []);
    assert.equal(await from(""), []);
    await subject.refused(
      subject.get(`/v1/feed?start=${toHex(log.id)}/999`),
      400,
      "POSITION_INVALID",
    );
    await subject.refused(subject.get(`/v1/feed?start=${"0f".repeat(32)}/0`), 404, "LOG_UNKNOWN");
  }));

async function onFake(work: (subject: HttpSubject) => Promise<void>): Promise<void> {
  const subject = await HttpSubject.open();
  try {
    await work(subject);
  } finally {
    await subject.close();
  }
}

const entryAt = (index: number) => ({
  ...storedAssertion(),
  kind: "entry" as const,
  position: { logId, index: toIndex(index) },
  recorded,
  token: Uint8Array.of(index >> 8, index & 255),
});

test("what cannot be read is refused before the feed begins", () =>
  onFake(async (subject) => {
    const queries = [
      "start=yesterday",
      "start=end&last=5",
      "last=-1",
      "kinds=nonsense",
      "classes=best",
      "authors=00",
      "heartbeat_ms=1",
      "prefixes=",
      "predicate=p",
    ];
    for (const query of queries) {
      await subject.refused(subject.get(`/v1/feed?${query}`), 400, "ARGUMENT_INVALID");
    }
    const heard = await subject.refused(
      subject.get("/v1/feed", { "last-event-id": "xyz" }),
      400,
      "ARGUMENT_INVALID",
    );
    assert.is(heard.json.facts.field, "Last-Event-ID");
    assert.is(subject.feed.requests.length, 0);
    subject.feed.failure = new Fault("POSITION_INVALID", "no such place");
    await subject.refused(subject.get("/v1/feed"), 400, "POSITION_INVALID");
  }));

test("events of every kind, and heartbeats as comments", () =>
  onFake(async (subject) => {
    const reader = await Reader.open(subject, "?heartbeat_ms=500&prefixes=a/b/&last=3", "");
    subject.feed.push(entryAt(1), { ...entryAt(2), entry: undefined, hole: "redacted" });
    subject.feed.push({ kind: "caught_up", token: Uint8Array.of(1), size: 9 });
    subject.feed.push({ kind: "progress", token: Uint8Array.of(2) });
    subject.feed.push({ kind: "fell_behind", behind: 7 }, { kind: "heartbeat" });
    const seen: Event[] = [];
    while (seen.length < 7) {
      const event = await reader.next();
      assert.ok(event);
      seen.push(event);
    }
    reader.cut();
    assert.equal(
      seen.map(({ event }) => event),
      ["heartbeat", "message", "message", "caught_up", "progress", "fell_behind", "heartbeat"],
    );
    assert.equal(
      seen.map(({ id }) => id),
      ["", "0001", "0002", "01", "02", "", ""],
    );
    assert.is(seen[1]?.data.entry.predicate, "replicated");
    assert.is(seen[2]?.data.hole, "redacted");
    const [asked] = subject.feed.requests;
    assert.is(asked?.heartbeatMs, 500);
    assert.equal(asked?.start, { kind: "last", count: 3 });
  }));

test("a feed that fails in its middle says why and ends", () =>
  onFake(async (subject) => {
    const events = subject.feed.events.bind(subject.feed);
    subject.feed.events = async function* (request, signal) {
      for await (const group of events(request, signal)) {
        yield group;
        throw new Fault("LOG_CORRUPT", "a block is not what was written", { index: 5 });
      }
    };
    const reader = await Reader.open(subject);
    const seen = await reader.until("problem");
    assert.is(seen.at(-1)?.data.code, "LOG_CORRUPT");
    assert.is(await reader.next(), undefined);
  }));

test("a reader that takes nothing is made nothing for: what waits is bounded", () =>
  onFake(async (subject) => {
    const [host = "", port = ""] = subject.server.address.split(":");
    const socket: Socket = connect({ host, port: Number(port) });
    socket.pause();
    socket.write("GET /v1/feed HTTP/1.1\r\nhost: x\r\n\r\n");
    await eventually(() => subject.feed.requests.length === 1, 5_000, "the feed");
    const group = Array.from({ length: 64 }, (_none, at) => entryAt(at));
    const groupCount = 2_000; // some 70 MB of text
    for (let n = 0; n < groupCount; n++) subject.feed.push(...group);
    let before = -1;
    while (before !== subject.feed.pulled) {
      before = subject.feed.pulled;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    assert.ok(before > 0 && before < groupCount / 2, `${before} groups were made for nobody`);
    assert.is((await subject.get("/livez")).status, 200);
    socket.destroy();
  }));

test("a quiet feed, and a slow reader of one, are never cut off", async () => {
  const soon = { headersMs: 300, requestMs: 300, handlerMs: 300, keepAliveMs: 300, idleMs: 300 };
  const subject = await HttpSubject.open({ timeouts: soon });
  const reader = await Reader.open(subject);
  await reader.next();
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  subject.feed.push(entryAt(1));
  assert.is((await reader.next())?.id, "0001");
  reader.cut();
  await subject.close();
});

test("a reader that leaves is forgotten", () =>
  onFake(async (subject) => {
    let isEnded = false;
    const events = subject.feed.events.bind(subject.feed);
    subject.feed.events = async function* (request, signal) {
      yield* events(request, signal);
      isEnded = true;
    };
    const reader = await Reader.open(subject);
    await reader.next();
    reader.cut();
    await eventually(() => isEnded, 5_000, "the end of the feed");
  }));

test("feeds beyond the bound are refused, and connections stay for others", async () => {
  const subject = await HttpSubject.open({ connectionsMax: 8 });
  const readers: Reader[] = [];
  for (let n = 0; n < 4; n++) readers.push(await Reader.open(subject));
  await subject.refused(subject.get("/v1/feed"), 503, "OVERLOADED");
  assert.is((await subject.get("/livez")).status, 200);
  for (const reader of readers) reader.cut();
  await subject.close();
});

test("close: feeds end with a word, at once", async () => {
  const subject = await HttpSubject.open();
  const reader = await Reader.open(subject);
  await reader.next();
  const begun = performance.now();
  await subject.close(8_000);
  assert.ok(performance.now() - begun < 3_000);
  const seen = await reader.until("end");
  assert.is(seen.at(-1)?.data.code, "SHUTTING_DOWN");
  assert.is(await reader.next(), undefined);
});

test.run();
