#!/usr/bin/env node
/** `steme`: the command line of StemeDB. */
import { runProcess } from "./process.js";

await runProcess(process.argv.slice(2));
