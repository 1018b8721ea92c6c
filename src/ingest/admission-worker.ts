/** The thread that admission runs on: takes ranges of its area, answers with verdicts. */
import { openSha256Lanes } from "../crypto/sha256-lanes.js";
import { thisWorker } from "../host/workers.js";
import { Admission, type AdmissionVerdict } from "./admission.js";

/** What the main thread hands to a new admission thread. */
export interface AdmissionWorkerData {
  readonly memory: WebAssembly.Memory;
  readonly bytes: number;
}

/** A message to judge: a ticket that comes back, and where the message stands. */
export type AdmissionTask = readonly [ticket: number, start: number, bytes: number];

/** The ticket alone where nothing was refused. */
export type AdmissionAnswer = number | readonly [ticket: number, verdict: AdmissionVerdict];

const worker = thisWorker();
if (worker !== undefined) {
  const { memory, bytes } = worker.data as AdmissionWorkerData;
  const lanes = openSha256Lanes({ bytes, shared: memory });
  const admission = new Admission(lanes);
  worker.onMessage((message) => {
    const [ticket, start, length] = message as AdmissionTask;
    const verdict = admission.admit(start, length);
    const isClean = verdict.refusals.length === 0 && verdict.request === undefined;
    const answer: AdmissionAnswer = isClean ? ticket : [ticket, verdict];
    worker.post(answer);
  });
}
