/** The probe that writes lines: pino lives in this file alone. */
import { pino } from "pino";
import type { Fields, Probe } from "./probe.js";

export interface PinoProbeOptions {
  readonly level: "debug" | "info" | "warn" | "error" | "silent";
  readonly format: "json" | "pretty";
  /** Fields of every line. */
  readonly base: Fields;
}

interface Line {
  readonly time: number;
  readonly level: number;
  readonly msg: string;
  readonly [field: string]: unknown;
}

const levelNames: Readonly<Record<number, string>> = {
  20: "debug",
  30: "info ",
  40: "WARN ",
  50: "ERROR",
};

/** A value that is not one plain word is quoted: what came from outside cannot make up lines. */
const isPlain = /^[^\s"\p{Cc}]+$/u;

const shown = (value: unknown): string => {
  const text = String(value);
  return isPlain.test(text) ? text : JSON.stringify(text);
};

/** A line for people: time, level, message, then the fields as `name=value`. */
export function prettyLine(json: string): string {
  const { time, level, msg, ...fields } = JSON.parse(json) as Line;
  const clock = new Date(time).toISOString().slice(11, 23);
  const rest = Object.entries(fields).map(([name, value]) => `${name}=${shown(value)}`);
  return `${[clock, levelNames[level] ?? String(level), msg, ...rest].join("  ")}\n`;
}

/** Lines go to standard error, whole and at once: the last ones of a process that dies count. */
export function openPinoProbe(options: PinoProbeOptions): Probe {
  const errorOutput = pino.destination({ fd: 2, sync: true });
  const output =
    options.format === "json"
      ? errorOutput
      : { write: (json: string) => errorOutput.write(prettyLine(json)) };
  const logger = pino({ level: options.level, base: { ...options.base } }, output);
  return {
    debug: (message, fields = {}) => logger.debug(fields, message),
    info: (message, fields = {}) => logger.info(fields, message),
    warn: (message, fields = {}) => logger.warn(fields, message),
    error: (message, fields = {}) => logger.error(fields, message),
  };
}
