/** Every generated page. */
import { cliPage } from "./cli.js";
import { configPage, environmentPage } from "./config.js";
import { faultsPage } from "./faults.js";
import { jsonPage } from "./json.js";
import { limitsPage } from "./limits.js";
import type { Page } from "./page.js";

export const pages = (): readonly Page[] => [
  cliPage(),
  configPage(),
  environmentPage(),
  faultsPage(),
  jsonPage(),
  limitsPage(),
];
