/** Answers as the bytes that a reply over gRPC holds of them: equal answers are equal bytes. */
import { sha256 } from "../../src/crypto/sha256.js";
import { MessageWriter } from "../../src/entry/message-writer.js";
import type { Answer } from "../../src/model/answer.js";
import { toHex } from "../../src/model/hex.js";
import { writeAnswers } from "../../src/rpc/answer-bytes.js";

/** Of `answers` in a `QueryReply`. */
const ANSWERS_FIELD = 2;
const writer = new MessageWriter();

export function bytesOfAnswers(answers: readonly Answer[]): Uint8Array {
  writer.clear();
  writeAnswers(writer, ANSWERS_FIELD, answers);
  return writer.finish();
}

export const digestOfAnswers = (answers: readonly Answer[]): string =>
  toHex(sha256(bytesOfAnswers(answers)));
