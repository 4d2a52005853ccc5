import { afterEach, describe, expect, test } from "vitest";
import { type RehearsedHome, rehearsalConfig, startRehearsedHome } from "../../src/cli/nights.ts";

let run: RehearsedHome | undefined;
afterEach(async () => {
  await run?.stop();
  run = undefined;
});

const by = { id: "mei", name: "Mei" };

describe("answering an alarm from an old message", () => {
  test("counts once: when that answer has lapsed it is not taken, and nobody is told that it was", async () => {
    run = await startRehearsedHome(21, rehearsalConfig("B"));
    const { home, patient, world } = run;
    await world.clock.advance(30_000);
    patient.apply("mask_off");
    await world.clock.advance(30_000);
    const fold = () => home.edge.live.fold("b1");
    const occurrence = fold()?.open.find(({ condition }) => condition === "VENT_DISCONNECT")?.id ?? "";
    const answer = { kind: "acknowledge", id: "token-1", occurrence, by, place: "going" } as const;
    const taken = () => fold()?.open.find(({ id }) => id === occurrence)?.acknowledgement?.by.name;

    expect(home.edge.command("b1", answer)).toEqual({ accepted: true });
    expect(home.edge.command("b1", answer)).toEqual({ accepted: true });
    expect(taken()).toBe("Mei");
    await world.clock.advance(4 * 60_000);
    expect(taken()).toBeUndefined();
    expect(home.edge.command("b1", answer)).toMatchObject({ accepted: false, code: "ANSWER_OLD" });
    expect(taken()).toBeUndefined();
    expect(home.edge.command("b1", { ...answer, id: "token-2" })).toEqual({ accepted: true });
    expect(taken()).toBe("Mei");

    patient.apply("mask_on");
    await world.clock.advance(90_000);
    expect(fold()?.open.map(({ id }) => id)).not.toContain(occurrence);
    expect(home.edge.command("b1", answer).accepted).toBe(false);
  });
});

describe("a bed where nothing is real", () => {
  test("calls nobody outside a drill, whoever presses the call", async () => {
    run = await startRehearsedHome(22, rehearsalConfig("B"));
    const { home, world } = run;
    await world.clock.advance(10_000);
    home.edge.command("b1", { kind: "call", id: "c1", call: { how: "touch", kind: "come" } });
    await world.clock.advance(5_000);
    const open = home.edge.live.fold("b1")?.open ?? [];
    expect(open.map(({ condition, simulated }) => [condition, simulated])).toEqual([["PATIENT_CALL", true]]);
    expect(world.audio.starts).toEqual([]);
    expect(world.http.requests).toEqual([]);

    home.edge.command("b1", { kind: "drill", id: "d1", forMs: 60_000, by });
    await world.clock.advance(2_000);
    expect(world.audio.playing).toBe(true);
  });
});
