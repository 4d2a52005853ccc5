import { readFileSync } from "node:fs";
import { connect } from "node:net";
import path from "node:path";
import type { InjectOptions } from "fastify";
import { Compile } from "typebox/compile";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { codesByStatus } from "../../../src/server/problem.ts";
import { ProblemAnswer } from "../../../src/server/schemas.ts";
import { type Harness, startHarness, TOKEN } from "./harness.ts";

const fits = Compile(ProblemAnswer);

let harness: Harness;
beforeEach(async () => {
  harness = await startHarness();
});
afterEach(() => harness.close());

const noted = (request: string): readonly string[] =>
  harness.notes
    .filter(({ fields }) => "request" in fields && fields.request === request)
    .map(({ event }) => event);

describe("every refusal", () => {
  test.each([
    ["nobody signed in", { url: "/api/devices" }, 401],
    ["an address that is none", { url: "/api/nothing" }, 404],
    ["an address that cannot be read", { url: "/api/%E0%A4%A" }, 400],
    ["a method that is none there", { method: "PUT", url: "/api/me" }, 404],
    ["a body that does not fit", { method: "POST", url: "/api/sign-in", payload: { code: 7 } }, 400],
    [
      "a body that is no JSON",
      { method: "POST", url: "/api/sign-in", payload: "{", headers: { "content-type": "application/json" } },
      400,
    ],
    [
      "a body of another kind",
      { method: "POST", url: "/api/sign-in", payload: "x", headers: { "content-type": "a/b" } },
      415,
    ],
    [
      "a body that is too long",
      { method: "POST", url: "/api/sign-in", payload: { code: "x".repeat(40_000) } },
      413,
    ],
    [
      "another site",
      { method: "POST", url: "/api/sign-out", headers: { origin: "https://elsewhere.example" } },
      403,
    ],
    ["a token that is none", { method: "POST", url: `/api/r/${TOKEN}x` }, 404],
  ] as const)("is problem details that name their request: %s", async (_, request, status) => {
    const answer = await harness.app.inject(request as InjectOptions);
    expect(answer.statusCode).toBe(status);
    expect(answer.headers["content-type"]).toBe("application/problem+json; charset=utf-8");
    expect(answer.headers["cache-control"]).toBe("no-store");
    const problem = answer.json();
    expect(fits.Check(problem)).toBe(true);
    expect(problem.status).toBe(status);
    expect(problem.type).toBe(`urn:breathwatch:fault:${problem.code}`);
    const id = String(answer.headers["x-request-id"]);
    expect(id).toMatch(/^[0-9a-f]{16}$/);
    expect(problem.instance).toBe(`urn:breathwatch:request:${id}`);
  });

  test("of what failed inside says nothing of the inside, and the log has it under the same name", async () => {
    const cookie = await harness.signIn("therapist");
    harness.store.failure = new Error("secret path /var/x");
    const answer = await harness.app.inject({ url: "/api/beds/b1/nights", headers: { cookie } });
    expect(answer.json()).toMatchObject({ status: 500, code: "SERVER_FAILED" });
    expect(answer.body).not.toContain("secret");
    expect(noted(String(answer.headers["x-request-id"]))).toContain("request.failed");
  });

  test("is one of a request of its own", async () => {
    const ids = await Promise.all(
      Array.from({ length: 20 }, async () => (await harness.app.inject("/api/devices")).json().instance),
    );
    expect(new Set(ids).size).toBe(20);
  });
});

test("an answer that is none of a problem carries its request's name too, as the log does", async () => {
  const answer = await harness.app.inject("/api/me");
  expect(noted(String(answer.headers["x-request-id"]))).toEqual(["request.done"]);
});

test("what is no HTTP at all is told so, as problem details", async () => {
  await harness.app.listen({ port: 0, host: "127.0.0.1" });
  const address = harness.app.server.address() as { readonly port: number };
  const text = await new Promise<string>((resolve, reject) => {
    const socket = connect(address.port, "127.0.0.1", () => socket.write("SSH-2.0-x\r\n\r\n"));
    let heard = "";
    socket.on("data", (data) => {
      heard += data.toString();
    });
    socket.on("close", () => resolve(heard));
    socket.on("error", reject);
  });
  const [head = "", body = ""] = text.split("\r\n\r\n");
  expect(head).toMatch(/^HTTP\/1\.1 400 /);
  expect(head).toContain("content-type: application/problem+json");
  const problem = JSON.parse(body);
  expect(fits.Check(problem)).toBe(true);
  expect(head).toContain(`x-request-id: ${problem.instance.split(":").at(-1)}`);
});

test("every code that an answer may carry has its paragraph, and its status, in the papers", () => {
  const docs = (name: string) => readFileSync(path.join(import.meta.dirname, "../../../docs", name), "utf8");
  const faults = docs("faults.md");
  const errors = docs("api.md").split("## Errors")[1] ?? "";
  for (const [status, codes] of codesByStatus()) {
    const row = errors.split("\n").find((line) => line.startsWith("|") && line.includes(String(status)));
    for (const code of codes) {
      expect(faults).toContain(`## ${code}\n`);
      expect(row, `${status}`).toContain(code);
    }
  }
});
