/** Every generated page. */
import { cliPage } from "./cli.js";
import { configPage, environmentPage } from "./config.js";
import { faultsPage } from "./faults.js";
import { httpPage } from "./http.js";
import { jsonPage } from "./json.js";
import { limitsPage } from "./limits.js";
import { metricsPage } from "./metrics.js";
import type { Page } from "./page.js";

export const pages = async (): Promise<readonly Page[]> => [
  cliPage(),
  configPage(),
  environmentPage(),
  faultsPage(),
  await httpPage(),
  jsonPage(),
  limitsPage(),
  metricsPage(),
];
