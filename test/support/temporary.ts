/** Directories that tests may fill: under the system's place for such, gone when the test ends. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const made = new Set<string>();

/** Removes what an earlier call made, at once instead of at exit. */
export function removeDirectory(path: string): void {
  rmSync(path, { recursive: true, force: true, maxRetries: 3 });
  made.delete(path);
}

/** Makes an empty directory and returns its path. It is removed when the process exits. */
export function temporaryDirectory(purpose = "test"): string {
  if (made.size === 0) process.once("exit", removeAll);
  const path = mkdtempSync(join(tmpdir(), `stemedb-${purpose}-`));
  made.add(path);
  return path;
}

function removeAll(): void {
  for (const path of made) removeDirectory(path);
}
