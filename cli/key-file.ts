/** Which key file a command means, and what to do where there is none. */
import { access } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import type { KeyPair } from "../src/client/index.js";
import { Fault } from "../src/model/fault.js";
import type { FlagFacts } from "./command.js";

type Environment = Readonly<Record<string, string | undefined>>;

export const keyFlag: FlagFacts = {
  name: "key",
  value: "FILE",
  preset: "STEMEDB_KEY, else ~/.config/stemedb/key",
  doc: "File of the key that signs.",
};

/** The key file that is meant: `--key`, else STEMEDB_KEY, else the one in the home directory. */
export function keyFilePath(flag: string | undefined, environment: Environment): string {
  const { STEMEDB_KEY: named, XDG_CONFIG_HOME: config, HOME: home } = environment;
  if (flag !== undefined) return flag;
  if (named !== undefined && named !== "") return named;
  return join(config || join(home || homedir(), ".config"), "stemedb", "key");
}

/** What to do where there is no key file: a key that claims is anybody's to make. */
const generateHint = (flag: string | undefined): string =>
  `run \`steme keys generate${flag === undefined ? "" : ` --key ${flag}`}\` to make one`;

/** Throws KEY_INVALID, which says what to do: `hint` where another key would not help. */
export async function loadKey(
  flag: string | undefined,
  environment: Environment,
  hint: string = generateHint(flag),
): Promise<{ readonly path: string; readonly keys: KeyPair }> {
  const path = keyFilePath(flag, environment);
  const isThere = await access(path).then(
    () => true,
    () => false,
  );
  if (!isThere) {
    const message = `there is no key file ${path}: ${hint}`;
    throw new Fault("KEY_INVALID", message, { path });
  }
  const { KeyPair } = await import("../src/client/index.js");
  return { path, keys: await KeyPair.load(path) };
}
