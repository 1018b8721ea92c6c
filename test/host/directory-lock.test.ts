/**
 * Goal: a data directory never has two users, is never locked by a dead one, and a refusal says who
 * has it. Method: real processes, killed with SIGKILL while they hold the lock, and contenders that
 * all go for the dead lock at once, both from many processes and from within one.
 */
import { chmod, chown, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { DirectoryLock } from "../../src/host/directory-lock.js";
import type { Fault, FaultCode } from "../../src/model/fault.js";
import { LineChild } from "../support/child.js";
import { rejects } from "../support/expect.js";
import { temporaryDirectory } from "../support/temporary.js";

const test = suite("host: directory lock");

const contenderModule = new URL("../support/lock-contender.js", import.meta.url);

const withDirectory = (use: (directory: string) => Promise<void>): Promise<void> =>
  use(temporaryDirectory("lock"));

/** The fault that taking the lock of a directory ends with. */
const refusal = async (directory: string, code: FaultCode): Promise<Fault> =>
  (await rejects(DirectoryLock.acquire(directory), code)) as Fault;

async function contenders(count: number): Promise<LineChild[]> {
  const children = Array.from({ length: count }, () => new LineChild(contenderModule));
  await Promise.all(children.map((child) => child.next()));
  return children;
}

async function withContenders(count: number, use: (children: LineChild[]) => Promise<void>) {
  const children = await contenders(count);
  try {
    await use(children);
  } finally {
    await Promise.all(children.map((child) => child.kill()));
  }
}

const first = (children: readonly LineChild[]): LineChild => {
  const child = children[0];
  if (child === undefined) throw new Error("there is no child");
  return child;
};

test("acquire: a second process is refused, with the directory and the holder's process id", () =>
  withDirectory((directory) =>
    withContenders(1, async (children) => {
      const holder = first(children);
      assert.is(await holder.ask(`acquire ${directory}`), "held");
      const fault = await refusal(directory, "DATA_DIRECTORY_IN_USE");
      assert.equal(fault.detail, { directory, process_id: holder.id });
      assert.match(fault.message, `process ${holder.id}`);
    }),
  ));

test("acquire: a holder that was killed leaves nothing that refuses", () =>
  withDirectory((directory) =>
    withContenders(1, async (children) => {
      const holder = first(children);
      assert.is(await holder.ask(`acquire ${directory}`), "held");
      await holder.kill();
      const lock = await DirectoryLock.acquire(directory);
      await lock.release();
    }),
  ));

test("acquire: a holder that is stopped, and cannot answer, still holds", () =>
  withDirectory((directory) =>
    withContenders(1, async (children) => {
      const holder = first(children);
      assert.is(await holder.ask(`acquire ${directory}`), "held");
      holder.process.kill("SIGSTOP");
      const fault = await refusal(directory, "DATA_DIRECTORY_IN_USE");
      assert.equal(fault.detail, { directory });
    }),
  ));

test("acquire: the same process is refused a second time, and says that it has it itself", () =>
  withDirectory(async (directory) => {
    const lock = await DirectoryLock.acquire(directory);
    const fault = await refusal(directory, "DATA_DIRECTORY_IN_USE");
    assert.equal(fault.detail, { directory, process_id: process.pid });
    assert.match(fault.message, "this process");
    await lock.release();
  }));

test("release: the directory is free, again and again, and few files stay behind", () =>
  withDirectory(async (directory) => {
    for (let round = 0; round < 20; round++) {
      const lock = await DirectoryLock.acquire(directory);
      await lock.release();
    }
    assert.ok((await readdir(join(directory, "lock"))).length <= 2);
  }));

test("contenders: of ten processes that find the holder killed, exactly one wins", () =>
  withDirectory((directory) =>
    withContenders(11, async (children) => {
      for (let round = 0; round < 8; round++) {
        const answers = await Promise.all(
          children.map((child) => child.ask(`acquire ${directory}`)),
        );
        const winners = children.filter((_, i) => answers[i] === "held");
        assert.is(winners.length, 1, `round ${round}: ${answers.join(" | ")}`);
        const winner = first(winners);
        for (const answer of answers.filter((text) => text !== "held")) {
          assert.is(JSON.parse(answer.slice("refused ".length)).code, "DATA_DIRECTORY_IN_USE");
        }
        // Killed and given back in turn: both must leave the directory to exactly one other.
        if (round % 2 === 1) {
          assert.is(await winner.ask("release"), "free");
          continue;
        }
        await winner.kill();
        const place = children.indexOf(winner);
        children.splice(place, 1, first(await contenders(1)));
      }
    }),
  ));

test("contenders: of twenty calls within one process, exactly one wins", () =>
  withDirectory(async (directory) => {
    for (let round = 0; round < 20; round++) {
      const outcomes = await Promise.allSettled(
        Array.from({ length: 20 }, () => DirectoryLock.acquire(directory)),
      );
      const locks = outcomes.flatMap((outcome) =>
        outcome.status === "fulfilled" ? [outcome.value] : [],
      );
      assert.is(locks.length, 1, `round ${round}`);
      await Promise.all(locks.map((lock) => lock.release()));
    }
  }));

test("acquire: a path longer than a socket's address can hold is fine", () =>
  withDirectory(async (directory) => {
    const long = join(directory, "x".repeat(100), "y".repeat(100));
    await mkdir(long, { recursive: true });
    const lock = await DirectoryLock.acquire(long);
    await rejects(DirectoryLock.acquire(long), "DATA_DIRECTORY_IN_USE");
    await lock.release();
  }));

test("acquire: a directory that does not exist is DISK_FAILED, and is not made", () =>
  withDirectory(async (directory) => {
    const { detail } = await refusal(join(directory, "none"), "DISK_FAILED");
    assert.equal(detail, { path: join(directory, "none"), operation: "lock", errno: "ENOENT" });
    assert.equal(await readdir(directory), []);
  }));

test("acquire: a directory that the user may not write says so", () =>
  withDirectory(async (directory) => {
    // A privileged user may write anywhere, so the contender runs as another.
    const isPrivileged = process.getuid?.() === 0;
    const closed = join(directory, "closed");
    await mkdir(closed);
    if (isPrivileged) await chown(directory, 65534, 65534);
    await chmod(closed, 0o555);
    const child = new LineChild(contenderModule, [], isPrivileged ? { userId: 65534 } : {});
    try {
      assert.is(await child.next(), "ready");
      const answer = await child.ask(`acquire ${closed}`);
      assert.ok(answer.startsWith("refused "), answer);
      const { code, detail } = JSON.parse(answer.slice("refused ".length));
      assert.equal([code, detail.errno], ["DISK_FAILED", "EACCES"]);
    } finally {
      await child.kill();
    }
  }));

test.run();
