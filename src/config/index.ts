/** Every setting declared once; file, environment and flags; where each value came from. */
export type { Key } from "./key.js";
export { environmentName, fileName, flagName } from "./key.js";
export { commandEnvironment, type KeyName, keyNames, keyOf } from "./keys.js";
export { nearest } from "./nearest.js";
export type { ServerOptions, Values } from "./options.js";
export { presetOptions } from "./options.js";
export type { Config, ConfigInput, Layer, Origin } from "./resolve.js";
export { checkEnvironment, resolveConfig } from "./resolve.js";
export {
  formatBytes,
  formatDurationMs,
  formatValue,
  parseAddress,
  parseBytes,
  parseDurationMs,
  ruleOf,
} from "./value.js";
