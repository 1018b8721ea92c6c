/**
 * Goal: where the main process is killed its writer of views is not left behind, and the next life
 * goes on from what was committed: nothing is lost, doubled or built anew. Method: three lives of a
 * process under load, each killed once something of its own was applied; then the naive model.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { LineChild } from "../support/child.js";
import { eventually } from "../support/expect.js";
import { temporaryDirectory } from "../support/temporary.js";
import { checkViews, ViewsSubject } from "./views-subject.js";

const test = suite("integration: views, main killed");

const mainModule = new URL("./views-process.js", import.meta.url);

function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch {
    return false;
  }
}

test("the main process is killed: its writer ends, and the next life goes on", async () => {
  const directory = temporaryDirectory("views");
  for (let life = 0; life < 3; life++) {
    const main = new LineChild(mainModule, [directory, String(life)]);
    const writer = Number(await main.next());
    assert.is(isAlive(writer), true);
    await main.next(); // some entries were applied
    await main.kill();
    await eventually(() => !isAlive(writer), 3_000, "the end of the writer");
  }
  const subject = await ViewsSubject.open(directory, 256 * 1024);
  const views = await subject.openViews();
  const appended = await subject.numbersStored();
  subject.resume(appended);
  assert.ok(appended.length > 600);
  await checkViews(views, subject);
  assert.is(views.status().generation, 1, "nothing was built anew");
  await views.close();
  await subject.close();
});

test.run();
