/** `config show`: each setting's value and where it came from. */
import { environmentName, formatValue, keyNames, keyOf } from "../../src/config/index.js";
import { type Command, EXIT_FINE } from "../command.js";
import { tableText } from "../output.js";
import { readConfig, settingFlags } from "../settings.js";

export const configShowCommand: Command = {
  name: "config show",
  group: "keys and settings",
  summary: "Print each setting and where its value came from",
  description: [
    "Takes the same flags, environment and file as `steme serve`, and prints what it would run " +
      "with. Flags win over the environment, that over the file, that over the preset.",
  ],
  flags: settingFlags,
  examples: [
    { doc: "What a node started here would use", line: "config show" },
    {
      doc: "With a file and a flag on top",
      line: "config show --config /etc/stemedb/stemedb.toml --log-level debug",
    },
  ],
  json: "config show",
  async run({ output, environment }, given) {
    const { values, sources } = await readConfig(given, environment);
    const settings = keyNames.map((key) => ({
      key,
      value: values[key],
      text: formatValue(keyOf(key), values[key]),
      layer: sources[key].layer,
      from: sources[key].name,
      environment: environmentName(key),
    }));
    await output.result({ settings }, () => {
      const rows = settings.map(({ key, text, layer, from }) => [
        key,
        text,
        layer === "preset" ? layer : `${layer}  ${from}`,
      ]);
      return tableText([["setting", "value", "from"], ...rows]);
    });
    return EXIT_FINE;
  },
};
