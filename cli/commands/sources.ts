/** `sources list`, `sources show`, `sources retract`: where claims have what they say from. */
import type { StemeClient } from "../../src/client/index.js";
import { decodeEntry } from "../../src/entry/codec.js";
import { bodyToJson } from "../../src/entry/json.js";
import { type Recorded, recordJson } from "../../src/http/entry-json.js";
import type { Freshness } from "../../src/model/answer.js";
import type { Body } from "../../src/model/entry.js";
import { Fault, isFault } from "../../src/model/fault.js";
import { toHex } from "../../src/model/hex.js";
import { millisecondsOf, toHybridTime } from "../../src/model/hybrid-time.js";
import type { ListedAssertion, SourceFacts } from "../../src/model/query.js";
import { counted } from "../answer-words.js";
import { type Command, EXIT_FINE, type Surroundings } from "../command.js";
import { connectionFlags, targetOf, withClient } from "../connection.js";
import { keyFlag, loadKey } from "../key-file.js";
import { freshFlag, freshnessOf } from "../lens-flags.js";
import { grouped, visible } from "../output.js";
import { everyRow, limitFlag, limitOf } from "../paging.js";
import { receiptJson, receiptText, sayOne } from "../receipt.js";
import { bodyText, lineText } from "../record.js";
import { sheetOf } from "../sheet.js";
import { cut, fold, padFront, padTo } from "../text-width.js";

const claimsPreset = 10;

/** What an entry says; `undefined` where its bytes are gone or of a newer version. */
function understood(bytes: Uint8Array | undefined): Body | undefined {
  if (bytes === undefined || bytes.length === 0) return undefined;
  try {
    return decodeEntry(bytes).body;
  } catch (error) {
    if (isFault(error)) return undefined;
    throw error;
  }
}

function sourceJson(facts: SourceFacts): Record<string, unknown> {
  const body = understood(facts.record);
  return {
    source_id: facts.sourceId,
    claim_count: facts.claimCount,
    source_class: facts.sourceClass ?? null,
    record: body === undefined ? null : (bodyToJson(body)["source_record"] ?? null),
    retracted: facts.isRetracted,
    retraction_reason: facts.retractionReason ?? null,
  };
}

function sourceLine({ output }: Pick<Surroundings, "output">, facts: SourceFacts): string {
  const { width, paint } = sheetOf(output);
  const body = understood(facts.record);
  const title = body?.kind === "source_record" && body.title !== undefined ? body.title : "";
  const line = [
    padTo(cut(visible(facts.sourceId), 32), 32),
    padTo(facts.sourceClass ?? "-", 13),
    padFront(grouped(facts.claimCount), 9),
    facts.isRetracted ? "RETRACTED" : visible(title),
  ].join("  ");
  const shown = output.isTerminal ? cut(line, width) : line;
  return facts.isRetracted ? paint("red", shown.trimEnd()) : shown.trimEnd();
}

export const sourcesListCommand: Command = {
  name: "sources list",
  short: "sources",
  group: "answers",
  summary: "List sources: their class, how many claims name them, and which were withdrawn",
  description: ["`steme sources` alone is the same."],
  flags: [limitFlag("sources"), freshFlag, ...connectionFlags],
  examples: [
    { doc: "All sources, in the order of their ids", line: "sources list" },
    { doc: "As JSON lines", line: "sources list --json" },
  ],
  json: "sources list",
  async run(surroundings, given) {
    const { environment, nowMs, output, stop } = surroundings;
    const target = targetOf(given, environment);
    const limit = limitOf(given);
    const wanted = freshnessInput(freshnessOf(given, nowMs()));
    return await withClient(target, async (client) => {
      const count = await everyRow(
        surroundings,
        limit,
        (paging) => client.sources({ ...wanted, ...paging }, { signal: stop }),
        (page) => page.rows,
        (row) => output.result(sourceJson(row), () => sourceLine(surroundings, row)),
      );
      if (count === 0) output.note("no claim names a source yet");
      return EXIT_FINE;
    });
  },
};

const freshnessInput = (freshness: Freshness | undefined): { readonly freshness?: Freshness } =>
  freshness === undefined ? {} : { freshness };

/** Throws NOT_FOUND. */
async function sourceAt(
  client: StemeClient,
  sourceId: string,
  freshness: Freshness | undefined,
  signal: AbortSignal,
): Promise<SourceFacts> {
  const input = { sourceId, pageSize: 1, ...freshnessInput(freshness) };
  const { rows } = await client.sources(input, { signal });
  const [facts] = rows;
  if (facts !== undefined) return facts;
  const message = `no claim names the source ${visible(sourceId)}; see \`steme sources list\``;
  throw new Fault("NOT_FOUND", message, { source_id: sourceId });
}

function sourceText({ output }: Surroundings, facts: SourceFacts): string {
  const { paint } = output;
  const body = understood(facts.record);
  const record = body?.kind === "source_record" ? body : undefined;
  const rows: readonly (readonly [string, string | undefined])[] = [
    ["source", facts.sourceId],
    ["title", record?.title],
    ["class", facts.sourceClass ?? record?.class],
    ["claims", grouped(facts.claimCount)],
    ["version", record?.version],
    ["uri", record?.uri],
    ["from", record?.derivedFrom?.join(", ")],
    ["registered", record === undefined ? "by nobody" : undefined],
  ];
  const lines = rows
    .filter(([, text]) => text !== undefined)
    .map(([label, text = ""]) => `${padTo(label, 10)}  ${visible(text)}`);
  if (!facts.isRetracted) return lines.join("\n");
  const reason = facts.retractionReason ?? "";
  const told = reason === "" ? "" : `: ${visible(reason)}`;
  return [...lines, paint.call(output, "red", `withdrawn${told}`)].join("\n");
}

