/** The commands, in the order of help and reference. */
import type { Command } from "./command.js";
import { assertCommand } from "./commands/assert.js";
import { benchAppendCommand, benchSubscribeCommand } from "./commands/bench.js";
import { configShowCommand } from "./commands/config.js";
import { getCommand } from "./commands/get.js";
import { importCommand } from "./commands/import.js";
import { keysGenerateCommand, keysShowCommand } from "./commands/keys.js";
import { readCommand } from "./commands/read.js";
import { serveCommand } from "./commands/serve.js";
import { statusCommand } from "./commands/status.js";
import { tailCommand } from "./commands/tail.js";

export const commands: readonly Command[] = [
  assertCommand,
  importCommand,
  tailCommand,
  readCommand,
  getCommand,
  serveCommand,
  statusCommand,
  benchAppendCommand,
  benchSubscribeCommand,
  keysGenerateCommand,
  keysShowCommand,
  configShowCommand,
];
