/** What a person typed wrong. Exit code 2; every other fault is exit code 1. */
import { Fault, type FaultDetail } from "../src/model/fault.js";

export class Usage extends Fault {
  constructor(message: string, detail: FaultDetail = {}) {
    super("ARGUMENT_INVALID", message, detail);
  }
}
