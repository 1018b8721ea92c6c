/**
 * A process that compares the views of a generation with the log, question by question, while both
 * go on. Started by verification.ts.
 *
 *     for each part of the questions:
 *       log from its beginning ─▶ fold ─▶ … up to where the views stand ─▶ compare in one snapshot
 *
 * A part is as many questions as memory takes; each costs reading the log once. The views move
 * while the log is read, so the newest blocks are read again and again, until a snapshot stands
 * exactly there.
 */
import { thisChild } from "../host/children.js";
import { nodeDisk } from "../host/node-disk.js";
import { assert } from "../invariant/assert.js";
import { isFault } from "../model/fault.js";
import { QuestionFold } from "../views/verify-question.js";
import { ViewReader } from "../views/view-reader.js";
import type { ViewSnapshot } from "../views/view-types.js";
import { LogReader } from "../wal/log-reader.js";
import { BlockTranslator } from "./committed-entries.js";
import type { VerifierData, VerifierMessage } from "./messages.js";

/** Of the log, in memory as claims of one part. */
const entriesPerPart = 150_000;
const progressPerQuestions = 5_000;
/** More are counted and not told. */
const differencesToldMax = 1_000;

const side = await thisChild();
const data = side.data as VerifierData;
const { logId, directory, mapBytes } = data;
const post = (message: VerifierMessage) => side.post(message);

const reader = await ViewReader.open({ directory, mapBytes, disk: nodeDisk });
/** What the views hold was durable when they took it in. */
let readable = 0;
const log = new LogReader({
  disk: nodeDisk,
  logId,
  directory: data.segmentsDirectory,
  durableSize: () => readable,
});
const translator = new BlockTranslator(data.logKey);
const appliedIn = (snapshot: ViewSnapshot): number => snapshot.applied(logId)?.size ?? 0;

let questions = 0;
let differences = 0;

/** Compares one part; returns false where the views have moved since the log was read. */
function compared(fold: QuestionFold, size: number): boolean {
  return reader.read((snapshot) => {
    if (appliedIn(snapshot) !== size) return false;
    const total = snapshot.questionCount;
    const before = questions;
    for (const found of fold.differences(snapshot)) {
      questions = before + found.questions;
      if (found.difference !== undefined) {
        differences += 1;
        const { difference } = found;
        if (differences <= differencesToldMax) {
          post({ kind: "progress", progress: { questions, total, difference } });
        }
      } else if (questions % progressPerQuestions === 0) {
        post({ kind: "progress", progress: { questions, total } });
      }
    }
    return true;
  });
}

async function verifyPart(part: number, parts: number): Promise<void> {
  const fold = new QuestionFold({ part, parts });
  const cursor = log.cursor(0);
  try {
    do {
      readable = reader.read(appliedIn);
      for (let block = await cursor.next(); block; block = await cursor.next()) {
        fold.add(translator.translate(block));
      }
    } while (!compared(fold, cursor.nextIndex));
  } finally {
    await cursor.close();
  }
}

async function verify(): Promise<void> {
  const parts = Math.max(1, Math.ceil(reader.read(appliedIn) / entriesPerPart));
  for (let part = 0; part < parts; part++) await verifyPart(part, parts);
  post({ kind: "progress", progress: { questions, total: questions, differences } });
}

try {
  await verify();
} catch (error) {
  assert(isFault(error), `verifying ends with a fault (${error})`);
  post({ kind: "fault", code: error.code, text: error.message, detail: error.detail });
}
