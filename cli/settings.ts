/** The settings of a node as flags of `serve` and `config show`. */
import { readFile } from "node:fs/promises";
import {
  type Config,
  flagName,
  formatValue,
  type Key,
  keyNames,
  keyOf,
  resolveConfig,
} from "../src/config/index.js";
import { Fault } from "../src/model/fault.js";
import type { Arguments } from "./arguments.js";
import type { FlagFacts } from "./command.js";

const metavars: Readonly<Record<Key["unit"], string>> = {
  bytes: "SIZE",
  ms: "DURATION",
  count: "COUNT",
  choice: "WORD",
  path: "PATH",
  address: "HOST:PORT",
};

function toFlag(name: (typeof keyNames)[number]): FlagFacts {
  const key = keyOf(name);
  const words = key.unit === "choice" ? ` One of ${key.choices.join(", ")}.` : "";
  return {
    name: flagName(name),
    value: metavars[key.unit],
    preset: formatValue(key, key.preset),
    doc: key.doc + words,
  };
}

/** `--config`, and one flag per setting. */
export const settingFlags: readonly FlagFacts[] = [
  {
    name: "config",
    value: "FILE",
    preset: "STEMEDB_CONFIG, else no file",
    doc: "TOML file of settings; see docs/reference/config.md.",
  },
  ...keyNames.map(toFlag),
];

async function readConfigFile(path: string): Promise<{ path: string; text: string }> {
  try {
    return { path, text: await readFile(path, "utf8") };
  } catch (error) {
    const errno = String((error as { code?: unknown }).code ?? error);
    const message = `the config file ${path} cannot be read: ${errno}`;
    throw new Fault("CONFIG_INVALID", message, { path, errno }, error);
  }
}

/** Throws CONFIG_INVALID. */
export async function readConfig(
  given: Arguments,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Config> {
  const { STEMEDB_CONFIG: named } = environment;
  const path = given.one("config") ?? (named === "" ? undefined : named);
  const flags: Record<string, string> = {};
  for (const name of keyNames) {
    const value = given.one(flagName(name));
    if (value !== undefined) flags[flagName(name)] = value;
  }
  return resolveConfig({
    flags,
    environment,
    ...(path === undefined ? {} : { file: await readConfigFile(path) }),
  });
}
