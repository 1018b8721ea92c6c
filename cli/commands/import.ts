/**
 * `import`: appends a file of claims, as fast as receipts come, with bounded memory.
 *
 * Every bad record is named by file and line, and the import goes on; a fault that is not the
 * record's (the node is gone, its disk is full) ends it. What has a receipt stays.
 */
import type { EntryInput, Writer } from "../../src/client/index.js";
import { Fault, type FaultCode } from "../../src/model/fault.js";
import { parseMoment } from "../claim-value.js";
import { type Command, EXIT_FAULT, EXIT_FINE, type Surroundings } from "../command.js";
import { connectionFlags, targetOf, withClient } from "../connection.js";
import { readLines } from "../import-lines.js";
import { inputOf, type RecordContext } from "../import-record.js";
import { type Input, openInput } from "../input-file.js";
import { keyFlag, loadKey } from "../key-file.js";
import { grouped } from "../output.js";
import { Progress } from "../progress.js";

/** The longest record: an entry of 65,535 bytes, each byte an escape of 6 characters. */
const lineCharactersMax = 512 * 1024;

/** Faults of a record: the import goes on behind it. */
const recordFaults: ReadonlySet<FaultCode> = new Set([
  "ARGUMENT_INVALID",
  "ENTRY_INVALID",
  "ENTRY_NOT_CANONICAL",
  "ENTRY_TOO_LARGE",
  "BODY_UNKNOWN",
  "BODY_NOT_ALLOWED",
  "AUTHOR_FOREIGN",
  "BATCH_INVALID",
]);

export const importCommand: Command = {
  name: "import",
  group: "claims",
  summary: "Append claims from a file of JSON lines, signed with your key",
  description: [
    "Each line is one record: the fields of an assertion, or another body (an alias, a trust " +
      "outcome) under its name, or a line that `steme read --json` or `tail --json` printed; " +
      "docs/reference/json.md has examples. A record that is refused is named by file and line, " +
      "and the import goes on; it then ends with 1 and says how many there were.",
    "An import can be repeated: the same record of the same author has the same id, and an id " +
      "counts once however often it stands in the log. The log keeps every position, though, so " +
      "a repeat takes its room again. Nothing is taken from the clock: records say when they " +
      "were asserted, or --asserted says it for those that do not.",
  ],
  positionals: [{ name: "FILE", doc: "File of JSON lines, or - for standard input." }],
  flags: [
    { name: "asserted", value: "MOMENT", doc: "`asserted_at` of assertions that do not say it." },
    keyFlag,
    ...connectionFlags,
  ],
  examples: [
    { doc: "A file", line: "import claims.jsonl" },
    { doc: "Claims that do not say when", line: "import claims.jsonl --asserted 2026-01-01" },
    { doc: "What another program writes", line: "import - --key importer.key" },
  ],
  json: "import",
  async run(surroundings, given) {
    const target = targetOf(given, surroundings.environment);
    const asserted = given.one("asserted");
    const assertedMs = asserted === undefined ? undefined : parseMoment("asserted", asserted);
    const { keys } = await loadKey(given.one("key"), surroundings.environment);
    const context = { author: keys.publicKey, assertedMs };
    const input = await openInput(given.positional("FILE"), surroundings);
    try {
      return await withClient(target, async (client) => {
        const writer = client.writer({
          keys,
          signal: surroundings.stop,
          retryMsMax: target.timeoutMs,
        });
        return await new Import(surroundings, input, writer, context).run();
      });
    } finally {
      input.close();
    }
  },
};

class Import {
  readonly #surroundings: Surroundings;
  readonly #input: Input;
  readonly #writer: Writer;
  readonly #context: RecordContext;
  readonly #progress: Progress;
  /** Lines of the records that were handed to the writer and have no result yet, oldest first. */
  readonly #lines: number[] = [];
  #firstLine = 0;
  #appended = 0;
  #existed = 0;
  #refused = 0;
  #share: number | undefined;

