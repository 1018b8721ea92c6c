/**
 * `/v1/feed`: the log as server-sent events.
 *
 *     id: <token>                  id: <token>                : heartbeat
 *     data: {"id":…,"entry":…}     event: caught_up
 *                                  data: {"size":812}
 *
 * Each event's id resumes right behind it, so a browser that reconnects with `Last-Event-ID` gets
 * every entry exactly once. A reader's pace is the feed's: a group of events is made only once the
 * one before is taken, so a stuck reader costs one group and the socket's buffer.
 */
import type { ServerResponse } from "node:http";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Fault, isFault } from "../model/fault.js";
import { toHex } from "../model/hex.js";
import type { Metrics } from "../observability/metrics.js";
import { recordJson } from "./entry-json.js";
import { feedHeaders, feedQuery, feedRequestOf } from "./feed-request.js";
import type { FeedEvent, FeedSource } from "./parts.js";
import { problemOf } from "./problem.js";
import { problems, queryOf, type Route } from "./route.js";
import { text } from "./schema.js";

export interface FeedParts {
  readonly feed: FeedSource;
  readonly metrics: Metrics;
  readonly heartbeatMs: number;
  readonly feedsMax: number;
}

export const feedUrl = "/v1/feed";
const reconnectMs = 1_000;
const headers = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-store",
  // Proxies that collect answers before they pass them on would hold a feed for ever.
  "x-accel-buffering": "no",
} as const;

function named(event: string, token: string | undefined, data: object): string {
  const id = token === undefined ? "" : `id: ${token}\n`;
  return `event: ${event}\n${id}data: ${JSON.stringify(data)}\n\n`;
}

function eventText(event: FeedEvent): string {
  switch (event.kind) {
    case "entry":
      return `id: ${toHex(event.token)}\ndata: ${JSON.stringify(recordJson(event))}\n\n`;
    case "caught_up":
      return named(event.kind, toHex(event.token), { size: event.size });
    case "progress":
      return named(event.kind, toHex(event.token), {});
    case "fell_behind":
      return named(event.kind, undefined, { behind: event.behind });
    case "heartbeat":
      return ": heartbeat\n\n";
  }
}

/** The open feeds of a node. */
export class Feeds {
  readonly #parts: FeedParts;
  readonly #open = new Set<AbortController>();
  #isStopping = false;

  constructor(parts: FeedParts) {
    this.#parts = parts;
    parts.metrics.onRead(() => parts.metrics.gauge("http_feeds", this.#open.size));
  }

  /** Ends every feed; their readers reconnect elsewhere with the last id. */
  stop(): void {
    this.#isStopping = true;
    for (const feed of this.#open) feed.abort();
  }

  async serve(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { feed, heartbeatMs, feedsMax } = this.#parts;
    const { "last-event-id": lastEventId } = request.headers;
    const last = typeof lastEventId === "string" ? lastEventId : undefined;
    const wanted = feedRequestOf(queryOf(request), last, heartbeatMs);
    if (this.#isStopping) throw new Fault("SHUTTING_DOWN", "the node is stopping; connect again");
    if (this.#open.size >= feedsMax) {
      const message = "the node has as many open feeds as it may; try again later";
      throw new Fault("OVERLOADED", message, { feeds_max: feedsMax });
    }
    const abort = new AbortController();
    const response = reply.raw;
    this.#open.add(abort);
    response.on("close", () => abort.abort());
    try {
      const groups = feed.events(wanted, abort.signal)[Symbol.asyncIterator]();
      const first = await groups.next(); // throws where the start is not one
      reply.hijack();
      response.on("timeout", () => {}); // else a connection on which nothing moves is closed
      response.writeHead(200, headers);
      response.write(`retry: ${reconnectMs}\n\n`);
      await this.#write(response, abort.signal, first, groups);
    } finally {
      this.#open.delete(abort);
    }
    return reply;
  }

  async #write(
    response: ServerResponse,
    signal: AbortSignal,
    first: IteratorResult<readonly FeedEvent[], void>,
    groups: AsyncIterator<readonly FeedEvent[], void>,
  ): Promise<void> {
    let next = first;
    try {
      while (next.done !== true && !signal.aborted) {
        const isTaken = response.write(next.value.map(eventText).join(""));
        if (!isTaken) await drained(response, signal);
        if (signal.aborted) break;
        next = await groups.next();
      }
    } catch (error) {
      if (!isFault(error)) throw error;
      response.write(named("problem", undefined, problemOf(error)));
    } finally {
      await groups.return?.();
      if (this.#isStopping) response.write(named("end", undefined, { code: "SHUTTING_DOWN" }));
      response.end();
    }
  }
}

/** Settles when the reader has taken what was written, or is gone, or the feed is to end. */
function drained(response: ServerResponse, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const finish = () => {
      response.off("drain", finish);
      signal.removeEventListener("abort", finish);
      resolve();
    };
    response.on("drain", finish);
    signal.addEventListener("abort", finish);
    if (signal.aborted) finish();
  });
}

export const feedRoute = (feeds: Feeds): Route => ({
  method: "GET",
  url: feedUrl,
  isEndless: true,
  schema: {
    tags: ["Feed"],
    operationId: "feed",
    summary: "Follows the log, live, as server-sent events.",
    description:
      "Events without a name are entries. `caught_up` says that what follows is live, " +
      "`progress` how far a filter that matches nothing has come, `fell_behind` that a slow " +
      "reader is served from disk, `problem` and `end` why it ends. Reconnect with the last `id` " +
      "as `Last-Event-ID`: every entry comes exactly once.",
    querystring: feedQuery,
    headers: feedHeaders,
    response: {
      200: {
        description: "Events, until either side ends it.",
        content: { "text/event-stream": { schema: text("Server-sent events.") } },
      },
      ...problems,
    },
  },
  handler: (request, reply) => feeds.serve(request, reply),
});
