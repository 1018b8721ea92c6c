/** Rules about the pages: one title each, no dangling link, generated parts as generated. */
import { posix } from "node:path";
import { floorsTable } from "./floors.js";
import { type Finding, lineAt, type Tree, type TreeFile } from "./tree.js";

const index = "docs/README.md";
const architecture = "docs/ARCHITECTURE.md";
const floorsStart = "<!-- floors: generated from tools/tidy/floors.ts -->";
const floorsEnd = "<!-- floors: end -->";

/** Without fenced code and code spans, at the same length. */
const proseOf = (text: string): string =>
  text
    .replace(/^( *)(```|~~~)[^\n]*\n[\s\S]*?^\1\2/gm, (block) => block.replace(/[^\n]/g, " "))
    .replace(/`[^`\n]*`/g, (span) => " ".repeat(span.length));

/** The anchors that headings get on the usual hosts: lower case, blanks to dashes. */
function anchorsOf(text: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  const counts = new Map<string, number>();
  const fenced = text.replace(/^( *)(```|~~~)[^\n]*\n[\s\S]*?^\1\2/gm, "");
  for (const [, title = ""] of fenced.matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm)) {
    const slug = title
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replace(/\s/g, "-");
    const count = counts.get(slug) ?? 0;
    counts.set(slug, count + 1);
    anchors.add(count === 0 ? slug : `${slug}-${count}`);
  }
  return anchors;
}

function checkTitle(file: TreeFile): readonly Finding[] {
  const titles = [...proseOf(file.text).matchAll(/^# /gm)];
  if (titles.length === 1) return [];
  const message = `${titles.length} titles: a page has exactly one line that begins with \`# \``;
  const line = lineAt(file.text, titles[1]?.index ?? 0);
  return [{ path: file.path, line, rule: "pages", message }];
}

interface Link {
  readonly target: string;
  /** From the root. */
  readonly path: string;
  readonly anchor: string | undefined;
  readonly line: number;
}

/** Links into the tree. */
function linksOf(file: TreeFile): readonly Link[] {
  const links: Link[] = [];
  for (const found of proseOf(file.text).matchAll(/\]\(\s*<?([^)\s>]+)>?[^)]*\)/g)) {
    const target = found[1] ?? "";
    if (/^[a-z][a-z0-9+.-]*:/i.test(target)) continue;
    const [relative = "", anchor] = target.split("#");
    const path = relative
      ? posix.join(posix.dirname(file.path), decodeURI(relative)).replace(/\/$/, "")
      : file.path;
    links.push({ target, path, anchor, line: lineAt(file.text, found.index) });
  }
  return links;
}

function checkLinks(tree: Tree, pages: ReadonlyMap<string, TreeFile>, file: TreeFile) {
  const findings: Finding[] = [];
  for (const { target, path, anchor, line } of linksOf(file)) {
    const add = (message: string) =>
      findings.push({ path: file.path, line, rule: "links", message });
    if (path !== "." && !tree.has(path)) add(`${target} leads nowhere: ${path} is not in the tree`);
    else if (anchor) {
      const page = pages.get(path);
      if (page && !anchorsOf(page.text).has(anchor)) add(`${path} has no heading #${anchor}`);
    }
  }
  return findings;
}

/** The page with its generated part written anew; `undefined` where the marks are missing. */
export function withFloors(text: string): string | undefined {
  const start = text.indexOf(floorsStart);
  const end = text.indexOf(floorsEnd);
  if (start < 0 || end < start) return undefined;
  return `${text.slice(0, start)}${floorsStart}\n\n${floorsTable()}\n\n${text.slice(end)}`;
}

function checkFloorsTable(file: TreeFile): readonly Finding[] {
  if (file.path !== architecture) return [];
  const fresh = withFloors(file.text);
  if (fresh === file.text) return [];
  const message = fresh
    ? "the table of floors is stale: run `npm run generate`"
    : `the marks around the table of floors are missing: ${floorsStart} … ${floorsEnd}`;
  const line = lineAt(file.text, Math.max(0, file.text.indexOf(floorsStart)));
  return [{ path: file.path, line, rule: "generated", message }];
}

/** The index names every page, so that each is found and has its place in an order. */
function checkIndex(pages: ReadonlyMap<string, TreeFile>): readonly Finding[] {
  const list = pages.get(index);
  if (!list) return [];
  const listed = new Set(linksOf(list).map(({ path }) => path));
  return [...pages.keys()]
    .filter((path) => path.startsWith("docs/") && path !== index && !listed.has(path))
    .map((path) => ({ path, line: 1, rule: "pages", message: `no link from ${index}: add one` }));
}

export function markdownRules(tree: Tree): readonly Finding[] {
  const files = tree.others.filter((file) => file.path.endsWith(".md"));
  const pages = new Map(files.map((file) => [file.path, file] as const));
  return [
    ...checkIndex(pages),
    ...files.flatMap((file) => [
      ...checkTitle(file),
      ...checkLinks(tree, pages, file),
      ...checkFloorsTable(file),
    ]),
  ];
}
