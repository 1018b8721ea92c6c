/**
 * What logs say, and what they are made of: one that is written now, on a simulated disk and clock,
 * and those that are kept in test/formats.
 */
import { chmodSync, cpSync, existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { KeyPair } from "../../src/client/key-pair.js";
import { sha256 } from "../../src/crypto/sha256.js";
import { openTreeHash } from "../../src/crypto/tree-hash.js";
import { systemClock } from "../../src/host/clock.js";
import { nodeDisk } from "../../src/host/node-disk.js";
import { systemRandom } from "../../src/host/random.js";
import { fromHex, toHex } from "../../src/model/hex.js";
import { silentProbe } from "../../src/observability/probe.js";
import { Log, logOptionsPreset } from "../../src/wal/log.js";
import { temporaryDirectory } from "../support/temporary.js";
import { entriesOf, LogSubject } from "../wal/log-subject.js";

const digest = (...parts: readonly Uint8Array[]): string => toHex(sha256(...parts));

async function contentOf(name: string, log: Log): Promise<readonly string[]> {
  const entries = await entriesOf(log);
  return [
    `${name} of ${log.size} entries root ${toHex(log.root())}`,
    `${name} content ${digest(...entries)}`,
  ];
}

async function writtenLog(): Promise<readonly string[]> {
  const subject = new LogSubject({ seed: 20 });
  const log = await subject.formatAndOpen();
  await subject.appendEach(log, 1, 40, 256, 3, 700, 2);
  const lines = await contentOf("log written", log);
  await log.close();
  const names = await subject.segments();
  const segments = await Promise.all(
    names.map(async (name) => `segment ${name} ${digest(await subject.bytesOf(name))}`),
  );
  return [...lines, ...segments];
}

/** Data directories below test/formats: whatever holds `wal/<log id>` and the log's key. */
async function keptLogs(formats: string): Promise<readonly string[]> {
  const lines: string[] = [];
  if (!existsSync(formats)) return lines;
  const folders = readdirSync(formats, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name === "wal")
    .map((entry) => entry.parentPath)
    .sort();
  for (const folder of folders) {
    const keyPath = join(folder, "keys/log.key");
    if (!existsSync(keyPath)) continue;
    const copy = temporaryDirectory("formats");
    cpSync(folder, copy, { recursive: true });
    chmodSync(join(copy, "keys/log.key"), 0o600);
    const key = await KeyPair.load(join(copy, "keys/log.key"));
    for (const name of readdirSync(join(copy, "wal")).sort()) {
      const logId = fromHex(name, 32);
      if (logId === undefined) continue;
      const log = await Log.open({
        ...logOptionsPreset,
        walDirectory: join(copy, "wal"),
        logId,
        key,
        hash: openTreeHash(),
        disk: nodeDisk,
        clock: systemClock,
        random: systemRandom,
        probe: silentProbe,
        reserveBytes: 0,
      });
      lines.push(...(await contentOf(`kept ${folder.slice(formats.length + 1)}`, log)));
      await log.close();
    }
  }
  return lines;
}

export const logDigests = async (formats: string): Promise<readonly string[]> => [
  ...(await writtenLog()),
  ...(await keptLogs(formats)),
];
