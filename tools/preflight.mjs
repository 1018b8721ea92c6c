/**
 * Says in one sentence what is missing, before anything else can fail for the want of it.
 *
 * Plain JavaScript without dependencies and for any Node.js version: it runs before the build, and
 * perhaps on a machine where nothing could be installed.
 */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";

const versionMin = [20, 19];
const require = createRequire(import.meta.url);
const root = new URL("..", import.meta.url);

function stop(sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < versionMin[0] || (major === versionMin[0] && minor < versionMin[1])) {
  stop(
    `StemeDB needs Node.js ${versionMin.join(".")} or newer, and this is ${process.version}: ` +
      "install a newer one (https://nodejs.org) and run `npm ci` again.",
  );
}
if (!existsSync(new URL("node_modules", root))) {
  stop("Nothing is installed yet: run `npm ci` first.");
}

/** What each native module is needed for, and what to do where it does not load. */
const modules = [
  {
    name: "node-lmdb",
    remedy:
      "It is compiled while it is installed, which needs Python 3, make and a C++ compiler: run " +
      "`apt-get install python3 make g++` (or what your system calls them), then `npm ci` again. " +
      "After a change of the Node.js version `npm rebuild node-lmdb` is enough.",
  },
  {
    name: "sodium-native",
    remedy: "Run `npm ci` again; it comes ready-made for Linux, macOS and Windows.",
  },
  {
    name: "lz4-napi",
    remedy:
      "Run `npm ci` again, without `--omit=optional`: its binaries are optional packages, one " +
      "for each platform.",
  },
];

for (const { name, remedy } of modules) {
  try {
    require(name);
  } catch (error) {
    const why = error instanceof Error ? error.message.split("\n")[0] : String(error);
    stop(`MODULE_MISSING: the native module ${name} does not load here. ${remedy} (${why})`);
  }
}
