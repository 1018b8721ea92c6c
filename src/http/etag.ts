/**
 * Entity tags of answers: weak ones, over all that an answer says and rests on but the moment and
 * the frontier it happened to be asked at. So a tag stays while the answer does, and changes
 * whenever the answer changes.
 */
import { sha256 } from "../crypto/sha256.js";

const tagBytes = 16;

export function entityTag(answers: string, lens: string, ...more: readonly string[]): string {
  const digest = sha256(Buffer.from([answers, lens, ...more].join("\0")));
  return `W/"${Buffer.from(digest.subarray(0, tagBytes)).toString("base64url")}"`;
}

const opaque = (tag: string): string => tag.trim().replace(/^W\//, "");

/** Whether an `If-None-Match` names the tag. */
export function matchesTag(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false;
  return header.trim() === "*" || header.split(",").some((one) => opaque(one) === opaque(tag));
}
