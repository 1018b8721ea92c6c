/** What JSON and URLs ask about: texts that some entry may say. */
import { askedPath, askedPredicate, askedPrefix, type RefuseText } from "../entry/asked-text.js";
import { jsonFault } from "../entry/json-fault.js";
import type { Question } from "../model/answer.js";

const refuse: RefuseText = (field, limit, value) => {
  throw jsonFault(field, limit, value);
};

export const pathAsked = (text: string, field = "concept_path"): string =>
  askedPath(field, text, refuse);
export const predicateAsked = (text: string, field = "predicate"): string =>
  askedPredicate(field, text, refuse);
export const prefixAsked = (text: string): string => askedPrefix("prefix", text, refuse);

export const questionAsked = (
  fields: { readonly concept_path: string; readonly predicate: string },
  inside = "",
): Question => ({
  conceptPath: pathAsked(fields.concept_path, `${inside}concept_path`),
  predicate: predicateAsked(fields.predicate, `${inside}predicate`),
});
