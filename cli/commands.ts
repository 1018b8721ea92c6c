/** The commands, in the order of help and reference. */
import type { Command } from "./command.js";
import { configShowCommand } from "./commands/config.js";
import { keysGenerateCommand, keysShowCommand } from "./commands/keys.js";
import { serveCommand } from "./commands/serve.js";

export const commands: readonly Command[] = [
  serveCommand,
  keysGenerateCommand,
  keysShowCommand,
  configShowCommand,
];
