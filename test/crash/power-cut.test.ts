/**
 * Goal: whenever the power fails, every acknowledged entry is there when the log opens again, and
 * nothing else than what was appended. Method: scripted histories on a simulated disk; the disks
 * that a cut after each single event may leave are made, all of them where they are few and a
 * sample where not, and each is opened, read whole, appended to and opened once more. Recovery is
 * cut in the same way, since the power may fail while it repairs.
 *
 * A failing state is named, and one command opens it alone:
 *
 *     STEMEDB_CRASH=<script>/<event>/<state> node dist/test/crash/power-cut.test.js
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { crashStates } from "../support/crash-states.js";
import { Seeded } from "../support/seeded.js";
import type { SimulatedDisk } from "../support/simulated-disk.js";
import type { Snapshot } from "../support/simulated-image.js";
import { checkState } from "./legal-state.js";
import { ScriptedLog, scripts } from "./scripted-log.js";
import { isFormatted } from "./subject.js";

const statesPerCutMax = 40;
/** Of so many states of the first cut, recovery itself is cut too. */
const recoveriesPerScriptMax = 24;
const statesPerRecoveryCutMax = 8;

const { STEMEDB_CRASH: repeated } = process.env;
const [wantedScript, wantedEvent, wantedState] = (repeated ?? "").split("/");

const test = suite("crash: power cut");

const place = (...parts: readonly (string | number)[]): string => parts.join("/");

async function named(name: string, label: string, check: () => Promise<unknown>): Promise<void> {
  try {
    await check();
  } catch (error) {
    const command = `STEMEDB_CRASH=${name} node ${process.argv[1]}`;
    const why = error instanceof Error ? error.message : String(error);
    const text = `${why}\n  at ${name} (${label}), repeat it with\n  ${command}`;
    throw new Error(text, { cause: error });
  }
}

function* statesOf(snapshot: Snapshot, event: number, countMax: number) {
  const states = crashStates(snapshot, { random: new Seeded(event), countMax });
  let number = 0;
  for (const state of states) {
    if (wantedState === undefined || wantedState === String(number)) yield { number, ...state };
    number += 1;
  }
}

/** Goes on from a state, recording, and opens what cuts of that leave: recovery is cut too. */
async function cutRecovery(
  scripted: ScriptedLog,
  crashed: SimulatedDisk,
  eventCount: number,
): Promise<number> {
  const disk = crashed.copy();
  disk.isRecording = true;
  const next = scripted.after(disk, eventCount);
  if (!(await isFormatted(next.subject))) return 0;
  await next.open();
  await next.acknowledgeAll();
  await next.append(2);
  await next.close();
  let count = 0;
  for (const [event, { snapshot, what }] of disk.events.entries()) {
    const random = new Seeded(event);
    for (const state of crashStates(snapshot, { random, countMax: statesPerRecoveryCutMax })) {
      count += 1;
      try {
        await checkState(next, state.disk, event + 1);
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        const text = `gone on, cut after event ${event} «${what}» (${state.label}): ${why}`;
        throw new Error(text, { cause: error });
      }
    }
  }
  return count;
}

for (const script of scripts) {
  if (wantedScript !== undefined && wantedScript !== "" && wantedScript !== script.name) continue;

  test(`${script.name}: every cut opens to a legal state`, async () => {
    const scripted = new ScriptedLog(script.options);
    await script.run(scripted);
    const { events } = scripted.disk;
    let stateCount = 0;
    let recoveryCount = 0;
    let recoveryStateCount = 0;
    const stride = Math.ceil(events.length / recoveriesPerScriptMax);
    for (const [event, { snapshot, what }] of events.entries()) {
      if (wantedEvent !== undefined && wantedEvent !== String(event)) continue;
      for (const state of statesOf(snapshot, event, statesPerCutMax)) {
        const name = place(script.name, event, state.number);
        const label = `after «${what}»: ${state.label}`;
        stateCount += 1;
        const before = state.disk.copy();
        await named(name, label, () => checkState(scripted, state.disk, event + 1));
        // The last states of a cut are the odd ones; every few events one of them is taken.
        const isPicked = event % stride === 0 && state.number === (event / stride) % 5;
        if (script.isLarge || (!isPicked && wantedState === undefined)) continue;
        await named(name, label, async () => {
          recoveryCount += 1;
          recoveryStateCount += await cutRecovery(scripted, before, event + 1);
        });
      }
    }
    console.log(
      `  ${script.name}: ${events.length} cuts, ${stateCount} states opened; ` +
        `${recoveryCount} of them went on and were cut again, ${recoveryStateCount} states opened`,
    );
    assert.ok(stateCount > 0, "there are states");
  });
}

test.run();
