/** `assert`: says one thing, signed. */
import { claimFlags, claimOf } from "../claim.js";
import { type Command, EXIT_FINE } from "../command.js";
import { connectionFlags, targetOf, withClient } from "../connection.js";
import { keyFlag, loadKey } from "../key-file.js";
import { receiptJson, receiptText, sayOne } from "../receipt.js";

export const assertCommand: Command = {
  name: "assert",
  group: "claims",
  summary: "Say something, signed with your key, and get a durable receipt",
  description: [
    "The claim is that the PREDICATE of the concept at PATH has this VALUE. It is signed with " +
      "your key (`steme keys generate` makes one), and is synced to the node's disk when the " +
      "receipt comes. Saying exactly the same again, `--asserted` included, gives the same " +
      "id, and counts once.",
  ],
  positionals: [
    { name: "PATH", doc: "Concept path: segments joined by `/`, such as web/feature/grid/chrome." },
    { name: "PREDICATE", doc: "Which property of it, such as supported_since." },
    { name: "VALUE", doc: "What it is said to be: text, number, true or false; see --type." },
  ],
  flags: [...claimFlags, keyFlag, ...connectionFlags],
  examples: [
    {
      doc: "A version, from a source of its own",
      line: "assert web/feature/grid/chrome supported_since 57 --type version --source caniuse",
    },
    {
      doc: "A measurement, not quite sure",
      line: "assert lake/zurich/surface temperature 18.4 --unit Cel --confidence 0.9",
    },
    { doc: "Somebody is wrong", line: "assert paper/42 conclusion true --denies" },
  ],
  json: "assert",
  async run({ output, environment, stop, nowMs }, given) {
    const target = targetOf(given, environment);
    claimOf(given, "", nowMs()); // what was typed wrong is said before a key is asked for
    const { keys } = await loadKey(given.one("key"), environment);
    const body = claimOf(given, keys.publicKeyHex, nowMs());
    const onBehalfOf = given.one("on-behalf-of");
    return await withClient(target, async (client) => {
      const receipt = await sayOne(client, { keys, onBehalfOf }, body, target, { stop });
      await output.result(receiptJson(receipt), () => receiptText(receipt));
      return EXIT_FINE;
    });
  },
};
