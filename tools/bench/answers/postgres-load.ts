/**
 * The demo's claims in PostgreSQL, and the same questions: in a process of its own, like a peer.
 *
 *     claims     one row per claim, and the index that answers a question by itself
 *     consensus  of each voice its last claim, by a window function; the heaviest value wins
 *     winners    the same, kept by a trigger: a row per question
 *
 * Nothing is signed or hashed, no lens but consensus, no as-of, and no support is listed: it is
 * what a table can do, not what an answer holds.
 */
import { once } from "node:events";
import type { Writable } from "node:stream";
import { valueKey } from "../../../src/entry/value-key.js";
import { toHex } from "../../../src/model/hex.js";
import { readPackages } from "../../importers/packages.js";
import type { Figures } from "../figures.js";
import { runClosedLoop } from "../peers/closed-loop.js";
import { Missing } from "../peers/peer.js";
import { type PostgresClient, withPostgres } from "../peers/postgres-server.js";
import { packageOf } from "../peers/program.js";

export interface PostgresJob {
  readonly directory: string;
  readonly packages: string;
  readonly seconds: number;
  readonly warmUpSeconds: number;
}

export interface PostgresAnswers {
  readonly version: string;
  /** Claims appended in batches of 512, with nothing but the index, and with the trigger. */
  readonly loading: Figures;
  readonly loadingWithTrigger: Figures;
  readonly consensus: Figures;
  readonly consensusBy16: Figures;
  readonly winner: Figures;
  readonly winnerBy16: Figures;
  readonly bytesPerClaim: number;
  /** Questions whose kept winner is not the one that the query finds; none, if all is well. */
  readonly different: number;
}

export type PostgresMessage =
  | { readonly kind: "measured"; readonly answers: PostgresAnswers }
  | { readonly kind: "missing" | "failed"; readonly message: string };

const batchRows = 512;
const callers = 16;
const warmQuestions = 20_000;

const tables = `
  CREATE TABLE claims (
    position bigserial PRIMARY KEY, path text COLLATE "C" NOT NULL, predicate text NOT NULL,
    voice integer NOT NULL, value text COLLATE "C" NOT NULL, confidence bigint NOT NULL,
    asserted timestamptz NOT NULL);
  CREATE INDEX questions ON claims (path, predicate, voice, position DESC)
    INCLUDE (value, confidence);
  CREATE TABLE winners (
    path text COLLATE "C" NOT NULL, predicate text NOT NULL, value text COLLATE "C" NOT NULL,
    support bigint NOT NULL, total bigint NOT NULL, values integer NOT NULL,
    PRIMARY KEY (path, predicate))`;

/** Supports of all values of a question, the heaviest first. */
const supportsOf = (from: string): string => `
  SELECT path, predicate, value, sum(confidence) AS support, max(position) AS latest,
    sum(sum(confidence)) OVER question AS total, count(*) OVER question AS values,
    row_number() OVER (PARTITION BY path, predicate
      ORDER BY sum(confidence) DESC, max(position) DESC) AS place
  FROM (SELECT *, row_number() OVER (PARTITION BY path, predicate, voice
      ORDER BY position DESC) AS age FROM ${from}) AS claim
  WHERE age = 1 GROUP BY path, predicate, value WINDOW question AS (PARTITION BY path, predicate)`;

const consensusText =
  `SELECT value, support, total FROM (${supportsOf("claims")}) AS supports ` +
  "WHERE path = $1 AND predicate = $2 ORDER BY place";

/** All claims of the questions that a statement added to. */
const touched =
  "(SELECT claims.* FROM claims JOIN " +
  "(SELECT DISTINCT path, predicate FROM added) AS questions USING (path, predicate)) AS touched";

const trigger = `
  CREATE FUNCTION keep_winners() RETURNS trigger LANGUAGE plpgsql AS $body$ BEGIN
    INSERT INTO winners
      SELECT path, predicate, value, support, total, values
      FROM (${supportsOf(touched)}) AS supports
      WHERE place = 1 ORDER BY path, predicate
      ON CONFLICT (path, predicate) DO UPDATE SET value = excluded.value,
        support = excluded.support, total = excluded.total, values = excluded.values;
    RETURN NULL; END $body$;
  CREATE TRIGGER keep_winners AFTER INSERT ON claims REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION keep_winners()`;

