/**
 * Which paths mean one concept.
 *
 * A path is followed from alias to alias, at most 8 hops. Aliases that come back to a path seen on
 * the way form a cycle, and all that lead into it within those hops mean its smallest path; a chain
 * that is longer is left where the 8th hop ends.
 */
import { compareText } from "./keys.js";

const hopsMax = 8;

export class Aliases {
  readonly #next: ReadonlyMap<string, string>;
  /** Made when it is asked for: canonical path → the paths that resolve to it. */
  #resolving: ReadonlyMap<string, readonly string[]> | undefined;

  /** From each path that has an alias to what its latest one says. */
  constructor(next: ReadonlyMap<string, string>) {
    this.#next = next;
  }

  canonicalPath(path: string): string {
    if (!this.#next.has(path)) return path;
    const seen = [path];
    let last = path;
    for (let hop = 0; hop < hopsMax; hop++) {
      const next = this.#next.get(last);
      if (next === undefined) return last;
      const start = seen.indexOf(next);
      if (start >= 0) return smallest(seen.slice(start));
      seen.push(next);
      last = next;
    }
    return last;
  }

  /** All paths that resolve to this one, itself included, in the order of their bytes. */
  pathsOf(canonical: string): readonly string[] {
    if (this.#next.size === 0) return [canonical];
    this.#resolving ??= this.#resolveAll();
    const paths = new Set(this.#resolving.get(canonical));
    return [...paths.add(canonical)].sort(compareText);
  }

  #resolveAll(): ReadonlyMap<string, readonly string[]> {
    const resolving = new Map<string, string[]>();
    for (const path of this.#next.keys()) {
      const canonical = this.canonicalPath(path);
      const paths = resolving.get(canonical);
      if (paths) paths.push(path);
      else resolving.set(canonical, [path]);
    }
    return resolving;
  }
}

const smallest = (paths: readonly string[]): string =>
  paths.reduce((least, path) => (compareText(path, least) < 0 ? path : least));
