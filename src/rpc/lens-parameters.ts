/** What a lens is told, checked and turned into the model. */
import { timeMsMax } from "../entry/schema.js";
import { type Decay, type LensParameters, recencyTimes, voicesKinds } from "../model/answer.js";
import { lifecycles, sourceClasses } from "../model/entry.js";
import { entryIdBytes, publicKeyBytes } from "../model/position.js";
import { parameterListMax } from "../model/query.js";
import {
  Decay as WireDecay,
  type LensParameters as WireParameters,
} from "../wire/steme/v1/query_service.js";
import { nameOf, requireText } from "./checked-fields.js";
import { refuse, requireBytes, requireInteger } from "./requests.js";

const epochBytesMax = 64;
const sourceIdBytesMax = 200;
const millionth = 1_000_000;

/** The other way round than `Partial`: what is set of these. */
type Settable = { -readonly [Key in keyof LensParameters]: LensParameters[Key] };

/** `undefined` where nothing is set that differs from a preset. */
export function toParameters(wire: WireParameters | undefined): LensParameters | undefined {
  if (wire === undefined) return undefined;
  const set: Settable = {};
  const decay = toDecay(wire);
  if (decay !== undefined) set.decay = decay;
  if (wire.lifecycles.length > 0) {
    set.lifecycles = toNames("lifecycles", lifecycles, wire.lifecycles);
  }
  if (wire.classes.length > 0) set.classes = toNames("classes", sourceClasses, wire.classes);
  if (wire.epoch !== undefined) {
    const rule = { shape: "plain", bytesMax: epochBytesMax } as const;
    set.epoch = requireText("parameters.epoch", wire.epoch, rule);
  }
  if (wire.validAtMs !== undefined) {
    const field = "parameters.valid_at_ms";
    set.validAtMs = requireInteger(field, wire.validAtMs, -timeMsMax, timeMsMax);
  }
  if (wire.voices > 0) set.voices = nameOf("parameters.voices", voicesKinds, wire.voices);
  if (wire.recencyTime > 0) {
    set.recencyTime = nameOf("parameters.recency_time", recencyTimes, wire.recencyTime);
  }
  setLists(set, wire);
  setThresholds(set, wire);
  return Object.keys(set).length === 0 ? undefined : set;
}

function setLists(set: Settable, wire: WireParameters): void {
  const { authorsIn, authorsOut, sourcesIn, sourcesOut, claimsOut } = wire;
  if (authorsIn.length > 0) set.authorsIn = toIds("authors_in", authorsIn, publicKeyBytes);
  if (authorsOut.length > 0) set.authorsOut = toIds("authors_out", authorsOut, publicKeyBytes);
  if (sourcesIn.length > 0) set.sourcesIn = toSources("sources_in", sourcesIn);
  if (sourcesOut.length > 0) set.sourcesOut = toSources("sources_out", sourcesOut);
  if (claimsOut.length > 0) set.claimsOut = toIds("claims_out", claimsOut, entryIdBytes);
}

function setThresholds(set: Settable, wire: WireParameters): void {
  const { confidenceMillionthsMin: confidence, trustMillionthsMin: trust } = wire;
  if (confidence > 0) {
    set.confidenceMillionthsMin = toMillionths("confidence_millionths_min", confidence);
  }
  if (trust > 0) set.trustMillionthsMin = toMillionths("trust_millionths_min", trust);
}

function toDecay({ decay, halfLifeMs }: WireParameters): Decay | undefined {
  const field = "parameters.half_life_ms";
  if (decay === WireDecay.HALF_LIFE) {
    return { halfLifeMs: requireInteger(field, halfLifeMs, 1, timeMsMax) };
  }
  if (halfLifeMs !== 0n) return refuse(field, "set only with the decay HALF_LIFE", halfLifeMs);
  const kinds = ["class", "none", "half_life"] as const;
  if ((decay as number) === 0) return undefined;
  const kind = nameOf("parameters.decay", kinds, decay);
  return kind === "half_life" ? undefined : kind;
}

function requireFew(name: string, list: readonly unknown[]): string {
  const field = `parameters.${name}`;
  const limit = `at most ${parameterListMax} items`;
  if (list.length > parameterListMax) refuse(field, limit, `${list.length} items`);
  return field;
}

const toIds = (name: string, ids: readonly Uint8Array[], bytes: number): readonly Uint8Array[] => {
  const field = requireFew(name, ids);
  return ids.map((id) => requireBytes(field, id, bytes));
};

function toSources(name: string, ids: readonly string[]): readonly string[] {
  const field = requireFew(name, ids);
  const rule = { shape: "plain", bytesMax: sourceIdBytesMax } as const;
  return ids.map((id) => requireText(field, id, rule));
}

/** Each once, in the order of the enum: two ways to say one thing are one request. */
function toNames<Name extends string>(
  name: string,
  names: readonly Name[],
  numbers: readonly number[],
): readonly Name[] {
  const field = requireFew(name, numbers);
  const said = new Set(numbers.map((number) => nameOf(field, names, number)));
  return names.filter((one) => said.has(one));
}

const toMillionths = (name: string, value: number): number =>
  requireInteger(`parameters.${name}`, BigInt(value), 0, millionth);
