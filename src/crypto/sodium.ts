/**
 * Loads libsodium, once, when it is first needed: a program that never signs starts without it,
 * and one that cannot load it says what to do instead of printing a loader's stack.
 */
import { createRequire } from "node:module";
import { Fault } from "../model/fault.js";

/** The calls of sodium-native that are used here; it refuses other lengths by throwing. */
export interface Sodium {
  crypto_sign_seed_keypair(publicKey: Uint8Array, secretKey: Uint8Array, seed: Uint8Array): void;
  crypto_sign_detached(signature: Uint8Array, message: Uint8Array, secretKey: Uint8Array): void;
  crypto_sign_verify_detached(
    signature: Uint8Array,
    message: Uint8Array,
    publicKey: Uint8Array,
  ): boolean;
  /** For the benchmark tools/bench/hash.ts: what the lanes are compared with. */
  crypto_hash_sha256(hash: Uint8Array, message: Uint8Array): void;
}

let loaded: Sodium | undefined;

/** @throws Fault MODULE_MISSING if the native module cannot be loaded. */
export function sodium(): Sodium {
  loaded ??= loadSodium(() => createRequire(import.meta.url)("sodium-native") as Sodium);
  return loaded;
}

/** The loader with its import as an argument, so that a test can make it fail. */
export function loadSodium(load: () => Sodium): Sodium {
  try {
    return load();
  } catch (error) {
    throw new Fault(
      "MODULE_MISSING",
      "libsodium could not be loaded: run `npm ci` (or `npm rebuild sodium-native`) with the " +
        "Node.js that runs this program, on this machine",
      {
        module: "sodium-native",
        node: process.version,
        platform: `${process.platform}-${process.arch}`,
        reason: error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error),
      },
      error,
    );
  }
}
