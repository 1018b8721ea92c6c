/** What the demo and its importer say to each other. */
import type { FaultCode, FaultDetail } from "../../src/model/fault.js";
import type { Tally } from "../importers/disagreements.js";
import type { ImportProgress, ImportResult } from "../importers/import-datasets.js";

/** Settle what was sent, and end. */
export interface StopRequest {
  readonly kind: "stop";
}

/** The end of an import. */
export interface ImportReport {
  readonly kind: "done";
  readonly result: ImportResult;
  readonly tally: Tally;
  /** Ids of the claims about the tally's example. */
  readonly exampleIds: readonly string[];
}

export type ImporterMessage =
  | { readonly kind: "started"; readonly tally: Tally }
  | { readonly kind: "progress"; readonly progress: ImportProgress }
  | ImportReport
  | {
      readonly kind: "fault";
      readonly code: FaultCode;
      readonly message: string;
      readonly detail: FaultDetail;
    };
