/**
 * Puts a node's settings together: flags > environment > file > preset.
 *
 * What is unknown or ill-typed anywhere is refused by name, also where a higher layer would have
 * covered it: a misspelt setting that is silently ignored is found out on the worst day. All that
 * is wrong is said at once.
 */
import { parse, TomlError } from "smol-toml";
import { Fault } from "../model/fault.js";
import { environmentName, fileName, flagName } from "./key.js";
import { commandEnvironment, type KeyName, keyNames, keyOf } from "./keys.js";
import { nearest } from "./nearest.js";
import { presetValues, type ServerOptions, toServerOptions, type Values } from "./options.js";
import { parseValue } from "./value.js";

export type Layer = "flag" | "environment" | "file" | "preset";

/** Where a value came from. */
export interface Origin {
  readonly layer: Layer;
  /** Its name there: `--data-dir`, `STEMEDB_DATA_DIR`, `/etc/s.toml: data_dir`. */
  readonly name: string;
}

export interface ConfigInput {
  /** Flags of settings by name, without `--`. */
  readonly flags?: Readonly<Record<string, string>>;
  /** The environment; names that do not start with `STEMEDB_` are not looked at. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** The config file, read. */
  readonly file?: { readonly path: string; readonly text: string };
}

export interface Config {
  readonly options: ServerOptions;
  readonly values: Values;
  readonly sources: { readonly [Name in KeyName]: Origin };
}

interface Problem {
  readonly message: string;
  readonly detail: Readonly<Record<string, string>>;
}

const shown = (raw: unknown): string => {
  const text = typeof raw === "string" ? raw : JSON.stringify(raw);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
};

function unknownProblem(name: string, where: string, known: Iterable<string>): Problem {
  const suggestion = nearest(name, known);
  const hint = suggestion === undefined ? "" : `; did you mean ${suggestion}?`;
  return {
    message: `${name}${where} is not a setting${hint}`,
    detail: { key: name, ...(suggestion === undefined ? {} : { suggestion }) },
  };
}

class Collector {
  readonly values: Record<string, string | number> = { ...presetValues() };
  readonly sources: Record<string, Origin> = Object.fromEntries(
    keyNames.map((name) => [name, { layer: "preset", name: "preset" }]),
  );
  readonly problems: Problem[] = [];

  set(name: KeyName, raw: unknown, origin: Origin): void {
    const key = keyOf(name);
    const parsed = parseValue(key, raw);
    if (parsed.ok) {
      this.values[name] = parsed.value;
      this.sources[name] = origin;
      return;
    }
    this.problems.push({
      message: `${origin.name} is ${shown(raw)}, and must be ${parsed.rule}`,
      detail: { key: name, origin: origin.name, limit: parsed.rule, value: shown(raw) },
    });
  }

  unknown(name: string, where: string, known: Iterable<string>): void {
    this.problems.push(unknownProblem(name, where, known));
  }
}

function isTable(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date)
  );
}

function parseToml(path: string, text: string): Record<string, unknown> {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const reason = error.message.split("\n")[0] ?? "not TOML";
    throw new Fault(
      "CONFIG_INVALID",
      `${path}:${error.line}:${error.column}: ${reason}`,
      { path, line: error.line, column: error.column },
      error,
    );
  }
}

function applyFile(into: Collector, path: string, text: string): void {
  const known = new Set<string>(keyNames);
  const visit = (table: Record<string, unknown>, prefix: string): void => {
    for (const [part, raw] of Object.entries(table)) {
      const name = prefix + part;
      if (known.has(name)) {
        const origin = { layer: "file", name: `${path}: ${fileName(name)}` } as const;
        into.set(name as KeyName, raw, origin);
      } else if (isTable(raw) && Object.keys(raw).length > 0) {
        visit(raw, `${name}.`);
      } else {
        into.unknown(name, ` in ${path}`, keyNames);
      }
    }
  };
  visit(parseToml(path, text), "");
}

function applyEnvironment(into: Collector, environment: Record<string, string | undefined>): void {
  const known = new Map(keyNames.map((name) => [environmentName(name), name]));
  for (const [name, raw] of Object.entries(environment)) {
    if (!name.startsWith("STEMEDB_") || raw === undefined || name in commandEnvironment) continue;
    const key = known.get(name);
    if (key === undefined) {
      const names = [...known.keys(), ...Object.keys(commandEnvironment)];
      into.unknown(name, " in the environment", names);
    } else {
      into.set(key, raw, { layer: "environment", name });
    }
  }
}

function applyFlags(into: Collector, flags: Record<string, string>): void {
  const known = new Map(keyNames.map((name) => [flagName(name), name]));
  for (const [name, raw] of Object.entries(flags)) {
    const key = known.get(name);
    if (key === undefined) {
      into.unknown(
        `--${name}`,
        "",
        [...known.keys()].map((flag) => `--${flag}`),
      );
    } else {
      into.set(key, raw, { layer: "flag", name: `--${name}` });
    }
  }
}

/** Throws CONFIG_INVALID, which names everything that is unknown or ill-typed. */
export function resolveConfig(input: ConfigInput): Config {
  const collector = new Collector();
  if (input.file !== undefined) applyFile(collector, input.file.path, input.file.text);
  applyEnvironment(collector, { ...input.environment });
  applyFlags(collector, { ...input.flags });

  const first = collector.problems[0];
  if (first !== undefined) {
    const message = collector.problems.map((problem) => problem.message).join("\n");
    throw new Fault("CONFIG_INVALID", message, {
      ...first.detail,
      problems: collector.problems.length,
    });
  }
  const values = collector.values as Values;
  const sources = collector.sources as Config["sources"];
  return { options: toServerOptions(values), values, sources };
}

/** Refuses names of the environment that nothing reads; values are not looked at. */
export function checkEnvironment(environment: Readonly<Record<string, string | undefined>>): void {
  const known = new Set([...keyNames.map(environmentName), ...Object.keys(commandEnvironment)]);
  for (const name of Object.keys(environment)) {
    if (!name.startsWith("STEMEDB_") || known.has(name)) continue;
    const problem = unknownProblem(name, " in the environment", known);
    throw new Fault("CONFIG_INVALID", problem.message, problem.detail);
  }
}
