/** The commands, in the order of help and reference. */
import type { Command } from "./command.js";
import { assertCommand } from "./commands/assert.js";
import { benchAppendCommand, benchSubscribeCommand } from "./commands/bench.js";
import { conceptsCommand, conflictsCommand } from "./commands/concepts.js";
import { configShowCommand } from "./commands/config.js";
import { diffCommand, explainCommand } from "./commands/explain.js";
import { getCommand } from "./commands/get.js";
import { grantsAddCommand, grantsListCommand, grantsRevokeCommand } from "./commands/grants.js";
import { importCommand } from "./commands/import.js";
import { keysGenerateCommand, keysShowCommand } from "./commands/keys.js";
import { queryCommand } from "./commands/query.js";
import { readCommand } from "./commands/read.js";
import { retractCommand } from "./commands/retract.js";
import { sayCommand } from "./commands/say.js";
import { serveCommand } from "./commands/serve.js";
import {
  sourcesListCommand,
  sourcesRetractCommand,
  sourcesShowCommand,
} from "./commands/sources.js";
import { statusCommand } from "./commands/status.js";
import { tailCommand } from "./commands/tail.js";
import { viewsRebuildCommand, viewsStatusCommand, viewsVerifyCommand } from "./commands/views.js";
import { endorseCommand, voteCommand } from "./commands/vote.js";

export const commands: readonly Command[] = [
  queryCommand,
  explainCommand,
  diffCommand,
  conceptsCommand,
  conflictsCommand,
  sourcesListCommand,
  sourcesShowCommand,
  assertCommand,
  retractCommand,
  voteCommand,
  endorseCommand,
  sourcesRetractCommand,
  sayCommand,
  importCommand,
  tailCommand,
  readCommand,
  getCommand,
  serveCommand,
  statusCommand,
  viewsStatusCommand,
  viewsRebuildCommand,
  viewsVerifyCommand,
  benchAppendCommand,
  benchSubscribeCommand,
  keysGenerateCommand,
  keysShowCommand,
  grantsListCommand,
  grantsAddCommand,
  grantsRevokeCommand,
  configShowCommand,
];
