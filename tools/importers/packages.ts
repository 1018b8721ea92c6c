/** The three packages as they are installed, read and mapped. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Fault } from "../../src/model/fault.js";
import { type CaniuseAgent, type CaniuseStats, caniuseDataset } from "./caniuse.js";
import type { Dataset } from "./claim.js";
import { type MdnData, mdnDataset } from "./mdn.js";
import {
  caniuseNamesOf,
  singleKeysOf,
  type WebFeaturesData,
  webFeaturesDataset,
} from "./web-features.js";

const require = createRequire(import.meta.url);

interface CaniusePackage {
  readonly agents: Readonly<Record<string, CaniuseAgent>>;
  readonly features: Readonly<Record<string, unknown>>;
  feature(packed: unknown): { readonly stats: CaniuseStats };
}

function readData<Data>(specifier: string): { readonly data: Data; readonly hash: Uint8Array } {
  const bytes = readFileSync(require.resolve(specifier));
  const hash = createHash("sha256").update(bytes).digest();
  return { data: JSON.parse(bytes.toString("utf8")) as Data, hash };
}

/** The version of an installed package, whose package.json stands beside or above its entry. */
function versionOf(name: string): string {
  for (const directory of require.resolve.paths(name) ?? []) {
    try {
      const text = readFileSync(`${directory}/${name}/package.json`, "utf8");
      return (JSON.parse(text) as { readonly version: string }).version;
    } catch {
      // not here: one further up
    }
  }
  throw new Fault("MODULE_MISSING", `the package ${name} is not installed: run \`npm ci\``, {
    module: name,
  });
}

/** MDN, web-features, caniuse. Throws MODULE_MISSING where one is not installed. */
export function readPackages(): readonly Dataset[] {
  const names = ["@mdn/browser-compat-data", "web-features", "caniuse-lite"] as const;
  const [, webFeaturesVersion, caniuseVersion] = names.map(versionOf) as [string, string, string];
  const mdn = readData<MdnData>("@mdn/browser-compat-data");
  const webFeatures = readData<WebFeaturesData>("web-features/data.json");
  const { agents, features, feature } = require("caniuse-lite") as CaniusePackage;
  const stats = (name: string): CaniuseStats | undefined => {
    const packed = features[name];
    return packed === undefined ? undefined : feature(packed).stats;
  };
  return [
    mdnDataset(mdn.data, singleKeysOf(webFeatures.data), mdn.hash),
    webFeaturesDataset(webFeatures.data, webFeaturesVersion, webFeatures.hash),
    caniuseDataset({ agents, stats }, caniuseNamesOf(webFeatures.data), caniuseVersion),
  ];
}
