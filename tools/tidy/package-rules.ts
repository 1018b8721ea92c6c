/**
 * Rules about package.json and its lock file: `npm ci` works on a machine that knows nothing of us.
 *
 * npm drops the optional packages of other platforms from a lock file that it writes beside an
 * installed tree, or where a registry lacks them; `npm ci` then refuses the whole file.
 */
import { type Finding, lineAt, type Tree } from "./tree.js";

interface Locked {
  readonly hasInstallScript?: boolean;
  readonly resolved?: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const lockPath = "package-lock.json";
const packagePath = "package.json";

const nameOf = (place: string): string => place.slice(place.lastIndexOf("node_modules/") + 13);

export function packageRules(tree: Tree): readonly Finding[] {
  const textOf = (path: string) => tree.others.find((file) => file.path === path)?.text;
  const [lockText, packageText] = [textOf(lockPath), textOf(packagePath)];
  if (lockText === undefined || packageText === undefined) return [];
  const packages = JSON.parse(lockText).packages as Readonly<Record<string, Locked>>;
  const allowed = (JSON.parse(packageText).allowScripts ?? {}) as Readonly<Record<string, unknown>>;
  const names = new Set(Object.keys(packages).map(nameOf));
  const findings: Finding[] = [];
  const add = (path: string, line: number, message: string) =>
    findings.push({ path, line, rule: "packages", message });

  for (const [place, locked] of Object.entries(packages)) {
    const name = nameOf(place);
    const line = lineAt(lockText, Math.max(0, lockText.indexOf(`"${place}"`)));
    if (locked.resolved?.startsWith("http")) {
      add(lockPath, line, `${name} names an address: remove its "resolved", integrity is enough`);
    }
    if (locked.hasInstallScript && allowed[name] === undefined) {
      const message = `${name} has an install script: \`npm install-scripts approve ${name}\``;
      add(packagePath, 1, `${message}, or deny it`);
    }
    for (const optional of Object.keys(locked.optionalDependencies ?? {})) {
      if (names.has(optional)) continue;
      add(lockPath, line, `${name} wants ${optional}, which has no entry: \`npm ci\` would refuse`);
    }
  }
  return findings;
}
