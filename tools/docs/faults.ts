/** docs/reference/faults.md, from `faultMeanings`. */
import { faultMeanings } from "../../src/model/fault.js";
import { generatedNote, join, type Page } from "./page.js";

export function faultsPage(): Page {
  const parts = [
    "# Faults",
    generatedNote,
    "A fault is an operating error: expected, named, and to be handled. Branch on its code, " +
      "never on its message: a code keeps its meaning for good, and messages are reworded. Over " +
      "gRPC the code and the facts travel as a `steme.v1.FaultDetail` in " +
      "`grpc-status-details-bin`, and in the outcome of each refused batch; the CLI prints " +
      "them as JSON with `--json`.",
  ];
  for (const [code, meaning] of Object.entries(faultMeanings)) parts.push(`## ${code}`, meaning);
  return { path: "docs/reference/faults.md", text: join(parts) };
}
