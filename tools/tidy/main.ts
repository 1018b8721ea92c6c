/**
 * The repository checks itself: `npm run check` ends here. Each finding says what to do.
 *
 *     node dist/tools/tidy/main.js            everything
 *     node dist/tools/tidy/main.js --fast     only what needs no other program
 *     node dist/tools/tidy/main.js --write    writes the generated parts of pages
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { generatedRules } from "./generated-rules.js";
import { importRules } from "./import-rules.js";
import { markdownRules, withFloors } from "./markdown-rules.js";
import { packageRules } from "./package-rules.js";
import { sourceRules } from "./source-rules.js";
import { readTree } from "./tree.js";

const root = process.cwd();
const say = (text: string) => process.stdout.write(`${text}\n`);

function writeGenerated(): void {
  const path = join(root, "docs/ARCHITECTURE.md");
  if (!existsSync(path)) return;
  const text = readFileSync(path, "utf8");
  const fresh = withFloors(text);
  if (fresh !== undefined && fresh !== text) writeFileSync(path, fresh);
}

async function check(isFast: boolean): Promise<void> {
  const outside = isFast ? Promise.resolve([]) : generatedRules(root, say);
  const tree = readTree(root);
  const findings = [
    ...importRules(tree),
    ...sourceRules(tree),
    ...markdownRules(tree),
    ...packageRules(tree),
    ...(await outside),
  ];
  findings.sort((left, right) => left.path.localeCompare(right.path) || left.line - right.line);
  for (const { path, line, rule, message } of findings) say(`${path}:${line}: ${rule}: ${message}`);
  const files = tree.sources.length + tree.others.length;
  say(`tidy: ${findings.length} findings in ${files} files`);
  process.exitCode = findings.length > 0 ? 1 : 0;
}

if (process.argv.includes("--write")) writeGenerated();
else await check(process.argv.includes("--fast"));
