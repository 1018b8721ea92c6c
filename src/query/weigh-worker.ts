/** The thread that weighs large questions: one job at a time, worlds kept between them. */
import { thisWorker } from "../host/workers.js";
import { assert } from "../invariant/assert.js";
import type { OutcomeSaid, QuestionHistory } from "../lens/history.js";
import type { World } from "../lens/world.js";
import { decodeCopied } from "./copied-question.js";
import { type FromWorker, type ToWorker, voicesOf, type WeighJob } from "./weigh-job.js";
import { weighWork } from "./weighing.js";
import { foldWorld } from "./worlds.js";

/** Most worlds that are kept; a job names two at most. */
const worldsMax = 8;

const side = thisWorker();
const worlds = new Map<string, World>();
let waiting: { readonly job: WeighJob; readonly histories: readonly QuestionHistory[] } | undefined;

side.onMessage((message) => {
  const said = message as ToWorker;
  if (said.kind === "outcomes") {
    assert(waiting !== undefined, "outcomes were asked for");
    finish(waiting.job, waiting.histories, said.outcomes);
    return;
  }
  const { job } = said;
  const histories = job.questions.map(decodeCopied);
  if (!job.needsTrust) return finish(job, histories, []);
  waiting = { job, histories };
  reply({ kind: "voices", ...voicesOf(histories) });
});

function finish(
  job: WeighJob,
  histories: readonly QuestionHistory[],
  outcomes: readonly OutcomeSaid[],
): void {
  waiting = undefined;
  for (const source of job.worlds) {
    if (!worlds.has(source.key)) worlds.set(source.key, foldWorld(source).world);
  }
  const result = weighWork(job.work, {
    histories,
    outcomes,
    worldOf: ({ worldKey }) => {
      const world = worlds.get(worldKey);
      assert(world !== undefined, "a job brings its worlds");
      return world;
    },
  });
  for (const oldest of worlds.keys()) {
    if (worlds.size <= worldsMax) break;
    worlds.delete(oldest);
  }
  reply({ kind: "result", result });
}

const reply = (message: FromWorker): void => side.post(message);
