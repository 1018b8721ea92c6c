/**
 * A statement is what a log says about itself at the end of a block: "with this block my size is
 * `firstIndex + count`, and the tree hash over all my entries is `root`". It is identical in every
 * copy of the block, and signed by the log's key, so any peer can check a copy from any peer.
 *
 *     signed:  "stemedb/block/v1" ‖ 0x00 ‖ log id (32) ‖ size (8, big-endian) ‖ root (32)
 *
 * One log never signs two roots for one size: that is a fork, and proves misbehaviour. Hence
 * recovery zeroes the signature of what it cuts.
 */
import { sign, verify } from "../crypto/ed25519.js";
import { assert } from "../invariant/assert.js";
import { BLOCK_SIGNATURE_CONTEXT } from "../model/limits.js";
import { type LogId, logIdBytes, rootBytes } from "../model/position.js";
import { setSize, viewOf } from "./bytes.js";

export interface Statement {
  readonly logId: LogId;
  /** Index of the block's first entry. */
  readonly firstIndex: number;
  /** Entries of the block. */
  readonly count: number;
  /** The tree hash over `firstIndex + count` entries. */
  readonly root: Uint8Array;
  /** 64 bytes; zeros where nothing is signed (markers and seals). */
  readonly signature: Uint8Array;
}

const CONTEXT = new TextEncoder().encode(BLOCK_SIGNATURE_CONTEXT);

/** The bytes that a log's key signs for a size and a root. */
function statementMessage(logId: LogId, size: number, root: Uint8Array): Uint8Array {
  assert(logId.length === logIdBytes, "a log id has 32 bytes");
  assert(root.length === rootBytes, "a root has 32 bytes");
  const message = new Uint8Array(CONTEXT.length + logIdBytes + 8 + rootBytes);
  message.set(CONTEXT, 0);
  message.set(logId, CONTEXT.length);
  setSize(viewOf(message), CONTEXT.length + logIdBytes, size);
  message.set(root, CONTEXT.length + logIdBytes + 8);
  return message;
}

export function signStatement(
  facts: { readonly logId: LogId; readonly size: number; readonly root: Uint8Array },
  secretKey: Uint8Array,
): Uint8Array {
  return sign(statementMessage(facts.logId, facts.size, facts.root), secretKey);
}

export function verifyStatement(statement: Statement, logKey: Uint8Array): boolean {
  const size = statement.firstIndex + statement.count;
  const message = statementMessage(statement.logId, size, statement.root);
  return verify(statement.signature, message, logKey);
}
