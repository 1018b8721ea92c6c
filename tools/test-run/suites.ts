/**
 * The suites and what each may cost. A test file belongs to the suite named after its first folder
 * below test/, or else to `unit`.
 *
 * A file over its limit is killed and counts as failed; a suite over its budget stops, and the
 * files that did not get their turn count as failed: a test that does not run must not look green.
 */

export interface Suite {
  readonly name: string;
  /** One line for `--list`. */
  readonly about: string;
  /** A file that runs longer is killed. */
  readonly fileSecondsMax: number;
  /** All its files together, by the wall clock. */
  readonly secondsMax: number;
  /** Files at a time: one where a test measures time or wants the whole machine. */
  readonly atOnce: number;
}

const unitSuite: Suite = {
  name: "unit",
  about: "test/<folder of src>: one unit at a time, on real parts where they are cheap",
  fileSecondsMax: 60,
  secondsMax: 300,
  atOnce: 2,
};

/** In the order in which they run: what fails fast comes first. */
export const suites: readonly Suite[] = [
  {
    name: "tools",
    about: "the repository's own checks and generators",
    fileSecondsMax: 60,
    secondsMax: 60,
    atOnce: 2,
  },
  unitSuite,
  {
    name: "contract",
    about: "the same tests for every implementation of an interface",
    fileSecondsMax: 60,
    secondsMax: 60,
    atOnce: 2,
  },
  {
    name: "golden",
    about: "recorded conversations, read as prose",
    fileSecondsMax: 60,
    secondsMax: 60,
    atOnce: 2,
  },
  {
    name: "formats",
    about: "data directories written by earlier versions",
    fileSecondsMax: 60,
    secondsMax: 60,
    atOnce: 2,
  },
  {
    name: "runtimes",
    about: "the same bytes under every Node.js that is there",
    fileSecondsMax: 120,
    secondsMax: 90,
    atOnce: 1,
  },
  {
    name: "simulator",
    about: "production code on a seeded disk, clock and network",
    fileSecondsMax: 120,
    secondsMax: 90,
    atOnce: 2,
  },
  {
    name: "crash",
    about: "every cut and torn write of a history opens",
    fileSecondsMax: 180,
    secondsMax: 150,
    atOnce: 2,
  },
  {
    name: "integration",
    about: "whole processes over sockets and a real disk",
    fileSecondsMax: 180,
    secondsMax: 300,
    atOnce: 2,
  },
];

/** The suite of a test file, given its path below test/. */
export function suiteOf(path: string): Suite {
  const [folder] = path.split("/");
  return suites.find((suite) => suite.name === folder) ?? unitSuite;
}
