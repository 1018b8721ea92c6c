/** A parent that a test kills: starts a child, tells its process id, and has it do something. */
import { systemChildren } from "../../src/host/children.js";

const module = new URL("./child-echo.js", import.meta.url);
const child = systemChildren.start(module, undefined);
child.onMessage((message) => {
  if (message === "spinning") console.log(child.processId);
  else child.post("spin");
});
if (process.argv[2] === "spin") child.post("spin");
else child.onMessage(() => {});
if (process.argv[2] === "idle") console.log(child.processId);
setInterval(() => {}, 1000);
