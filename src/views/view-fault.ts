/** Translates what LMDB says of an environment into what it means for views. */
import { isFault } from "../model/fault.js";
import { damagedViews } from "./keyspaces.js";

/** STATE_DAMAGED is VIEWS_DAMAGED here; everything else stays what it is. */
export function viewFault(error: unknown, directory: string): unknown {
  if (!isFault(error, "STATE_DAMAGED")) return error;
  return damagedViews(directory, error.message, error);
}
