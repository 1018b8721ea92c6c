/**
 * Exclusive use of a directory by one process of this machine, released by the kernel when the
 * process ends, however it ends.
 *
 * Node has no file locks, so the lock is a listening Unix socket: it answers as long as its process
 * lives, and refuses from the moment the process is gone. A dead socket's file stays behind, and
 * two processes that both find it dead must not both replace it. So files are numbered and never
 * replaced:
 *
 *     <directory>/lock/41                       dead: its process is gone
 *     <directory>/lock/42                       answers with its process id: the holder
 *     <directory>/lock/pending-<pid>-<random>   listens already, has no number yet
 *
 * To acquire: listen on a pending name; list the numbers; if the highest answers, refuse; else
 * link() the pending socket to the next number, which fails where another was faster; then list
 * again, and withdraw if there is a higher number.
 *
 * Invariants:
 *
 * - A socket listens before it gets a number, so a number that refuses is dead for good.
 * - The highest number is never removed, not even by an orderly release; lower ones are removed
 *   only by the holder of one at least two above. So whoever was slow between finding number n dead
 *   and linking n + 1 either finds that name taken, or sees a higher number afterwards.
 *
 * What it does not do: keep away processes of another machine that mounts the same directory.
 */
import { randomBytes } from "node:crypto";
import fs from "node:fs";
import net from "node:net";
import { join } from "node:path";
import { Fault } from "../model/fault.js";
import { diskFault, errnoOf } from "./disk-fault.js";

const lockDirectoryName = "lock";
/** How long a holder that is alive may take to tell its process id; it is refused either way. */
const answerDelayMsMax = 500;
/** `sun_path` holds 104 bytes on the smallest system, with a zero at the end. */
const socketPathBytesMax = 103;
/** A contender starts again only when others were faster: this many times means a defect. */
const attemptCountMax = 1_000;

type Holder = "gone" | { readonly processId: number | undefined };

export class DirectoryLock {
  /** The directory that is locked, as it was given. */
  readonly directory: string;
  private readonly server: net.Server;
  private readonly place: Place;

  private constructor(directory: string, server: net.Server, place: Place) {
    this.directory = directory;
    this.server = server;
    this.place = place;
  }

  /**
   * Takes the lock of a directory that exists. Throws DATA_DIRECTORY_IN_USE where a process has it
   * (this one included), with `directory` and, where it answers, `process_id` in the facts.
   */
  static async acquire(directory: string): Promise<DirectoryLock> {
    const place = openPlace(directory);
    try {
      for (let attempt = 0; attempt < attemptCountMax; attempt++) {
        const pending = `pending-${process.pid}-${randomBytes(8).toString("hex")}`;
        const server = await listen(place, pending);
        const isHeld = await contend(place, pending).catch(async (error: unknown) => {
          await withdraw(server, place, pending);
          throw error;
        });
        if (isHeld) return new DirectoryLock(directory, server, place);
        await withdraw(server, place, pending);
      }
      throw new Fault("DATA_DIRECTORY_IN_USE", `${directory} is fought for by other processes`, {
        directory,
      });
    } catch (error) {
      place.close();
      throw diskFault(error, "lock", directory);
    }
  }

  /** Gives the directory free. The socket's file stays: see the invariants. */
  async release(): Promise<void> {
    await stopListening(this.server);
    this.place.close();
  }
}

/** Where the sockets of a directory are, and how to reach them by a short path. */
interface Place {
  readonly directory: string;
  readonly path: (name: string) => string;
  readonly socketPath: (name: string) => string;
  readonly close: () => void;
}

function openPlace(directory: string): Place {
  const path = join(directory, lockDirectoryName);
  try {
    // Not recursive: a data directory that does not exist is not to be made by its lock.
    if (!fs.existsSync(path)) makeOnce(path);
    const descriptor = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY);
    let isOpen = true;
    const close = () => {
      if (isOpen) fs.closeSync(descriptor);
      isOpen = false;
    };
    // A path through the descriptor is short, however long the directory's own is.
    const short = `/proc/self/fd/${descriptor}`;
    const base = fs.existsSync(`${short}/.`) ? short : path;
    const longest = join(base, "pending-4294967295-0123456789abcdef");
    if (Buffer.byteLength(longest) > socketPathBytesMax) {
      close();
      throw new Fault(
        "DATA_DIRECTORY_INVALID",
        `${directory} has a path too long for a socket on this system; choose a shorter one`,
        { directory, bytes: Buffer.byteLength(longest), limit: socketPathBytesMax },
      );
    }
    return {
      directory,
      path: (name) => join(path, name),
      socketPath: (name) => join(base, name),
      close,
    };
  } catch (error) {
    throw diskFault(error, "lock", directory);
  }
}

