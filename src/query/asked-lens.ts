/** What a lens is asked, with its presets filled in, and what that allows. */
import {
  type LensName,
  type LensParameters,
  lensPreset,
  lifecyclesPreset,
} from "../model/answer.js";
import type { LensRequest } from "../model/query.js";
import { type MaterialisedLens, materialisedLenses } from "../views/view-types.js";

export interface AskedLens {
  readonly lens: LensName;
  /** As the basis of an answer tells them. */
  readonly parameters: LensParameters;
  /** Set where a ruling that was kept answers. */
  readonly materialised: MaterialisedLens | undefined;
  /** Whether an answer depends on the trust in voices. */
  readonly needsTrust: boolean;
}

/** How the basis tells what nobody set. */
const presets = {
  decay: "class",
  lifecycles: lifecyclesPreset,
  voices: "authors",
  confidenceMillionthsMin: 0,
  trustMillionthsMin: 0,
  recencyTime: "asserted",
} as const satisfies LensParameters;

const presetParameters: LensParameters = presets;
const undecayedParameters: LensParameters = { ...presets, decay: "none" };

/** Most requests say one of two things: those share their objects. */
export function askedLens(request: Pick<LensRequest, "lens" | "parameters">): AskedLens {
  const { lens = lensPreset } = request;
  const parameters = filled(request.parameters);
  const isKept = parameters === presetParameters || parameters === undecayedParameters;
  const isUndecayed = parameters === undecayedParameters || lens === "recency";
  return {
    lens,
    parameters,
    materialised: isKept && isUndecayed ? materialisedLens(lens) : undefined,
    needsTrust: lens === "authority" || (parameters.trustMillionthsMin ?? 0) > 0,
  };
}

const materialisedLens = (lens: LensName): MaterialisedLens | undefined =>
  materialisedLenses.find((one) => one === lens);

function filled(given: LensParameters | undefined): LensParameters {
  if (given === undefined) return presetParameters;
  const set = Object.entries(given).filter(([, value]) => value !== undefined && !isEmpty(value));
  const own = set.filter(([name, value]) => !isPreset(name, value));
  if (own.length === 0) return presetParameters;
  const [only] = own;
  if (own.length === 1 && only?.[0] === "decay" && only[1] === "none") return undecayedParameters;
  return { ...presets, ...Object.fromEntries(set) };
}

/** An empty list admits all, like none. */
const isEmpty = (value: unknown): boolean => Array.isArray(value) && value.length === 0;

function isPreset(name: string, value: unknown): boolean {
  const preset = (presets as Readonly<Record<string, unknown>>)[name];
  if (!Array.isArray(preset) || !Array.isArray(value)) return preset === value;
  return preset.length === value.length && preset.every((one) => value.includes(one));
}
