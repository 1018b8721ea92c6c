/** The thread that the index runs on: builds tables, and answers what is asked of them. */
import { systemClock } from "../host/clock.js";
import { nodeDisk } from "../host/node-disk.js";
import { thisWorker } from "../host/workers.js";
import { unreachable } from "../invariant/assert.js";
import { IdEngine } from "./id-engine.js";
import {
  faultParts,
  type IdAnswers,
  type IdReply,
  type IdRequest,
  type IdThreadData,
  type NumberedRequest,
} from "./id-messages.js";

const side = thisWorker();
const reply = (message: IdReply) => side.post(message);
const engine = new IdEngine({
  ...(side.data as IdThreadData),
  disk: nodeDisk,
  clock: systemClock,
  tell: (told) => reply({ told }),
});

async function answer(request: IdRequest): Promise<IdAnswers[IdRequest["kind"]]> {
  switch (request.kind) {
    case "segments":
      engine.segments(request.starts);
      return undefined;
    case "feed":
      return engine.feed(request);
    case "find":
      return engine.find(request.id, request.size);
    case "repeats":
      return engine.repeats(request.segment);
    case "close":
      await engine.close();
      return undefined;
    default:
      return unreachable(request);
  }
}

side.onMessage((message) => {
  const { number, request } = message as NumberedRequest;
  // What is no fault is not caught: it ends the thread.
  void answer(request).then(
    (given) => reply({ number, answer: given }),
    (error: unknown) => reply({ number, fault: faultParts(error) }),
  );
});
