import { expect, onTestFinished, test } from "vitest";
import type { HomeRecord } from "../../../src/port/registry.ts";
import type { HomesResponse } from "../../../src/server/contract/homes.ts";
import type { PairingDesk } from "../../../src/server/pairing-desk.ts";
import { type Harness, NOW, startHarness } from "./harness.ts";

const LETTERS = "abcdefghijklmnopqrstuvwxyz";
const idOf = (n: number): string => `home${LETTERS[Math.floor(n / 26)] ?? "a"}${LETTERS[n % 26] ?? "a"}aaaa`;

/** A hub with homes of families 0 to 129, and one that is somebody else's. */
async function startHub(): Promise<{
  readonly harness: Harness;
  list(query?: string): Promise<{ readonly status: number; readonly body: HomesResponse }>;
}> {
  const homes = Array.from(
    { length: 130 },
    (_, n): HomeRecord => ({
      id: idOf(n),
      label: `Family ${n}${n === 7 ? " ＣＨＥＮ" : ""}`,
      createdBy: "",
      createdAt: NOW,
    }),
  );
  const other = { id: "elsewhereb", label: "Family of somebody else", createdAt: NOW };
  const codes = [{ codeHash: "f".repeat(64), home: idOf(129), label: "", madeBy: "nobody", expiresAt: NOW }];
  const registry = {
    homes: async () => [...homes, other],
    boxes: async () => [],
    claimCodes: async () => codes,
    usedCodes: async () => [],
  };
  // The list of homes asks the desk for nothing else.
  const harness = await startHarness({ pairing: { registry } as unknown as PairingDesk });
  onTestFinished(() => harness.close());
  const { id } = await harness.person("technician", "Tech");
  for (const home of homes) await harness.accounts.putRole(id, home.id, "technician");
  const cookie = await harness.signIn("technician", "Tech");
  return {
    harness,
    async list(query = "") {
      const answer = await harness.app.inject({ url: `/api/homes${query}`, headers: { cookie } });
      return { status: answer.statusCode, body: answer.json() };
    },
  };
}

const labelsOf = (body: HomesResponse): string[] => body.homes.map(({ label }) => label);

test("a hub tells of fifty homes, says how many there are, and goes on where it ended", async () => {
  const { list } = await startHub();
  const seen: string[] = [];
  let query = "";
  for (const expected of [50, 50, 30]) {
    const { status, body } = await list(query);
    expect(status).toBe(200);
    expect(body.total).toBe(130);
    expect(body.homes).toHaveLength(expected);
    seen.push(...labelsOf(body));
    query = `?before=${body.next}`;
    if (expected === 30) expect(body.next).toBeUndefined();
  }
  expect(new Set(seen).size).toBe(130);
  expect(seen).not.toContain("Family of somebody else");
});

test("two hundred at most are told at once, and a place that is none is refused", async () => {
  const { list } = await startHub();
  expect((await list("?limit=9999")).body.homes).toHaveLength(130);
  expect((await list("?limit=3")).body.homes).toHaveLength(3);
  expect((await list("?before=nowhereaaa")).status).toBe(400);
  expect((await list("?limit=many")).status).toBe(400);
});

test("a search finds part of a name, whatever its case and width, and nothing of other people's", async () => {
  const { list } = await startHub();
  const { body } = await list("?search=%20chen");
  expect(labelsOf(body)).toEqual(["Family 7 ＣＨＥＮ"]);
  expect(body.total).toBe(1);
  expect(labelsOf((await list("?search=family%2012")).body)).toHaveLength(11);
  expect((await list("?search=somebody")).body).toMatchObject({ homes: [], total: 0 });
});

test("a code that waits for a box of a home is told with the home's name, shown or not", async () => {
  const { list } = await startHub();
  expect((await list("?limit=1")).body.codes).toMatchObject([{ label: "Family 129" }]);
});
