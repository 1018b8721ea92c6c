/**
 * Goal: a call that is given up at once is given up at the node too. Method: a real node; what is
 * cancelled in the turn in which it was opened, counted by the node.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { connect } from "../../src/client/index.js";
import { presetOptions } from "../../src/config/index.js";
import { silentProbe } from "../../src/observability/probe.js";
import { startServer } from "../../src/server.js";
import { eventually, rejects } from "../support/expect.js";
import { temporaryDirectory } from "../support/temporary.js";

const test = suite("integration: cancel");

test("subscribe: given up before it began, nothing stays open at the node", async () => {
  const preset = presetOptions();
  const grpc = { ...preset.grpc, address: "127.0.0.1:0" };
  const dataDir = await temporaryDirectory();
  const http = { ...preset.http, address: "127.0.0.1:0" };
  const server = await startServer({ ...preset, dataDir, grpc, http }, silentProbe);
  const client = connect({ address: server.grpcAddress });
  await client.ready();
  for (let time = 0; time < 20; time++) {
    const subscription = client.subscribe({ start: "start", signal: AbortSignal.abort() });
    await rejects(subscription.next(), "CANCELLED");
  }
  const lefts = Array.from({ length: 20 }, () => client.subscribe({ start: "start" }));
  for (const left of lefts) {
    void left.next();
    left.close();
  }
  const nothingOpen = async () => (await client.status()).subscriptions === 0;
  await eventually(nothingOpen, 5_000, "no subscription is left");
  client.close();
  const begun = performance.now();
  await server.stop();
  assert.ok(performance.now() - begun < 5_000, "stopping does not wait for a call of nobody");
});

test.run();
