/** Keeps the health that the node shows in step with its log. */
import type { Clock, Timer } from "../host/clock.js";
import type { Fault, FaultCode } from "../model/fault.js";
import type { Probe } from "../observability/probe.js";

const intervalMs = 500;

export interface HealthOptions {
  readonly clock: Clock;
  readonly probe: Probe;
  /** Why appends are refused now, if so. */
  readonly refusal: () => Fault | undefined;
  readonly show: (isHealthy: boolean) => void;
}

export class HealthWatch {
  readonly #options: HealthOptions;
  #shown: FaultCode | "SERVING" | undefined;
  #timer: Timer | undefined;

  constructor(options: HealthOptions) {
    this.#options = options;
    this.#look();
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #look(): void {
    const { clock, probe, refusal, show } = this.#options;
    const fault = refusal();
    const now = fault?.code ?? "SERVING";
    if (now !== this.#shown) {
      if (fault !== undefined) {
        probe.error("appends refused", { code: fault.code, message: fault.message });
      } else if (this.#shown !== undefined) probe.info("appends taken again");
      this.#shown = now;
      show(fault === undefined);
    }
    this.#timer = clock.after(intervalMs, () => this.#look());
  }
}
