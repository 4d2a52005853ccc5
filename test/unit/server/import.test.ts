import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Fault } from "../../../src/domain/fault.ts";
import type { ImportState } from "../../../src/server/contract/import.ts";
import type { Imports } from "../../../src/server/deps.ts";
import { type Harness, startHarness } from "./harness.ts";

const STATE: ImportState = {
  ...{ family: "resmed-card", name: "card.zip", phase: "receiving", received: 3 },
  ...{ nights: 0, rows: 0, serials: [], timeless: 0, simulated: false },
};
const URL_ = "/api/beds/b1/import?family=resmed-card&name=card.zip&at=0&last=false&total=9";

let harness: Harness;
let cookie: string;
let pieces: Parameters<Imports["take"]>[0][];
let refusal: Fault | undefined;
beforeEach(async () => {
  pieces = [];
  refusal = undefined;
  harness = await startHarness({
    imports: {
      families: () => [{ id: "resmed-card", vendor: "ResMed", model: "a card" }],
      state: (bed) => (bed === "b1" && pieces.length > 0 ? STATE : undefined),
      async take(piece) {
        if (refusal !== undefined) throw refusal;
        pieces.push(piece);
        return STATE;
      },
    },
  });
  cookie = await harness.signIn("therapist");
});
afterEach(async () => {
  expect(harness.complaints()).toEqual([]);
  await harness.close();
});

const send = (url: string, payload: Buffer | string, type = "application/octet-stream") =>
  harness.app.inject({ method: "POST", url, payload, headers: { cookie, "content-type": type } });

describe("bringing a card", () => {
  it("hands each piece on as it came, with who sent it", async () => {
    const bytes = Buffer.from([0x50, 0x4b, 0x00]);
    const answer = await send(URL_, bytes);
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual(STATE);
    const { id } = await harness.person("therapist");
    expect(pieces).toMatchObject([
      { bed: "b1", family: "resmed-card", name: "card.zip", at: 0, last: false, total: 9, by: id },
    ]);
    expect(Buffer.from(pieces[0]?.bytes ?? [])).toEqual(bytes);
  });

  it("tells families and state to whoever comes back later", async () => {
    const before = await harness.app.inject({ url: "/api/beds/b1/import", headers: { cookie } });
    expect(before.json()).toEqual({ families: [{ id: "resmed-card", name: "ResMed a card" }] });
    await send(URL_, Buffer.alloc(1));
    const after = await harness.app.inject({ url: "/api/beds/b1/import", headers: { cookie } });
    expect(after.json()).toMatchObject({ import: { phase: "receiving", received: 3 } });
  });

  it("writes the end of an upload into the audit", async () => {
    await send(URL_, Buffer.alloc(1));
    await send(URL_.replace("last=false", "last=true"), Buffer.alloc(1));
    const audited = await harness.state.audits(10);
    expect(audited.filter(({ action }) => action === "import")).toHaveLength(1);
    expect(pieces.map(({ last }) => last)).toEqual([false, true]);
  });

  it.each([
    ["more than a piece", URL_, Buffer.alloc((1 << 20) + 1), "application/octet-stream", 413],
    ["JSON", URL_, "{}", "application/json", 400],
    ["text", URL_, "x", "text/plain", 400],
    ["no family", URL_.replace("family=resmed-card&", ""), Buffer.alloc(1), "application/octet-stream", 400],
    [
      "a family that is a path",
      URL_.replace("resmed-card", "../x"),
      Buffer.alloc(1),
      "application/octet-stream",
      400,
    ],
    [
      "a place that is no number",
      URL_.replace("at=0", "at=-1"),
      Buffer.alloc(1),
      "application/octet-stream",
      400,
    ],
    ["a bed that is not here", URL_.replace("b1", "b9"), Buffer.alloc(1), "application/octet-stream", 404],
  ])("refuses %s before anything is kept", async (_, url, payload, type, status) => {
    expect((await send(url, payload, type)).statusCode).toBe(status);
    expect(pieces).toEqual([]);
  });

  it("says why when another card is being brought", async () => {
    refusal = new Fault("CONFLICT", "Another card is being brought just now.", { fix: "Wait." });
    const answer = await send(URL_, Buffer.alloc(1));
    expect(answer.statusCode).toBe(409);
    expect(answer.json()).toMatchObject({ code: "CONFLICT", fix: "Wait." });
  });

  it("refuses bytes at every other address", async () => {
    const answer = await send("/api/beds/b1/call", Buffer.alloc(1));
    expect(answer.statusCode).toBe(415);
  });

  it("is not there in a home without a place for it", async () => {
    const bare = await startHarness();
    const answer = await bare.app.inject({
      url: "/api/beds/b1/import",
      headers: { cookie: await bare.signIn("owner") },
    });
    expect(answer.statusCode).toBe(404);
    await bare.close();
  });
});
