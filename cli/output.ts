/**
 * What a command says: results on standard output, everything else on standard error.
 *
 * With `--json`, every result is one line of JSON and nothing else stands on standard output.
 * Without, results are text; colours only on a terminal, and not where NO_COLOR is set. Nobody
 * reading any more (`| head`) is a normal end, not an error.
 */
import type { Writable } from "node:stream";
import { Fault } from "../src/model/fault.js";

/** A stream that may be a terminal. */
export interface Screen extends Writable {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export interface OutputOptions {
  readonly stdout: Screen;
  readonly stderr: Screen;
  readonly isJson: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";

const codes: Readonly<Record<Style, readonly [number, number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
};

/** Bigints are printed as text, bytes must have been made hexadecimal before. */
export const toJson = (value: unknown): string =>
  JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === "bigint" ? inner.toString() : inner,
  );

export class Output {
  readonly isJson: boolean;
  readonly stdout: Screen;
  readonly stderr: Screen;
  readonly #environment: Readonly<Record<string, string | undefined>>;

  constructor(options: OutputOptions) {
    this.isJson = options.isJson;
    this.stdout = options.stdout;
    this.stderr = options.stderr;
    this.#environment = options.environment;
  }

  /** Whether a person looks at the results. */
  get isTerminal(): boolean {
    return this.stdout.isTTY === true && !this.isJson;
  }

  /** Whether a person looks at standard error: there progress can be drawn. */
  get showsProgress(): boolean {
    return this.stderr.isTTY === true && !this.isJson;
  }

  /** Resolves when there is room for more. */
  async write(text: string): Promise<void> {
    if (this.stdout.destroyed || this.stdout.writableEnded) return;
    if (this.stdout.write(text)) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        for (const event of ["drain", "close", "error"]) this.stdout.off(event, done);
        resolve();
      };
      for (const event of ["drain", "close", "error"]) this.stdout.once(event, done);
    });
  }

  /** One result: an object for programs, text for people. */
  result(json: unknown, text: () => string): Promise<void> {
    return this.write(`${this.isJson ? toJson(json) : text()}\n`);
  }

  /** Says something beside the results. Silent with `--json`. */
  note(text: string): void {
    if (!this.isJson) this.stderr.write(`${text}\n`);
  }

  /** Says what went wrong; `usage` is what to type instead. */
  error(fault: Fault, usage?: string): void {
    this.stderr.write(
      `${this.isJson ? toJson(errorJson(fault)) : this.#errorText(fault, usage)}\n`,
    );
  }

  /** Paints text on standard output, if that is a terminal. */
  paint(style: Style, text: string): string {
    return this.#paint(this.stdout, style, text);
  }

  #paint(screen: Screen, style: Style, text: string): string {
    const { NO_COLOR: noColor = "" } = this.#environment;
    if (screen.isTTY !== true || this.isJson || noColor !== "") return text;
    const [on, off] = codes[style];
    return `\u001b[${on}m${text}\u001b[${off}m`;
  }

  #errorText(fault: Fault, usage: string | undefined): string {
    const head = this.#paint(this.stderr, "red", "error");
    const code = this.#paint(this.stderr, "dim", `(${fault.code})`);
    const tail = usage === undefined ? "" : `\n\n${usage}`;
    return `${head}: ${fault.message} ${code}${tail}`;
  }
}

/** The `--json` form of a fault. */
const errorJson = (fault: Fault): unknown => ({
  error: { code: fault.code, message: fault.message, detail: fault.detail },
});

/** Rows under headings; the last column is not padded. Control characters are made visible. */
export function tableText(rows: readonly (readonly string[])[], gap = "  "): string {
  const clean = rows.map((row) => row.map(visible));
  const widths: number[] = [];
  for (const row of clean) {
    row.forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, cell.length);
    });
  }
  const line = (row: readonly string[]): string =>
    row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i] ?? 0))).join(gap);
  return clean.map((row) => line(row).trimEnd()).join("\n");
}

/** What others wrote must not move the cursor of a terminal. */
export const visible = (text: string): string =>
  text.replaceAll(
    /[\p{Cc}\p{Bidi_Control}]/gu,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

/** Whole numbers with separators: 1,234,567. */
export const grouped = (value: number): string => Math.round(value).toLocaleString("en-US");

/** Turns whatever was caught into a fault that a person can act on. */
export function toFault(error: unknown): Fault {
  if (error instanceof Fault) return error;
  const { code, message } = error as { code?: unknown; message?: unknown };
  const text = typeof message === "string" ? message : String(error);
  const isNativeMissing =
    code === "ERR_DLOPEN_FAILED" ||
    /No native build was found|Could not locate the bindings|NODE_MODULE_VERSION/.test(text) ||
    ((code === "MODULE_NOT_FOUND" || code === "ERR_MODULE_NOT_FOUND") &&
      /\.node\b|lmdb/.test(text));
  if (isNativeMissing) {
    return new Fault(
      "MODULE_MISSING",
      `a native module is not built for Node.js ${process.version}: run \`npm rebuild\` in the ` +
        `installation directory (it needs python3, make and a C++ compiler). ${firstLine(text)}`,
      { runtime: process.version },
      error,
    );
  }
  const detail = { ...(typeof code === "string" ? { errno: code } : {}) };
  return new Fault("INTERNAL", firstLine(text), detail, error);
}

const firstLine = (text: string): string => text.split("\n")[0] ?? text;
