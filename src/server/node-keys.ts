/**
 * The keys of a node, in `keys/`: made when the data directory is formatted, needed ever after.
 *
 *     log.key             signs blocks; its log names it, and it signs no other log
 *     gateway.key         signs what clients without a key of their own say
 *     importer.key        signs what this machine's own imports say
 *     administrator.key   the founding log names it as its first administrator
 *
 * The administrator's key is only used by people: keep it elsewhere once others are granted.
 */
import { join } from "node:path";
import { KeyPair } from "../client/key-pair.js";
import type { Disk } from "../host/disk.js";

export interface NodeKeys {
  readonly log: KeyPair;
  readonly gateway: KeyPair;
}

export interface FoundingKeys extends NodeKeys {
  readonly importer: KeyPair;
  readonly administrator: KeyPair;
}

const keyPath = (directory: string, name: string): string => join(directory, `${name}.key`);

/** The keys that a node needs to run. Throws KEY_INVALID where one is missing. */
export async function loadNodeKeys(directory: string): Promise<NodeKeys> {
  const [log, gateway] = await Promise.all([
    KeyPair.load(keyPath(directory, "log")),
    KeyPair.load(keyPath(directory, "gateway")),
  ]);
  return { log, gateway };
}

/** A log's key from before is kept beside under the first of these names that is free. */
async function setAside(disk: Disk, path: string): Promise<void> {
  for (let number = 1; ; number++) {
    const former = `${path}.former-${number}`;
    if ((await disk.facts(former)) !== undefined) continue;
    await disk.rename(path, former);
    return;
  }
}

/**
 * The keys of a node that is being formatted: those that are there are taken up, save the log's. It
 * may have signed another log, and a key that signs two is one that nobody can believe.
 */
export async function makeFoundingKeys(disk: Disk, directory: string): Promise<FoundingKeys> {
  await disk.makeDirectory(directory);
  const take = async (name: string): Promise<KeyPair> => {
    const path = keyPath(directory, name);
    if ((await disk.facts(path)) !== undefined) return KeyPair.load(path);
    const pair = KeyPair.generate();
    await pair.save(path, name);
    return pair;
  };
  const makeLogKey = async (): Promise<KeyPair> => {
    const path = keyPath(directory, "log");
    if ((await disk.facts(path)) !== undefined) await setAside(disk, path);
    return take("log");
  };
  const keys = {
    log: await makeLogKey(),
    gateway: await take("gateway"),
    importer: await take("importer"),
    administrator: await take("administrator"),
  };
  await disk.syncDirectory(directory);
  return keys;
}
