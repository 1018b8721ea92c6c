/**
 * Goal: `stemedb/lens` runs where there is no Node. Method: every module that it reaches is read
 * for imports that only Node has; answers are computed while Node's own globals are taken away.
 */
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { lensNames } from "../../src/model/answer.js";
import { dayMs, Story } from "../support/story.js";

const test = suite("lens: browser");

/** All modules that one reaches, and what they import from elsewhere. */
function reached(start: URL): { readonly files: ReadonlySet<string>; readonly foreign: string[] } {
  const files = new Set<string>();
  const foreign: string[] = [];
  const open = [start];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (files.has(next.href)) continue;
    files.add(next.href);
    const text = readFileSync(next, "utf8");
    for (const [, specifier = ""] of text.matchAll(/^(?:import|export)\b[^;]*?from "([^"]+)"/gm)) {
      if (specifier.startsWith(".")) open.push(new URL(specifier, next));
      else foreign.push(`${next.pathname}: ${specifier}`);
    }
    assert.not.match(text, /\bimport\(|\brequire\(/, next.pathname);
  }
  return { files, foreign };
}

test("nothing that it reaches imports a package or a module of Node", () => {
  const { files, foreign } = reached(new URL("../../src/lens/index.js", import.meta.url));
  assert.ok(files.size > 20, "the walk finds the modules");
  assert.equal(foreign, []);
  for (const file of files) assert.match(file, /\/src\/(lens|model|invariant)\//);
});

test("answers are computed without Buffer and process", async () => {
  const lens = await import("../../src/lens/index.js");
  const story = new Story();
  story.grant("root", "cur", { role: "curator" });
  story.alias("cur", "asa", "drug/aspirin");
  const claim = story.claim("ann", "yes");
  story.deny("bob", "yes", { conceptPath: "asa", parent: claim.id });
  story.vote("cat", claim, 5);
  story.judge("cur", claim, "right");
  const input = story.after(dayMs).input({ authorsOut: [new Uint8Array(32)] });
  const names = ["Buffer", "process"] as const;
  const globals: Record<string, unknown> = globalThis;
  const taken = names.map((name) => Object.getOwnPropertyDescriptor(globals, name));
  const answered: string[] = [];
  try {
    for (const name of names) delete globals[name];
    for (const name of lensNames) {
      if (name === "constraints") continue;
      answered.push(...lens.resolve({ ...input, lens: name }).map(({ status }) => status));
      lens.explain({ ...input, lens: name });
    }
    const history = { ...input.history, predicate: "must_use" };
    lens.resolveConstraints([{ ...input, history }], "drug/aspirin");
    lens.cutAtSizes(new Map([["00".repeat(32), 1]])).includes(claim);
  } finally {
    names.forEach((name, at) => {
      Object.defineProperty(globals, name, taken[at] ?? {});
    });
  }
  assert.is(answered.length, 7);
});

test.run();
