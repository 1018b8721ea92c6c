/**
 * Goal: the API describes itself in full, and its examples are requests that it takes. Method:
 * walks over `/openapi.json`, and sends every example of a body to its route.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { problemOf, statusOf } from "../../src/http/problem.js";
import { Fault, type FaultCode, faultMeanings } from "../../src/model/fault.js";
import { storedAssertion } from "./fake-parts.js";
import { HttpSubject } from "./http-subject.js";

const test = suite("http: openapi");

interface Described {
  readonly method: string;
  readonly path: string;
  // biome-ignore lint/suspicious/noExplicitAny: a description is JSON of many shapes
  readonly operation: any;
}

const operationsOf = (subject: HttpSubject): readonly Described[] =>
  Object.entries(subject.document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method, path, operation })),
  );

async function on(work: (subject: HttpSubject) => Promise<void>): Promise<void> {
  const subject = await HttpSubject.open();
  try {
    await work(subject);
  } finally {
    await subject.close();
  }
}

test("every route is described, once, with words for everything", () =>
  on(async (subject) => {
    assert.is(subject.document.json["openapi"], "3.1.0");
    const operations = operationsOf(subject);
    const names = operations.map(({ operation }) => operation.operationId);
    assert.is(new Set(names).size, names.length);
    for (const { method, path, operation } of operations) {
      const where = `${method} ${path}`;
      assert.match(operation.summary, /\.$|: .*$/, where);
      assert.is(operation.tags.length, 1, where);
      assert.ok(operation.responses["200"], where);
      for (const parameter of operation.parameters ?? []) {
        assert.ok(
          parameter.description ?? parameter.schema.description,
          `${where} ${parameter.name}`,
        );
      }
    }
    assert.ok(names.includes("assert") && names.includes("query") && names.includes("feed"));
    assert.is(operations.length, 22);
  }));

test("what is referred to is there, and nothing of the framework shows", () =>
  on(async (subject) => {
    const text = JSON.stringify(subject.document.json);
    for (const [, name = ""] of text.matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)) {
      const { schemas } = subject.document.json["components"] as { schemas: object };
      assert.ok(Object.hasOwn(schemas, name), name);
    }
    assert.not.match(text, /"\$ref":"(?!#\/components\/schemas\/\w+")/);
    assert.not.match(text, /\$id|def-\d/);
  }));

test("every example of a body is one that its route takes", () =>
  on(async (subject) => {
    let count = 0;
    for (const { method, path, operation } of operationsOf(subject)) {
      if (method !== "post") continue;
      const content = operation.requestBody.content["application/json"];
      const examples = Object.values(content.examples ?? {}).map(
        (one) => (one as { value: Record<string, unknown> }).value,
      );
      if (content.example !== undefined) examples.push(content.example);
      if (content.schema.example !== undefined) examples.push(content.schema.example);
      assert.ok(examples.length > 0, `${path} has an example`);
      for (const example of examples) {
        const { target } = example;
        if (typeof target === "string") {
          const stored = storedAssertion();
          subject.entries.stored.set(target, stored);
        }
        const heard = await subject.post(path, example);
        assert.ok(heard.status < 300, `${path} ${JSON.stringify(example)}: ${heard.text}`);
        count++;
      }
    }
    assert.ok(count >= 12);
  }));

test("problems: every code has a status, a title that stays, and its facts", () => {
  for (const code of Object.keys(faultMeanings) as FaultCode[]) {
    const status = statusOf[code];
    assert.ok(status >= 400 && status < 600, code);
    assert.equal(problemOf(new Fault(code, "what happened", { field: "x" })), {
      type: `urn:stemedb:fault:${code}`,
      title: faultMeanings[code],
      status,
      detail: "what happened",
      code,
      facts: { field: "x" },
    });
  }
});

test.run();
