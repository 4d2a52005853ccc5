// Limits that a person set in a whole home: through power cuts, a lost journal, and time, on virtual time.
import { describe, expect, test } from "vitest";
import { HOUR_MS } from "../../src/domain/time.ts";
import type { MemoryDisk } from "../../src/rehearsal/disk.ts";
import { createLastingBed, type LastingBed } from "../support/home-rehearsed.ts";
import { addMember, addSignIn } from "../support/sign-in.ts";

const SECRET = "s".repeat(43);
const MEI = { id: "p-mei", name: "Mei", role: "owner", language: "zh-Hans" } as const;

async function bedOfMei(seed: number, harm?: (disk: MemoryDisk) => void): Promise<LastingBed> {
  const bed = await createLastingBed(seed, harm);
  const { world } = bed.now;
  await addMember(world, bed.now.home.identity.home, MEI);
  await addSignIn(world, MEI.id, SECRET);
  await world.clock.advance(1_000);
  return bed;
}

const ask = async (bed: LastingBed, method: "GET" | "PUT", payload?: object, ifMatch = 0) => {
  const answer = await bed.now.home.app.inject({
    ...{ method, url: "/api/beds/b1/limits" },
    ...(payload === undefined ? {} : { payload }),
    headers: { cookie: `breathwatch=${SECRET}`, "if-match": `"${ifMatch}"` },
  });
  return { status: answer.statusCode, body: answer.json() };
};

const limitNow = async (bed: LastingBed): Promise<number> => {
  const { body } = await ask(bed, "GET");
  const low = body.conditions.find(({ id }: { id: string }) => id === "SPO2_LOW");
  return low.settings.find(({ name }: { name: string }) => name === "limit").value;
};

const engineOf = (bed: LastingBed) => bed.now.home.edge.live.fold("b1")?.limits;

describe("limits of a home", { timeout: 120_000 }, () => {
  test("reach its engine, and are there again after a power cut", async () => {
    const bed = await bedOfMei(1);
    const set = await ask(bed, "PUT", { limits: { SPO2_LOW: { limit: 91 } }, reason: "as agreed" });
    expect(set).toMatchObject({ status: 200, body: { delivered: true, version: { version: 1 } } });
    expect(engineOf(bed)).toMatchObject({ version: 1, by: { name: "Mei" }, reason: "as agreed" });
    await bed.now.world.clock.advance(2_000);
    await bed.cutPower(60_000);
    expect(engineOf(bed)).toMatchObject({ version: 1, by: { name: "Mei" } });
    expect((await ask(bed, "GET")).body).toMatchObject({ version: 1, engineVersion: 1 });
    await bed.stop();
  });

  test("come back from the state store where the journal is gone", async () => {
    const bed = await bedOfMei(2, (disk) => disk.poke("journal-b1.log", new Uint8Array(0)));
    await ask(bed, "PUT", { limits: { SPO2_LOW: { limit: 91 } }, reason: "as agreed" });
    await bed.now.world.clock.advance(2_000);
    await bed.cutPower(1_000);
    await bed.now.world.clock.advance(1_000);
    expect(engineOf(bed)).toMatchObject({ version: 1, reason: "as agreed" });
    await bed.stop();
  });

  test("that were widened go back while the power is off, and it is written down", async () => {
    const bed = await bedOfMei(3);
    const until = bed.now.world.clock.wall() + HOUR_MS;
    const wider = {
      limits: { SPO2_LOW: { limit: 86 }, PR_HIGH: { limit: 110 } },
      reason: "a bad day",
      until,
    };
    expect((await ask(bed, "PUT", wider)).status).toBe(200);
    expect(engineOf(bed)).toMatchObject({ version: 1, expiresAt: until });
    expect(await limitNow(bed)).toBe(86);
    await bed.now.world.clock.advance(2_000);
    await bed.cutPower(2 * HOUR_MS);
    await bed.now.world.clock.advance(2_000);
    expect(await limitNow(bed)).toBe(88);
    const { body } = await ask(bed, "GET");
    expect(body.history).toMatchObject([
      { version: 2, origin: { kind: "expiry", version: 1 }, file: { PR_HIGH: { limit: 110 } } },
      { version: 1, origin: { kind: "person" } },
    ]);
    expect(engineOf(bed)).not.toHaveProperty("expiresAt");
    expect(engineOf(bed)?.version).toBe(2);
    await bed.stop();
  });
});
