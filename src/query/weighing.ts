/** Does what a `Work` asks for: on whichever thread it is called. */

import { assert } from "../invariant/assert.js";
import type { Cut, OutcomeSaid, QuestionHistory } from "../lens/history.js";
import { compareAnswers, explain, resolveConstraints, type WeighInput } from "../lens/index.js";
import type { World } from "../lens/world.js";
import { answersWithin } from "./answer-page.js";
import { cutWithin } from "./cuts.js";
import type { ReadingAsked, Work, WorkResult } from "./weigh-job.js";

/** What a `Work` is done with. */
export interface Material {
  readonly histories: readonly QuestionHistory[];
  readonly outcomes: readonly OutcomeSaid[];
  worldOf(reading: ReadingAsked): World;
}

export function weighWork(work: Work, material: Material): WorkResult {
  const inputs = (reading: ReadingAsked): readonly WeighInput[] => {
    const { parameters, evaluatedAtMs, limits } = reading;
    const cut: Cut = cutWithin(limits);
    const { outcomes } = material;
    const world = material.worldOf(reading);
    return material.histories.map((history) => {
      return { history, world, outcomes, parameters, cut, evaluatedAtMs };
    });
  };
  /** One question has one history, or one for each of two moments. */
  const inputOf = (reading: ReadingAsked, place = 0): WeighInput => {
    const input = inputs(reading).at(place);
    assert(input !== undefined, "the work is about a question");
    return input;
  };
  const { lens } = work.reading;
  switch (work.kind) {
    case "answers":
      assert(lens !== "constraints", "constraints are work of their own");
      return answersWithin(inputOf(work.reading), lens, work.after, work.room);
    case "explain":
      return explain({ ...inputOf(work.reading), lens });
    case "compare":
      return compareAnswers(
        { ...inputOf(work.reading), lens },
        { ...inputOf(work.to, -1), lens: work.to.lens },
      );
    case "constraints":
      return resolveConstraints(inputs(work.reading), work.conceptPath);
  }
}
