#!/usr/bin/env node
/** `stemedb-api`: the server under the name that operators know; the same as `steme serve`. */
import { runProcess } from "./process.js";

const typed = process.argv.slice(2);
const asksVersion = typed[0] === "--version" || typed[0] === "-V";
await runProcess(asksVersion ? typed : ["serve", ...typed]);
