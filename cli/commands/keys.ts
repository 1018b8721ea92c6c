/** `keys generate`, `keys show`: the key that a person signs with. */
import { access, mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { Fault } from "../../src/model/fault.js";
import { type Command, EXIT_FINE } from "../command.js";
import { keyFilePath, keyFlag, loadKey } from "../key-file.js";

const describe = (file: string, publicKey: string): string =>
  `public key  ${publicKey}\nfile        ${file}`;

export const keysGenerateCommand: Command = {
  name: "keys generate",
  group: "keys and settings",
  summary: "Make a signing key",
  description: [
    "Makes an Ed25519 key and a file for it that only you can read. A file that exists is never " +
      "overwritten. Keep a copy in a safe place: what was signed with a lost key can be read by " +
      "everybody, and taken back by nobody.",
  ],
  flags: [{ ...keyFlag, doc: "File to make." }],
  examples: [
    { doc: "Make your key", line: "keys generate" },
    { doc: "A key for an importer", line: "keys generate --key ./importer.key" },
  ],
  json: "keys",
  async run({ output, environment }, given) {
    const file = keyFilePath(given.one("key"), environment);
    const isThere = await access(file).then(
      () => true,
      () => false,
    );
    if (isThere) {
      const message = `${file} exists, and a key is never overwritten: choose another --key`;
      throw new Fault("KEY_INVALID", message, { path: file });
    }
    const { KeyPair } = await import("../../src/client/index.js");
    const keys = KeyPair.generate();
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await keys.save(file);
    const json = { public_key: keys.publicKeyHex, file };
    await output.result(json, () => describe(file, keys.publicKeyHex));
    return EXIT_FINE;
  },
};

export const keysShowCommand: Command = {
  name: "keys show",
  group: "keys and settings",
  summary: "Print your public key, the name that others know you by",
  flags: [keyFlag],
  examples: [{ doc: "Your key as JSON", line: "keys show --json" }],
  json: "keys",
  async run({ output, environment }, given) {
    const { path, keys } = await loadKey(given.one("key"), environment);
    const json = { public_key: keys.publicKeyHex, file: path };
    await output.result(json, () => describe(path, keys.publicKeyHex));
    return EXIT_FINE;
  },
};
