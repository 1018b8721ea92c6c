/** The settings as the rest of the code sees them: typed, complete, camel case, by section. */
import { assert } from "../invariant/assert.js";
import { type KeyName, keyNames, keys } from "./keys.js";

type Keys = typeof keys;

/** The type of a key's value. */
export type ValueOf<Name extends KeyName> = Keys[Name] extends { unit: "bytes" | "ms" | "count" }
  ? number
  : Keys[Name] extends { unit: "choice"; choices: readonly (infer Choice)[] }
    ? Choice
    : string;

/** Values by key. */
export type Values = { readonly [Name in KeyName]: ValueOf<Name> };

type CamelCase<Text extends string> = Text extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : Text;
type SectionOf<Name extends string> = Name extends `${infer Section}.${string}` ? Section : never;
type InSection<
  Section extends string,
  Name extends KeyName,
> = Name extends `${Section}.${infer Rest}` ? CamelCase<Rest> : never;
type TopLevel<Name extends KeyName> = Name extends `${string}.${string}` ? never : CamelCase<Name>;

/**
 * What `startServer` takes: `wal.segment_bytes_max` is `options.wal.segmentBytesMax`, `data_dir` is
 * `options.dataDir`.
 */
export type ServerOptions = { readonly [Name in KeyName as TopLevel<Name>]: ValueOf<Name> } & {
  readonly [Section in SectionOf<KeyName>]: {
    readonly [Name in KeyName as InSection<Section, Name>]: ValueOf<Name>;
  };
};

const camelCase = (name: string): string =>
  name.replaceAll(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase());

/** Arranges values by section. */
export function toServerOptions(values: Values): ServerOptions {
  const options: Record<string, unknown> = {};
  for (const name of keyNames) {
    const dot = name.indexOf(".");
    if (dot < 0) {
      options[camelCase(name)] = values[name];
      continue;
    }
    const section = name.slice(0, dot);
    const inside = (options[section] ?? {}) as Record<string, unknown>;
    inside[camelCase(name.slice(dot + 1))] = values[name];
    options[section] = inside;
  }
  for (const part of Object.values(options)) if (typeof part === "object") Object.freeze(part);
  return Object.freeze(options) as ServerOptions;
}

/** Every setting at its preset. */
export function presetValues(): Values {
  const values = Object.fromEntries(keyNames.map((name) => [name, keys[name].preset]));
  assert(Object.keys(values).length === keyNames.length, "every key has a value");
  return values as Values;
}

/** `ServerOptions` where nothing was set: what tests and embedders start from. */
export const presetOptions = (): ServerOptions => toServerOptions(presetValues());
