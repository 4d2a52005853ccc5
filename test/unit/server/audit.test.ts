import { afterEach, describe, expect, it } from "vitest";
import { settle } from "../../../src/rehearsal/clock.ts";
import { type Harness, startHarness } from "./harness.ts";

let harness: Harness;
afterEach(() => harness.close());

async function ask(query: string) {
  harness = await startHarness();
  const cookie = await harness.signIn("therapist", "Dr Wu");
  return harness.app.inject({ url: `/api/beds/b1/audit${query}`, headers: { cookie } });
}

describe("the audit record over HTTP", () => {
  it("comes as JSON Lines, whole where no time was asked for", async () => {
    const answer = await ask("");
    expect(answer.statusCode).toBe(200);
    expect(answer.headers["content-type"]).toBe("application/x-ndjson; charset=utf-8");
    expect(answer.headers["content-disposition"]).toMatch(
      /^attachment; filename="breathwatch-b1-audit.*\.jsonl"$/,
    );
    expect(answer.headers["cache-control"]).toBe("no-store");
    expect(answer.body).toBe('{"n":1}\n{"n":2}\n');
    expect(harness.exports).toEqual([{ bed: "b1", format: "jsonl", from: 0, to: Number.MAX_SAFE_INTEGER }]);
  });

  it("comes as CSV for a stretch of time", async () => {
    const answer = await ask("?from=1000&to=2000&format=csv");
    expect(answer.headers["content-type"]).toBe("text/csv; charset=utf-8");
    expect(harness.exports).toEqual([{ bed: "b1", format: "csv", from: 1_000, to: 2_000 }]);
  });

  it("writes down who took it", async () => {
    await ask("?from=5&to=6");
    const [entry] = await harness.state.audits(1);
    expect(entry).toMatchObject({ action: "audit_export", detail: "b1 5 to 6" });
    expect(entry?.person).toBeDefined();
  });

  it.each([["?from=2000&to=1000"], ["?from=x"], ["?format=xml"]])("refuses %s", async (query) => {
    const answer = await ask(query);
    expect(answer.statusCode).toBe(400);
    expect(harness.exports).toEqual([]);
  });

  it("knows no other bed", async () => {
    harness = await startHarness();
    const cookie = await harness.signIn("owner");
    const answer = await harness.app.inject({ url: "/api/beds/b9/audit", headers: { cookie } });
    expect(answer.statusCode).toBe(404);
  });

  it("takes a third export only when one of two is over", async () => {
    harness = await startHarness();
    const cookie = await harness.signIn("owner");
    const gate = Promise.withResolvers<void>();
    harness.auditPieces = (async function* () {
      yield "first\n";
      await gate.promise;
    })();
    const take = () => harness.app.inject({ url: "/api/beds/b1/audit", headers: { cookie } });
    const running = [take(), take()];
    while (harness.exports.length < 2) await settle();
    expect((await take()).statusCode).toBe(429);
    gate.resolve();
    await Promise.all(running);
    await settle();
    harness.auditPieces = ["again\n"];
    expect((await take()).body).toBe("again\n");
  });
});
