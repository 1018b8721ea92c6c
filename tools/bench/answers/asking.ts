/** Asks questions, so many callers at a time, over gRPC or over HTTP. */
import { Agent, request } from "node:http";
import type { LensRequest, Moment, Question, StemeClient } from "../../../src/client/index.js";
import { keyQuestions } from "../../importers/claim.js";
import { runClosedLoop } from "../peers/closed-loop.js";
import type { AnswerJobResult, AskJob } from "./answer-jobs.js";
import { pathOf, predicate } from "./claim-maker.js";

/** Questions of the demo that are asked, spread over all of them. */
const demoQuestions = 20_000;
const pageSize = 1_000;

type Ask = (question: Question, asOf: Moment | undefined) => Promise<unknown>;

/** Throws where the answer does not rest on as many claims as it should. */
async function checkClaims(client: StemeClient, job: AskJob, question: Question): Promise<void> {
  const { asked, lens, parameters } = job;
  if (asked.kind === "demo" || asked.claims === undefined) return;
  const subject = { kind: "question", question } as const;
  const { answers } = await client.query({ subject, lens, parameters });
  const considered = answers[0]?.counts.considered;
  if (considered === asked.claims) return;
  throw new Error(`${considered} claims were weighed, and not ${asked.claims}`);
}

/** The demo's questions, as the node lists them: every n-th. */
async function listDemo(client: StemeClient): Promise<readonly Question[]> {
  const found: Question[] = [];
  const which = { kind: "prefix", prefix: keyQuestions.slice(0, -1) } as const;
  for await (const { conceptPath, predicate: name } of client.questionsAll({ which, pageSize })) {
    if (name === "supported_since") found.push({ conceptPath, predicate: name });
  }
  if (found.length === 0) throw new Error("the node knows no question of the demo");
  const step = Math.max(1, Math.floor(found.length / demoQuestions));
  return found.filter((_question, i) => i % step === 0);
}

function overGrpc(client: StemeClient, { lens, parameters }: AskJob): Ask {
  return async (question, asOf) => {
    const asked: LensRequest = { lens, parameters, ...(asOf === undefined ? {} : { asOf }) };
    const { answers } = await client.query({ subject: { kind: "question", question }, ...asked });
    if (answers.length === 0) throw new Error(`${question.conceptPath} has no answer`);
  };
}

/** By connections that are kept, as the client keeps its own. */
function overHttp(address: string, { lens, parameters, callers }: AskJob): Ask {
  const { hostname: host, port } = new URL(`http://${address}`);
  const agent = new Agent({ keepAlive: true, maxSockets: callers });
  const { decay, voices } = parameters;
  return ({ conceptPath, predicate: name }) =>
    new Promise((resolve, reject) => {
      const body = { concept_path: conceptPath, predicate: name, lens, decay, voices };
      const headers = { "content-type": "application/json" };
      const call = request(
        { host, port, path: "/v1/query", method: "POST", agent, headers },
        (response) => {
          let text = "";
          response.setEncoding("utf8");
          response.on("data", (part: string) => {
            text += part;
          });
          response.once("end", () => {
            const { answers = [] } = JSON.parse(text) as { answers?: readonly unknown[] };
            if (response.statusCode === 200 && answers.length > 0) resolve(answers);
            else reject(new Error(`HTTP ${response.statusCode}: ${text.slice(0, 200)}`));
          });
        },
      );
      call.once("error", reject);
      call.end(JSON.stringify(body));
    });
}

export async function askQuestions(
  client: StemeClient,
  job: AskJob,
): Promise<Omit<AnswerJobResult, "fromMs" | "untilMs">> {
  const { asked, httpAddress, callers, seconds, warmUpSeconds, asOfMs } = job;
  const questions =
    asked.kind === "demo"
      ? await listDemo(client)
      : [{ conceptPath: pathOf(asked.question), predicate }];
  const [first] = questions;
  if (first !== undefined) await checkClaims(client, job, first);
  const ask = httpAddress === undefined ? overGrpc(client, job) : overHttp(httpAddress, job);
  const momentOf = (): Moment | undefined => {
    if (asOfMs === undefined) return undefined;
    const { from, until } = asOfMs;
    return { kind: "recorded", recordedMs: Math.floor(from + Math.random() * (until - from)) };
  };
  const loop = { inFlight: callers, entriesPerCall: 1, seconds, warmUpSeconds };
  const figures = await runClosedLoop(loop, () => {
    const question = questions[Math.floor(Math.random() * questions.length)];
    return question === undefined ? undefined : ask(question, momentOf());
  });
  return { figures, entries: 0 };
}
