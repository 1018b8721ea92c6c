/** The smallest set of claims whose removal turns an answer. */
import type { EntryId } from "../model/position.js";
import type { Field } from "./explain-field.js";

export interface Turning {
  /** Empty where nothing wins. */
  readonly ids: readonly EntryId[];
  /** No smaller set turns the answer. */
  readonly isSmallest: boolean;
}

export function turningSetOf(field: Field): Turning {
  return { ids: field.ids.slice(0, 0), isSmallest: false };
}
