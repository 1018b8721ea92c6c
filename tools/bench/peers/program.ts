/** Programs of peers: found where distributions put them, started, and ended by their ids. */
import { type ChildProcess, execFileSync, type SpawnOptions, spawn } from "node:child_process";
import { accessSync, constants, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { endChild, mind } from "../processes.js";
import { Missing } from "./peer.js";

function directoriesOfPrograms(): readonly string[] {
  const path = (process.env["PATH"] ?? "").split(":");
  const debian = "/usr/lib/postgresql";
  try {
    const versions = readdirSync(debian).sort((left, right) => Number(right) - Number(left));
    return [...path, "/usr/sbin", ...versions.map((version) => join(debian, version, "bin"))];
  } catch {
    return [...path, "/usr/sbin"];
  }
}

/** Throws `Missing`. */
export function programPath(name: string): string {
  for (const directory of directoriesOfPrograms()) {
    const path = join(directory, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // not here
    }
  }
  throw new Missing(`${name} is not installed`);
}

/** The first line that a program prints. */
export const printed = (path: string, args: readonly string[]): string =>
  execFileSync(path, args, { encoding: "utf8" }).split("\n")[0] ?? "";

/** A port of the loopback interface that nobody uses now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

const isListening = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true));
    socket.once("error", () => resolve(false));
    socket.once("close", () => socket.destroy());
  }).then((answer) => answer === true);

const startMsMax = 20_000;

/** Starts a server, uses it once it listens, and ends it. */
export async function withServer<Result>(
  path: string,
  args: readonly string[],
  port: number,
  options: SpawnOptions & { readonly endSignal?: NodeJS.Signals },
  use: () => Promise<Result>,
): Promise<Result> {
  const { endSignal = "SIGTERM", ...spawnOptions } = options;
  const child: ChildProcess = mind(spawn(path, args, { stdio: "ignore", ...spawnOptions }));
  try {
    const end = performance.now() + startMsMax;
    while (!(await isListening(port))) {
      if (child.exitCode !== null) throw new Missing(`${path} ended with ${child.exitCode}`);
      if (performance.now() > end) throw new Missing(`${path} does not listen`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return await use();
  } finally {
    await endChild(child, endSignal);
  }
}

/** A package of the folder for peers; its types are unknown here. Throws `Missing`. */
export function packageOf<Shape>(directory: string, name: string): Shape {
  try {
    return createRequire(join(directory, "package.json"))(name) as Shape;
  } catch (error) {
    const { message } = error as Error;
    throw new Missing(`npm package ${name}: ${message.split("\n")[0]}`);
  }
}

export function packageVersion(directory: string, name: string): string {
  const path = join(directory, "node_modules", name, "package.json");
  return packageOf<{ version: string }>(directory, path).version;
}