  constructor(surroundings: Surroundings, input: Input, writer: Writer, context: RecordContext) {
    const { output, nowMs } = surroundings;
    this.#surroundings = surroundings;
    this.#input = input;
    this.#writer = writer;
    this.#context = context;
    this.#progress = new Progress(output, { label: "importing", unit: "records", nowMs });
  }

  async run(): Promise<number> {
    const { nowMs, output, stop } = this.#surroundings;
    const startMs = nowMs();
    const failure = await this.#stream().then(
      () => undefined,
      (error: unknown) => this.#failureOf(error),
    );
    this.#progress.clear();
    const seconds = Math.max(0.001, (nowMs() - startMs) / 1000);
    await this.#summarise(seconds, failure === undefined && !stop.aborted);
    if (failure !== undefined) throw failure;
    if (this.#refused > 0) {
      const message = `records refused: ${grouped(this.#refused)}; the others were appended`;
      output.error(new Fault("IMPORT_INCOMPLETE", message, { refused: this.#refused }));
    }
    return this.#refused > 0 ? EXIT_FAULT : EXIT_FINE;
  }

  /** Ctrl-C shows in many ways: as one, it says how to go on. */
  #failureOf(error: unknown): Fault {
    if (!(error instanceof Fault)) throw error;
    if (!this.#surroundings.stop.aborted) return error;
    const message = "the import was interrupted: run it again, what is there counts once";
    return new Fault("CANCELLED", message, {}, error);
  }

  async #stream(): Promise<void> {
    const { appendMany } = await import("../../src/client/index.js");
    for await (const { receipt, fault } of appendMany(this.#writer, this.#records())) {
      const line = this.#lines[this.#firstLine] ?? 0;
      this.#forgetLine();
      if (receipt === undefined) this.#refuse(line, fault);
      else if (receipt.existed) this.#existed += 1;
      else this.#appended += 1;
      this.#progress.update(this.#appended + this.#existed + this.#refused, this.#share);
    }
    await this.#writer.close();
  }

  async *#records(): AsyncGenerator<EntryInput, void, undefined> {
    const { stop } = this.#surroundings;
    for await (const { line, text, bytesRead } of readLines(
      this.#input.stream,
      lineCharactersMax,
    )) {
      if (stop.aborted) throw new Fault("CANCELLED", "interrupted");
      if (this.#input.bytes) this.#share = bytesRead / this.#input.bytes;
      const record = this.#parse(line, text);
      if (record === undefined) continue;
      this.#lines.push(line);
      yield record;
    }
  }

  #parse(line: number, text: string | undefined): EntryInput | undefined {
    try {
      if (text !== undefined) return inputOf(text, this.#context);
      const limit = `${grouped(lineCharactersMax)} characters`;
      throw new Fault("ENTRY_TOO_LARGE", `the line is longer than ${limit}`, { limit });
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      this.#refuse(line, error);
      return undefined;
    }
  }

  #forgetLine(): void {
    this.#firstLine += 1;
    if (this.#firstLine < 4096) return;
    this.#lines.splice(0, this.#firstLine);
    this.#firstLine = 0;
  }

  #refuse(line: number, fault: Fault): void {
    if (!recordFaults.has(fault.code)) throw fault;
    this.#refused += 1;
    this.#progress.clear();
    const file = this.#input.name;
    const detail = { ...fault.detail, file, line };
    const named = new Fault(fault.code, `${file}:${line}: ${fault.message}`, detail, fault);
    this.#surroundings.output.error(named);
  }

  async #summarise(seconds: number, isComplete: boolean): Promise<void> {
    const counts = {
      appended: this.#appended,
      existed: this.#existed,
      refused: this.#refused,
    };
    const rate = (this.#appended + this.#existed) / seconds;
    const json = {
      ...counts,
      complete: isComplete,
      seconds: Number(seconds.toFixed(3)),
      entries_per_second: Math.round(rate),
    };
    await this.#surroundings.output.result(json, () => {
      const { appended, existed, refused } = counts;
      const taken = `appended ${grouped(appended)}, existed ${grouped(existed)}`;
      const count = `${taken}, refused ${grouped(refused)}`;
      return `${count}; ${grouped(rate)} durable entries/s in ${seconds.toFixed(1)} s`;
    });
  }
}
