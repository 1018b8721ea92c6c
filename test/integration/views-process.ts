/**
 * A main process that a test kills: a log with views beside it, under load from the first moment.
 * It tells the process id of the writer, and when something was applied in this life.
 */
import { Seeded } from "../support/seeded.js";
import { ViewsSubject } from "./views-subject.js";

const [directory = "", life = "0"] = process.argv.slice(2);
const random = new Seeded(Number(life) + 1);
const subject = await ViewsSubject.open(directory, 256 * 1024);
const numbers = await subject.numbersStored();
subject.resume(numbers);
const views = await subject.openViews();
console.log(views.status().writerPid);
const end = subject.log.size + 200 + random.below(400);
const told = (async () => {
  await views.reached(end, { withinMs: 60_000, signal: new AbortController().signal });
  console.log("applied");
})();
for (;;) {
  await subject.append(1 + random.below(60));
  if (random.chance(10)) await Promise.race([told, new Promise((done) => setTimeout(done, 2))]);
}
