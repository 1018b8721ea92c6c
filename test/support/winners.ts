/** What wins, as a word that is equal for equal values: to tell whether an answer has turned. */
import { type RulingLens, rule, type WeighInput, weigh } from "../../src/lens/index.js";

/** Of each answer the class of values that wins; nothing where none does. */
export function winners(lens: RulingLens, input: WeighInput): readonly (string | undefined)[] {
  return weigh(input).map((weighed) => {
    const ruling = rule(lens, weighed);
    const candidate = input.history.candidates[ruling.values[ruling.winner]?.latest ?? -1];
    return candidate && weighed.reading.classOf(candidate);
  });
}