const recordedOf = (row: ListedAssertion): Recorded => ({
  id: row.id,
  position: row.position,
  recorded: row.recorded,
  entry: row.entry,
  ...(row.entry.length === 0 ? { hole: "redacted" } : {}),
});

function claimLine({ output }: Pick<Surroundings, "output">, row: ListedAssertion): string {
  const body = understood(row.entry);
  const recordedMs = millisecondsOf(toHybridTime(row.recorded));
  const text = body === undefined ? "(bytes are gone)" : bodyText(body);
  return lineText(output, { index: row.position.index, recordedMs, text });
}

export const sourcesShowCommand: Command = {
  name: "sources show",
  group: "answers",
  summary: "Show a source, and the newest claims that name it",
  positionals: [{ name: "SOURCE", doc: "Id of the source, such as caniuse." }],
  flags: [limitFlag("claims", claimsPreset), freshFlag, ...connectionFlags],
  examples: [
    { doc: "A source", line: "sources show caniuse" },
    { doc: "Many of its claims", line: "sources show caniuse --limit 1000 --json" },
  ],
  json: "sources show",
  async run(surroundings, given) {
    const { environment, nowMs, output, stop } = surroundings;
    const target = targetOf(given, environment);
    const limit = limitOf(given, claimsPreset);
    const freshness = freshnessOf(given, nowMs());
    const sourceId = given.positional("SOURCE").normalize("NFC");
    return await withClient(target, async (client) => {
      const facts = await sourceAt(client, sourceId, freshness, stop);
      const claims: ListedAssertion[] = [];
      const input = { of: { kind: "source", sourceId }, isBackward: true } as const;
      await everyRow(
        surroundings,
        Math.min(limit, Math.max(1, facts.claimCount)),
        (paging) =>
          client.assertions(
            { ...input, ...paging, ...freshnessInput(freshness) },
            { signal: stop },
          ),
        (page) => page.rows,
        async (row) => {
          claims.push(row);
        },
      );
      const json = {
        ...sourceJson(facts),
        claims: claims.map((row) => recordJson(recordedOf(row))),
      };
      await output.result(json, () => {
        const shown = claims.map((row) => claimLine(surroundings, row));
        const head = `\nthe newest ${counted(claims.length, "claim")}:`;
        return [
          sourceText(surroundings, facts),
          ...(shown.length === 0 ? [] : [head, ...shown]),
        ].join("\n");
      });
      return EXIT_FINE;
    });
  },
};

export const sourcesRetractCommand: Command = {
  name: "sources retract",
  group: "claims",
  summary: "Withdraw a source: claims that name it count no more",
  description: [
    "It takes effect from the voice that first registered the source, or from a curator. The " +
      "node is asked afterwards whether it did.",
  ],
  positionals: [{ name: "SOURCE", doc: "Id of the source, such as caniuse." }],
  flags: [
    { name: "reason", value: "TEXT", doc: "Why, for people." },
    { name: "on-behalf-of", value: "NAME", doc: "For whom you say it, if you are a gateway." },
    keyFlag,
    ...connectionFlags,
  ],
  examples: [
    {
      doc: "A study was withdrawn",
      line: "sources retract study/17 --reason 'the data were made up'",
    },
  ],
  json: "sources retract",
  async run(surroundings, given) {
    const { environment, output, stop } = surroundings;
    const target = targetOf(given, environment);
    const sourceId = given.positional("SOURCE").normalize("NFC");
    const { keys } = await loadKey(given.one("key"), environment);
    const reason = given.one("reason");
    const onBehalfOf = given.one("on-behalf-of");
    return await withClient(target, async (client) => {
      await sourceAt(client, sourceId, undefined, stop);
      const said = reason === undefined ? {} : { reason };
      const body = { kind: "source_retraction", sourceId, ...said } as const;
      const receipt = await sayOne(client, { keys, onBehalfOf }, body, target, surroundings);
      const { logId, index } = receipt;
      const seen = { kind: "position", position: { logId, index } } as const;
      const isEffective = await sourceAt(client, sourceId, seen, stop).then(
        (facts) => facts.isRetracted,
        (error: unknown) => {
          // It is in the log, whatever the views say of it yet.
          if (isFault(error)) return undefined;
          throw error;
        },
      );
      const json = { ...receiptJson(receipt), source_id: sourceId, effective: isEffective ?? null };
      await output.result(json, () => receiptText(receipt));
      if (isEffective !== true) output.note(ineffectiveText(isEffective, keys.publicKey));
      return EXIT_FINE;
    });
  },
};

function ineffectiveText(isEffective: boolean | undefined, key: Uint8Array): string {
  if (isEffective === undefined) {
    return "it is recorded; whether it takes effect the views cannot tell yet";
  }
  const text =
    "it is recorded, and takes no effect: your key " +
    `${toHex(key.subarray(0, 4))} did not register the source first, and is no curator's`;
  return fold(text, 80).join("\n");
}
