/** `grants list`, `grants add`, `grants revoke`: which keys may do more than claim. */
import { type Grant, roles, sourceClasses } from "../../src/model/entry.js";
import { toHex } from "../../src/model/hex.js";
import { hybridTimeAt } from "../../src/model/hybrid-time.js";
import type { Arguments } from "../arguments.js";
import { parseMoment } from "../claim-value.js";
import {
  type Command,
  EXIT_FINE,
  type FlagFacts,
  type PositionalFacts,
  type Surroundings,
} from "../command.js";
import { connectionFlags, targetOf, withClient } from "../connection.js";
import { judgeRights, rightJson, rightText, saidRights } from "../grants.js";
import { keyFlag, loadKey } from "../key-file.js";
import { parseHex32 } from "../lens-flags.js";
import { receiptJson, receiptText, sayOne } from "../receipt.js";
import { Usage } from "../usage.js";

const keyPositional: PositionalFacts = {
  name: "PUBLIC_KEY",
  doc: "The key: 64 hexadecimal digits, as `steme keys show` prints them.",
};
const administratorFlag: FlagFacts = {
  ...keyFlag,
  doc:
    "File of an administrator's key, which signs. The founding node made the first one: " +
    "keys/administrator.key in its data directory.",
};
/** A key that is made now is no administrator's. */
const administratorHint =
  "name an administrator's with --key; the first one is keys/administrator.key in the data " +
  "directory of the founding node";
const exampleKey = "90d415f8f987c32402088c61bad612dd9cff259bed653345eb3ba9cc4cca1090";

/** What an administrator says, with the id of the cluster that it is meant for. */
async function say(
  surroundings: Surroundings,
  given: Arguments,
  bodyOf: (cluster: { clusterId: Uint8Array; hybridTime: bigint }) => Parameters<typeof sayOne>[2],
): Promise<number> {
  const { environment, output, stop } = surroundings;
  const target = targetOf(given, environment);
  const { keys } = await loadKey(given.one("key"), environment, administratorHint);
  return await withClient(target, async (client) => {
    const body = bodyOf(await client.status({ signal: stop }));
    const receipt = await sayOne(client, { keys }, body, target, surroundings);
    const json = { ...receiptJson(receipt), key: given.positional("PUBLIC_KEY").toLowerCase() };
    await output.result(json, () => receiptText(receipt));
    return EXIT_FINE;
  });
}

export const grantsListCommand: Command = {
  name: "grants list",
  short: "grants",
  group: "keys and settings",
  summary: "List who may do more than claim: grants and revocations, and whether they count",
  description: [
    "In the order of the log, from its start. docs/lenses.md says what each right is for.",
  ],
  flags: connectionFlags,
  examples: [{ doc: "All grants and revocations", line: "grants list" }],
  json: "grants list",
  async run(surroundings, given) {
    const { environment, output, stop } = surroundings;
    const target = targetOf(given, environment);
    return await withClient(target, async (client) => {
      const root = await client.status({ signal: stop });
      if (output.isTerminal) {
        output.note(`first administrator  ${toHex(root.firstAdministrator)}`);
      }
      for (const one of judgeRights(root, await saidRights(client, stop))) {
        await output.result(rightJson(one), () => rightText(one));
      }
      return EXIT_FINE;
    });
  },
};

/** Exactly one right. Throws `Usage`. */
function rightOf(given: Arguments): Pick<Grant, "role" | "classCeiling"> {
  const role = given.choice("role", roles);
  const classCeiling = given.choice("class-ceiling", sourceClasses);
  if (role !== undefined && classCeiling === undefined) return { role };
  if (role === undefined && classCeiling !== undefined) return { classCeiling };
  throw new Usage("give one of --role and --class-ceiling: a grant gives one right", {
    flag: "--role",
    limit: "one of --role and --class-ceiling",
    value: role === undefined ? "neither" : "both",
  });
}

export const grantsAddCommand: Command = {
  name: "grants add",
  group: "keys and settings",
  summary: "Let a key do more than claim: curate, speak for others, claim as a better class",
  description: [
    "Only an administrator's grant counts. It counts for what the key has said before, too.",
  ],
  positionals: [keyPositional],
  flags: [
    { name: "role", value: "ROLE", doc: `What it may be: ${roles.join(", ")}.` },
    {
      name: "class-ceiling",
      value: "CLASS",
      doc: `The best class that its claims may have: ${sourceClasses.join(", ")}.`,
    },
    { name: "prefix", value: "PATH", preset: "everything", doc: "Only at this path and below." },
    { name: "note", value: "TEXT", doc: "What for, for people." },
    administratorFlag,
    ...connectionFlags,
  ],
  examples: [
    {
      doc: "Make a key a curator of what lies below a path",
      line: `grants add ${exampleKey} --role curator --prefix web --key administrator.key`,
    },
    {
      doc: "Let its claims count as clinical",
      line: `grants add ${exampleKey} --class-ceiling clinical --key administrator.key`,
    },
  ],
  json: "grants add",
  async run(surroundings, given) {
    const key = parseHex32(given.positional("PUBLIC_KEY"), "PUBLIC_KEY", "a key");
    const right = rightOf(given);
    const prefix = given.one("prefix")?.normalize("NFC");
    const note = given.one("note")?.normalize("NFC");
    return await say(surroundings, given, ({ clusterId }) => ({
      kind: "grant",
      clusterId,
      key,
      ...right,
      ...(prefix === undefined ? {} : { prefix }),
      ...(note === undefined ? {} : { note }),
    }));
  },
};

export const grantsRevokeCommand: Command = {
  name: "grants revoke",
  group: "keys and settings",
  summary: "Make a key ineffective, from now on or from a moment in the past",
  description: [
    "What the key says from then on counts no more, and all its rights end. Nothing undoes it: " +
      "give its owner a new key. What an administrator's key had granted stands.",
  ],
  positionals: [keyPositional],
  flags: [
    {
      name: "since",
      value: "TIME",
      preset: "now",
      doc: "From which recorded time on, such as 2026-01-01T12:00:00Z.",
    },
    { name: "reason", value: "TEXT", doc: "Why, for people." },
    administratorFlag,
    ...connectionFlags,
  ],
  examples: [
    {
      doc: "A key was stolen last night",
      line: `grants revoke ${exampleKey} --since 2026-01-01T22:00:00Z --key administrator.key`,
    },
  ],
  json: "grants add",
  async run(surroundings, given) {
    const key = parseHex32(given.positional("PUBLIC_KEY"), "PUBLIC_KEY", "a key");
    const from = given.one("since");
    const sinceMs = from === undefined ? undefined : parseMoment("since", from);
    if (sinceMs !== undefined && sinceMs < 0) {
      throw new Usage("--since lies before 1970, when nothing was recorded", { flag: "--since" });
    }
    const reason = given.one("reason")?.normalize("NFC");
    return await say(surroundings, given, ({ clusterId, hybridTime }) => ({
      kind: "revocation",
      clusterId,
      key,
      // Behind all that the node has recorded.
      since: sinceMs === undefined ? hybridTime + 1n : hybridTimeAt(sinceMs),
      ...(reason === undefined ? {} : { reason }),
    }));
  },
};
