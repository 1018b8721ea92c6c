/**
 * The thread that owns the environment of `state/`: synced commits wait here, and not in the event
 * loop that answers clients.
 *
 * It answers one request after the other and never runs two at a time. «close» closes the
 * environment and is the last request; the thread is only stopped after its answer, for an
 * environment that its thread leaves open breaks the next one in this process.
 */
import { nodeDisk } from "../host/node-disk.js";
import { thisWorker, type WorkerSide } from "../host/workers.js";
import { unreachable } from "../invariant/assert.js";
import { LmdbEnvironment } from "../lmdb/lmdb.js";
import { keepEntries } from "./idempotency-rows.js";
import { SequenceJournal } from "./sequence-journal.js";
import {
  applyJournal,
  clearSequences,
  deleteExpired,
  findExpired,
  readAppliedSize,
  readWriterHead,
  readWriterWindow,
} from "./sequence-rows.js";
import { settleFormat, stateKeyspaces } from "./state-format.js";
import {
  type FaultParts,
  faultParts,
  type NumberedRequest,
  OPENING,
  type StateAnswers,
  type StateReply,
  type StateRequest,
  type StateWorkerData,
} from "./state-messages.js";

interface Answer {
  readonly answer: StateAnswers[keyof StateAnswers];
  readonly transfer: ArrayBuffer[];
}

const plain = (answer: Answer["answer"]): Answer => ({ answer, transfer: [] });

class StateThread {
  private readonly environment: LmdbEnvironment;
  private expiryResume: Uint8Array | undefined = undefined;

  constructor(environment: LmdbEnvironment) {
    this.environment = environment;
  }

  async answer(request: StateRequest): Promise<Answer> {
    const { environment } = this;
    switch (request.kind) {
      case "appliedSize":
        return plain(environment.read(readAppliedSize));
      case "clearSequences":
        environment.write(clearSequences);
        return plain(undefined);
      case "applyReceipts":
        return this.apply(request.parts);
      case "writerHead":
        return plain(environment.read((reader) => readWriterHead(reader, request.writerName)));
      case "writerWindow":
        return this.window(request.writerName);
      case "expireWriters":
        return plain(this.expire(request.beforeMs));
      case "keepEntries": {
        const { entries, nowMs, limits } = request;
        return plain(environment.write((writer) => keepEntries(writer, entries, nowMs, limits)));
      }
      case "close":
        await environment.close();
        return plain(undefined);
      default:
        return unreachable(request);
    }
  }

  /** The buffers go back whatever happened: a journal that was refused is sent again. */
  private apply(parts: StateAnswers["applyReceipts"]["parts"]): Answer {
    const { logId, appliedSize, writers, receipts } = parts;
    const journal = SequenceJournal.over(parts);
    let collisionCount = 0;
    let fault: FaultParts | undefined;
    try {
      collisionCount = this.environment.write((writer) =>
        applyJournal(writer, journal, { logId, size: appliedSize }),
      );
    } catch (error) {
      fault = faultParts(error);
    }
    return { answer: { parts, fault, collisionCount }, transfer: [writers, receipts] };
  }

  private window(writerName: Uint8Array): Answer {
    const found = this.environment.read((reader) => readWriterWindow(reader, writerName));
    const receipts = found.receipts.buffer;
    return { answer: { count: found.count, receipts }, transfer: [receipts] };
  }

  private expire(beforeMs: number): number {
    const step = this.environment.read((reader) =>
      findExpired(reader, this.expiryResume, beforeMs),
    );
    if (step.expired.length > 0) this.environment.write((writer) => deleteExpired(writer, step));
    this.expiryResume = step.resume;
    return step.expired.length;
  }
}

async function openThread(data: StateWorkerData): Promise<StateThread> {
  const options = { ...data, keyspaces: stateKeyspaces, syncsCommits: true };
  const environment = await LmdbEnvironment.open(options, nodeDisk);
  try {
    settleFormat(environment);
  } catch (error) {
    await environment.close();
    throw error;
  }
  return new StateThread(environment);
}

function serve(side: WorkerSide): void {
  const reply = (message: StateReply, transfer: ArrayBuffer[] = []) => side.post(message, transfer);
  const opened = openThread(side.data as StateWorkerData);
  let turn: Promise<void> = opened.then(
    () => reply({ number: OPENING, answer: undefined }),
    (error: unknown) => reply({ number: OPENING, fault: faultParts(error) }),
  );
  const run = async ({ number, request }: NumberedRequest) => {
    const thread = await opened;
    try {
      const { answer, transfer } = await thread.answer(request);
      reply({ number, answer }, transfer);
    } catch (error) {
      reply({ number, fault: faultParts(error) });
    }
  };
  side.onMessage((message) => {
    turn = turn.then(() => run(message as NumberedRequest));
  });
}

serve(thisWorker());
