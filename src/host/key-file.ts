/**
 * A secret key on disk: three short lines, so that an operator sees what it is and nothing else
 * can be taken for it.
 *
 *     stemedb-key-v1
 *     <kind>                what it is for: author, log, gateway, ...
 *     <64 hex digits>       the Ed25519 seed
 *
 * Invariants:
 *
 * - A key is never overwritten, and it is durable (file and directory) before anything is signed
 *   with it: a lost author key cannot be had again.
 * - The file is made with mode 0600. Reading refuses what any user may read, or the group may
 *   write; the group may read, for that is how Kubernetes mounts a secret. Where the system knows
 *   no such modes (Windows), nothing is checked.
 */
import { type FileHandle, open } from "node:fs/promises";
import { dirname } from "node:path";
import { assert } from "../invariant/assert.js";
import { Fault } from "../model/fault.js";
import { fromHex, toHex } from "../model/hex.js";

export interface KeyFile {
  /** 1 to 32 lower-case letters, digits and `-`. */
  readonly kind: string;
  /** 32 bytes. */
  readonly seed: Uint8Array;
}

const KEY_FILE_HEADER = "stemedb-key-v1";
const seedBytes = 32;
const fileBytesMax = 256;
const modeForbidden = 0o027;
const kindPattern = /^[a-z0-9-]{1,32}$/;

function formatKeyFile(key: KeyFile): string {
  assert(kindPattern.test(key.kind), "a key's kind is a short word");
  assert(key.seed.length === seedBytes, "a seed has 32 bytes");
  return `${KEY_FILE_HEADER}\n${key.kind}\n${toHex(key.seed)}\n`;
}

/** Throws KEY_INVALID; `path` is for the message. */
function parseKeyFile(text: string, path: string): KeyFile {
  const [header, kind, hex, ...rest] = text.replace(/\r?\n$/, "").split(/\r?\n/);
  if (header !== KEY_FILE_HEADER) throw invalid(path, `the first line is not ${KEY_FILE_HEADER}`);
  if (kind === undefined || !kindPattern.test(kind)) throw invalid(path, "the kind is missing");
  const seed = hex === undefined ? undefined : fromHex(hex, seedBytes);
  if (seed === undefined || rest.length > 0) throw invalid(path, "the seed is not 64 hex digits");
  return { kind, seed };
}

/** Reads and checks a key file. Throws KEY_INVALID, which says what is wrong and what to do. */
export async function readKeyFile(path: string): Promise<KeyFile> {
  const file = await open(path, "r").catch((error: unknown) => {
    throw invalid(path, `it cannot be opened (${errnoOf(error)})`, error);
  });
  try {
    const { mode, size } = await file.stat();
    if (size > fileBytesMax) throw invalid(path, "it is too large for a key file");
    if (process.platform !== "win32" && (mode & modeForbidden) !== 0) {
      const shown = (mode & 0o777).toString(8).padStart(4, "0");
      throw invalid(path, `other users may use it (mode ${shown}): run chmod 600 on it`);
    }
    return parseKeyFile(await file.readFile("utf8"), path);
  } catch (error) {
    if (error instanceof Fault) throw error;
    throw invalid(path, `it cannot be read (${errnoOf(error)})`, error);
  } finally {
    await file.close();
  }
}

/** Writes a new key file, durably. Throws KEY_INVALID where something stands there already. */
export async function writeKeyFile(path: string, key: KeyFile): Promise<void> {
  const text = formatKeyFile(key);
  try {
    await synced(await open(path, "wx", 0o600), (file) => file.writeFile(text));
    if (process.platform !== "win32") await synced(await open(dirname(path), "r"));
  } catch (error) {
    throw invalid(path, `it cannot be written (${errnoOf(error)})`, error);
  }
}

async function synced(file: FileHandle, write?: (file: FileHandle) => Promise<void>) {
  try {
    await write?.(file);
    await file.sync();
  } finally {
    await file.close();
  }
}

const errnoOf = (error: unknown): string =>
  error instanceof Error && "code" in error ? String(error.code) : String(error);

const invalid = (path: string, why: string, cause?: unknown): Fault =>
  new Fault("KEY_INVALID", `key file ${path}: ${why}`, { path }, cause);