interface Row {
  readonly path: string;
  readonly predicate: string;
  readonly line: string;
}

/** In the order of the demo's own import: source by source. */
function* rowsOfDemo(): Generator<Row, void, undefined> {
  for (const [voice, { source, claims }] of readPackages().entries()) {
    const asserted = new Date(source.assertedMs).toISOString();
    for (const { path, predicate, value } of claims()) {
      const fields = [path, predicate, voice, toHex(valueKey(value)), 1_000_000, asserted];
      yield { path, predicate, line: `${fields.join("\t").replaceAll("\\", "\\\\")}\n` };
    }
  }
}

async function load(
  client: PostgresClient,
  from: (statement: string) => Writable,
  rows: readonly Row[],
): Promise<Figures> {
  const begin = performance.now();
  for (let at = 0; at < rows.length; at += batchRows) {
    const columns = "path, predicate, voice, value, confidence, asserted";
    const stream = client.query(from(`COPY claims (${columns}) FROM STDIN`));
    const lines = rows.slice(at, at + batchRows).map(({ line }) => line);
    stream.end(lines.join(""));
    await once(stream, "finish");
  }
  return { entriesPerSecond: (rows.length * 1000) / (performance.now() - begin) };
}

async function measure(job: PostgresJob): Promise<PostgresAnswers> {
  const copy = packageOf<{ from(text: string): Writable }>(job.packages, "pg-copy-streams");
  const rows = [...rowsOfDemo()];
  const supported = rows.filter(({ predicate }) => predicate === "supported_since");
  const step = Math.max(1, Math.floor(supported.length / warmQuestions));
  const questions = supported.filter((_row, i) => i % step === 0);
  return withPostgres(job, callers, async ({ version, clients }) => {
    const [first] = clients;
    if (first === undefined) throw new Error("there are no connections");
    await first.query(tables);
    const loading = await load(first, copy.from, rows);
    const sized = await first.query("SELECT pg_total_relation_size('claims')::float8 AS bytes");
    await first.query(`TRUNCATE claims; ${trigger}`);
    const loadingWithTrigger = await load(first, copy.from, rows);
    await first.query("VACUUM ANALYZE claims");
    await first.query("VACUUM ANALYZE winners");

    const asking = async (name: string, text: string, inFlight: number): Promise<Figures> => {
      const { seconds, warmUpSeconds } = job;
      const loop = { inFlight, entriesPerCall: 1, seconds, warmUpSeconds };
      return runClosedLoop(loop, async (caller) => {
        const question = questions[Math.floor(Math.random() * questions.length)] as Row;
        const values = [question.path, question.predicate];
        const found = await clients[caller]?.query({ name, text, values });
        if (found === undefined || found.rows.length === 0) throw new Error("nothing was found");
      });
    };
    const winnerText = "SELECT * FROM winners WHERE path = $1 AND predicate = $2";
    const consensus = await asking("consensus", consensusText, 1);
    const consensusBy16 = await asking("consensus", consensusText, callers);
    const winner = await asking("winner", winnerText, 1);
    const winnerBy16 = await asking("winner", winnerText, callers);
    const compared = await first.query(
      `SELECT count(*)::float8 AS different FROM (${supportsOf("claims")}) AS supports ` +
        "JOIN winners USING (path, predicate) " +
        "WHERE place = 1 AND supports.value <> winners.value",
    );
    const bytes = Number(sized.rows[0]?.["bytes"] ?? Number.NaN);
    return {
      version,
      loading,
      loadingWithTrigger,
      consensus,
      consensusBy16,
      winner,
      winnerBy16,
      bytesPerClaim: bytes / rows.length,
      different: Number(compared.rows[0]?.["different"] ?? Number.NaN),
    };
  });
}

async function run(job: PostgresJob): Promise<PostgresMessage> {
  try {
    return { kind: "measured", answers: await measure(job) };
  } catch (error) {
    const kind = error instanceof Missing ? "missing" : "failed";
    return { kind, message: error instanceof Error ? error.message : String(error) };
  }
}

process.once("disconnect", () => process.exit(1)); // nobody asks any more
process.once("message", async (job: PostgresJob) => {
  const message = await run(job);
  process.send?.(message, () => process.exit());
});
