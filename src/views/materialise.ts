/**
 * Folds a question: the rulings of the materialised lenses, of all its records, in the present
 * world.
 *
 * Without decay time changes an answer only where a claim begins or ceases to hold; so rulings are
 * evaluated at the newest block's time and hold until the next such moment. A question that is read
 * under another path, or whose predicate has several values, is left to whoever asks.
 */
import { everything } from "../lens/cut.js";
import type { QuestionHistory } from "../lens/history.js";
import { type Horizon, horizonOf } from "../lens/horizon.js";
import { rule } from "../lens/rule.js";
import { weigh } from "../lens/weigh.js";
import type { World } from "../lens/world.js";
import { outcomesFor } from "./outcome-rows.js";
import { decodeRecords } from "./question-pages.js";
import type { Ruled } from "./question-row.js";
import type { QuestionState } from "./question-state.js";
import { encodeRulings } from "./ruling-rows.js";
import { materialisedClaimsMax, materialisedLenses } from "./view-types.js";
import type { ViewWriting } from "./view-writing.js";

const withoutDecay = { decay: "none" } as const;

/** Whether the claims of a path are a question of their own. */
function standsAlone(world: World, conceptPath: string): boolean {
  return (
    world.canonicalPath(conceptPath) === conceptPath && world.pathsOf(conceptPath).length === 1
  );
}

/** Sets what the question's rulings are now; without any where it has none. */
export function fold(writing: ViewWriting, state: QuestionState): void {
  state.isChanged = true;
  state.ruled = undefined;
  if (state.claimCount === 0) setFacts(writing, state, 0, 0);
  if (state.claimCount === 0 || state.claimCount > materialisedClaimsMax) return;
  const records = state.records(writing.transaction);
  const [only] = records;
  if (only !== undefined && records.length === 1) foldSingle(writing, state, only);
  else foldAll(writing, state, records);
}

/** A question of one claim: mostly folded before, for another question. */
function foldSingle(writing: ViewWriting, state: QuestionState, record: Uint8Array): void {
  const { worldStamp, trustStamp } = writing.counters;
  const shared = writing.sharedRulings;
  const key = shared?.keyOf(record, `${worldStamp}/${trustStamp}`);
  const kept = key === undefined ? undefined : shared?.get(key);
  if (kept !== undefined) {
    setFacts(writing, state, 0, kept.valueCount);
    state.ruled = ruledNow(writing, state, kept.rulings, always);
    return;
  }
  foldAll(writing, state, [record]);
  const { ruled, valueCount } = state;
  if (key === undefined || ruled === undefined) return;
  shared?.keep(key, { rulings: new Uint8Array(ruled.rulings), valueCount });
}

const always: Horizon = { fromMs: Number.NEGATIVE_INFINITY, untilMs: Number.POSITIVE_INFINITY };

function ruledNow(
  writing: ViewWriting,
  state: QuestionState,
  rulings: Uint8Array,
  { fromMs, untilMs }: Horizon,
): Ruled {
  const { worldStamp, trustStamp } = writing.counters;
  return { records: state.recordCount, worldStamp, trustStamp, fromMs, untilMs, rulings };
}

function foldAll(writing: ViewWriting, state: QuestionState, records: readonly Uint8Array[]): void {
  const world = writing.world();
  const { conceptPath, predicate } = state;
  const { candidates, acts, ordinals } = decodeRecords(records, conceptPath, writing.words);
  const history: QuestionHistory = { conceptPath, predicate, candidates, acts, redactedCount: 0 };
  const evaluatedAtMs = writing.counters.newestMs;
  const weighed = weigh({
    history,
    world,
    outcomes: outcomesFor(writing.transaction, writing.words, candidates),
    parameters: withoutDecay,
    cut: everything,
    evaluatedAtMs,
  });
  let conflict = 0;
  let valueCount = 0;
  for (const part of weighed) {
    const skeptic = rule("skeptic", part);
    conflict = Math.max(conflict, skeptic.conflictMillionths);
    valueCount += skeptic.values.filter(({ supportMillionths }) => supportMillionths > 0).length;
  }
  setFacts(writing, state, conflict, valueCount);
  const [only] = weighed;
  if (only === undefined || weighed.length > 1 || !standsAlone(world, conceptPath)) return;
  const rulings = materialisedLenses.map((lens) => rule(lens, only));
  const encoded = encodeRulings(rulings, (place) => ordinals[place] ?? 0);
  state.ruled = ruledNow(writing, state, encoded, horizonOf(history, evaluatedAtMs));
}

function setFacts(
  writing: ViewWriting,
  state: QuestionState,
  conflictMillionths: number,
  valueCount: number,
): void {
  state.valueCount = valueCount;
  if (state.conflictMillionths === conflictMillionths) return;
  writing.contested.change(state.key, state.conflictMillionths, conflictMillionths);
  state.conflictMillionths = conflictMillionths;
}