function makeOnce(path: string): void {
  try {
    fs.mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (errnoOf(error) !== "EEXIST") throw error;
  }
}

/** True: the number above all others is ours. False: others were faster, begin again. */
async function contend(place: Place, pending: string): Promise<boolean> {
  const highest = highestNumber(place);
  if (highest > 0) {
    const holder = await ask(place, String(highest));
    if (holder !== "gone") throw inUse(place.directory, holder.processId);
  }
  const mine = highest + 1;
  try {
    fs.linkSync(place.path(pending), place.path(String(mine)));
  } catch (error) {
    const errno = errnoOf(error);
    // Taken by a faster one; or the holder tidied our pending name away.
    if (errno === "EEXIST" || errno === "ENOENT") return false;
    throw error;
  }
  if (highestNumber(place) > mine) {
    fs.rmSync(place.path(String(mine)), { force: true });
    return false;
  }
  tidy(place, mine);
  return true;
}

const numberOf = (name: string): number => (/^[1-9][0-9]{0,14}$/.test(name) ? Number(name) : 0);

const highestNumber = (place: Place): number =>
  fs.readdirSync(place.path("")).reduce((highest, name) => Math.max(highest, numberOf(name)), 0);

/** Removes what nobody needs: dead numbers well below ours, and pending names, ours among them. */
function tidy(place: Place, mine: number): void {
  for (const name of fs.readdirSync(place.path(""))) {
    const number = numberOf(name);
    const isOld = number > 0 && number <= mine - 2;
    if (isOld || name.startsWith("pending-")) fs.rmSync(place.path(name), { force: true });
  }
}

function inUse(directory: string, processId: number | undefined): Fault {
  const who =
    processId === undefined
      ? "another process"
      : processId === process.pid
        ? `this process (${processId}) already`
        : `process ${processId}`;
  const message = `${directory} is in use by ${who}; stop it first, or choose another directory`;
  const facts = processId === undefined ? { directory } : { directory, process_id: processId };
  return new Fault("DATA_DIRECTORY_IN_USE", message, facts);
}

function listen(place: Place, name: string): Promise<net.Server> {
  return new Promise((resolve, reject) => {
    const server = net.createServer((connection) => {
      connection.on("error", () => connection.destroy());
      // Not kept open: an asker that never hangs up must not delay a release.
      connection.end(String(process.pid), () => connection.destroy());
    });
    server.once("error", reject);
    server.listen({ path: place.socketPath(name), exclusive: true }, () => {
      server.off("error", reject);
      // A connection that fails to be accepted does not make the lock less held.
      server.on("error", () => {});
      server.unref();
      resolve(server);
    });
  });
}

const stopListening = (server: net.Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
  });

async function withdraw(server: net.Server, place: Place, pending: string): Promise<void> {
  await stopListening(server);
  fs.rmSync(place.path(pending), { force: true });
}

/** Whether the process behind a socket lives. One that is too busy to answer lives. */
function ask(place: Place, name: string): Promise<Holder> {
  return new Promise((resolve, reject) => {
    const connection = net.connect({ path: place.socketPath(name) });
    let answer = "";
    const finish = () => {
      connection.destroy();
      clearTimeout(timer);
      const processId = /^[0-9]+$/.test(answer) ? Number(answer) : undefined;
      resolve({ processId });
    };
    const timer = setTimeout(finish, answerDelayMsMax);
    connection.setEncoding("utf8");
    connection.on("data", (text: string) => {
      answer += text;
    });
    connection.on("end", finish);
    connection.on("error", (error) => {
      const errno = errnoOf(error);
      clearTimeout(timer);
      connection.destroy();
      // A socket without a listener, or a number that its holder's successor tidied away.
      if (errno === "ECONNREFUSED" || errno === "ENOENT") resolve("gone");
      else if (errno === "EAGAIN" || errno === "ECONNRESET" || errno === "EPIPE") finish();
      else reject(error);
    });
  });
}
