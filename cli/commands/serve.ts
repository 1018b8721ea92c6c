/**
 * `serve`: runs a node until SIGTERM or Ctrl-C, then drains and ends with 0. A second signal ends
 * the process at once (main.ts); the log loses nothing by that.
 */
import { type Command, EXIT_FINE } from "../command.js";
import { readConfig, settingFlags } from "../settings.js";

export const serveCommand: Command = {
  name: "serve",
  group: "node",
  summary: "Run a node",
  description: [
    "Opens the data directory, which is formatted where it is empty, and serves the gRPC API " +
      "until SIGTERM or Ctrl-C. It then stops taking appends, settles the open ones and ends " +
      "with 0; a second signal ends it at once. `stemedb-api` is the same command under " +
      "another name.",
    "Every setting can also stand in the file or the environment: see docs/reference/config.md. " +
      "Log lines go to standard error.",
  ],
  flags: settingFlags,
  examples: [
    { doc: "A node in ./data", line: "serve" },
    {
      doc: "Another directory and port, lines for people",
      line: "serve --data-dir /data --grpc-address 127.0.0.1:19184 --log-format pretty",
    },
    { doc: "With a config file", line: "serve --config /etc/stemedb/stemedb.toml" },
  ],
  json: "serve",
  async run({ output, environment, stop }, given) {
    const { options } = await readConfig(given, environment);
    const { startServer } = await import("../../src/server.js");
    const server = await startServer(options);
    try {
      const { dataDir } = options;
      const { grpcAddress, httpAddress } = server;
      const json = { data_dir: dataDir, grpc_address: grpcAddress, http_address: httpAddress };
      await output.result(json, () => {
        return `serving ${dataDir} on ${grpcAddress}, and over HTTP on ${httpAddress}`;
      });
      if (!stop.aborted) {
        await new Promise((resolve) => stop.addEventListener("abort", resolve, { once: true }));
      }
    } finally {
      await server.stop();
    }
    return EXIT_FINE;
  },
};
