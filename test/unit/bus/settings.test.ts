import { describe, expect, test } from "vitest";
import { createMemoryBus } from "../../../src/bus/memory.ts";
import { write } from "../../../src/bus/messages.ts";
import type { SettingsBody } from "../../../src/bus/settings.ts";
import { createSettingsPublisher } from "../../../src/bus/settings-publisher.ts";
import { createSettingsReceiver } from "../../../src/bus/settings-receiver.ts";
import { hashOf, signSettings } from "../../../src/bus/signing.ts";
import { bedTopic, type Place } from "../../../src/bus/topics.ts";
import type { SettingsReport } from "../../../src/bus/uplink.ts";
import { Fault } from "../../../src/domain/fault.ts";
import { MINUTE_MS, SECOND_MS, wall } from "../../../src/domain/time.ts";
import { createVirtualClock, settle } from "../../../src/rehearsal/clock.ts";
import { silentLog as log } from "../../support/silent-log.ts";

const place: Place = { home: "abcdefghij", bed: "b1" };
const key = new Uint8Array(32).fill(5);
const people = (name: string): SettingsBody => ({
  people: [{ id: "p1", name, role: "caregiver", language: "en" }],
});

async function setUp() {
  const clock = createVirtualClock(wall(1_800_000_000_000), true);
  const memory = createMemoryBus(clock);
  const bus = memory.connector.connect({ url: "memory://", clientId: "hub" });
  const publisher = createSettingsPublisher({
    ...{ bus, clock, log },
    pairingKeyOf: (home) => (home === place.home ? key : undefined),
  });
  publisher.start();
  const edge = {
    applied: [] as string[],
    kept: undefined as string | undefined,
    report: {} as SettingsReport,
  };
  let fault: Fault | undefined;
  const startEdge = async () => {
    const edgeBus = memory.connector.connect({ url: "memory://", clientId: "edge" });
    const receiver = createSettingsReceiver({
      ...{ bus: edgeBus, log, ...place, pairingKey: key },
      load: () => Promise.resolve(edge.kept),
      save(text) {
        edge.kept = text;
        return Promise.resolve();
      },
      apply(body) {
        if (fault !== undefined) return Promise.reject(fault);
        edge.applied.push(body.people?.[0]?.name ?? "");
        return Promise.resolve();
      },
      report(report) {
        edge.report = report;
      },
      onPutOut: () => undefined,
    });
    await receiver.start();
    await settle();
    return {
      async stop(): Promise<void> {
        await receiver.stop();
        await edgeBus.close();
      },
    };
  };
  const ensure = (name: string) =>
    publisher.ensure(place, people(name), { author: "Dr Li", reported: edge.report });
  const forge = (more: object, mac?: string) =>
    bus.publish(
      bedTopic(place.home, place.bed, "settings"),
      write({
        ...{ version: 2_000_000_000_000, author: "x", at: clock.wall(), hash: hashOf(people("Eve")) },
        ...(mac === undefined ? {} : { mac }),
        ...{ body: { ...people("Eve") }, ...more },
      }),
      { retain: false },
    );
  await settle();
  return {
    ...{ clock, memory, bus, publisher, edge, startEdge, ensure, forge },
    refuseWith(next: Fault | undefined): void {
      fault = next;
    },
  };
}

describe("settings from a hub", () => {
  test("reach an edge that was away, are kept, and count as in force once it says so", async () => {
    const s = await setUp();
    expect(s.ensure("Anna")).toBe("sent");
    await settle();
    await s.startEdge();
    expect(s.edge.applied).toEqual(["Anna"]);
    expect(s.edge.report.applied?.hash).toBe(hashOf(people("Anna")));
    expect(s.ensure("Anna")).toBe("in_force");
    expect(s.publisher.waiting).toBe(0);
  });

  test("follow one another, also where the hub's clock went back", async () => {
    const s = await setUp();
    await s.startEdge();
    s.ensure("Anna");
    await settle();
    s.clock.stepWall(-86_400_000);
    s.ensure("Ben");
    await settle();
    expect(s.edge.applied).toEqual(["Anna", "Ben"]);
  });

  test("are what an edge begins with although no hub is there", async () => {
    const s = await setUp();
    const edge = await s.startEdge();
    s.ensure("Anna");
    await settle();
    await edge.stop();
    await s.bus.close();
    s.edge.report = {};
    await s.startEdge();
    expect(s.edge.applied).toEqual(["Anna", "Anna"]);
    expect(s.edge.report.applied?.hash).toBe(hashOf(people("Anna")));
  });

  test("that the edge cannot take are refused with its reason, and the ones before stay", async () => {
    const s = await setUp();
    await s.startEdge();
    s.ensure("Anna");
    await settle();
    s.refuseWith(new Fault("LIMITS_REFUSED", "SPO2_LOW lies under SPO2_CRIT."));
    expect(s.ensure("Ben")).toBe("sent");
    await settle();
    expect(s.edge.report).toMatchObject({
      applied: { hash: hashOf(people("Anna")) },
      refused: { hash: hashOf(people("Ben")), reason: expect.stringContaining("SPO2_LOW lies under") },
    });
    expect(s.edge.report.refused?.reason).toContain("(LIMITS_REFUSED)");
    expect(s.ensure("Ben")).toBe("refused");
    s.refuseWith(undefined);
    expect(s.ensure("Cleo")).toBe("sent");
    await settle();
    expect(s.edge.report).toMatchObject({ applied: { hash: hashOf(people("Cleo")) } });
    expect(s.edge.report.refused).toBeUndefined();
  });

  test("that were refused are sent again, each time after twice as long, until the edge takes them", async () => {
    const s = await setUp();
    await s.startEdge();
    const tries: number[] = [];
    const began = s.clock.mono();
    s.bus.subscribe(bedTopic(place.home, place.bed, "settings"), () => {
      tries.push(Math.round((s.clock.mono() - began) / MINUTE_MS));
    });
    s.refuseWith(new Fault("CONFLICT", "This box has newer limits."));
    // As a hub does: whenever the box says something else.
    const followed = s.clock.every(SECOND_MS, () => s.ensure("Ben"));
    await s.clock.advance(200 * MINUTE_MS);
    expect(tries).toEqual([0, 1, 3, 7, 15, 31, 63, 123, 183]);
    s.refuseWith(undefined);
    await s.clock.advance(60 * MINUTE_MS);
    expect(s.edge.applied).toEqual(["Ben"]);
    expect(s.edge.report).toMatchObject({ applied: { hash: hashOf(people("Ben")) } });
    expect(s.edge.report.refused).toBeUndefined();
    await s.clock.advance(300 * MINUTE_MS);
    expect(tries).toHaveLength(10);
    followed();
  });

  test("that were refused are looked at anew when their box starts, and when others take their place", async () => {
    const s = await setUp();
    const first = await s.startEdge();
    s.refuseWith(new Fault("CONFLICT", "This box has newer limits."));
    const followed = s.clock.every(SECOND_MS, () => s.ensure("Ben"));
    await s.clock.advance(5 * SECOND_MS);
    expect(s.edge.report.refused).toBeDefined();
    await first.stop();
    s.refuseWith(undefined);
    s.edge.report = {};
    await s.startEdge();
    await s.clock.advance(2 * SECOND_MS);
    expect(s.edge.applied).toEqual(["Ben"]);
    followed();
    s.refuseWith(new Fault("CONFLICT", "This box has newer limits."));
    s.ensure("Cleo");
    await settle();
    s.ensure("Cleo");
    s.refuseWith(undefined);
    s.ensure("Dora");
    await s.clock.advance(10 * MINUTE_MS);
    expect(s.edge.applied).toEqual(["Ben", "Dora"]);
  });

  test("go out again after the broker came back without them", async () => {
    const s = await setUp();
    s.memory.disconnectAll();
    s.ensure("Anna");
    await s.clock.advance(2 * SECOND_MS);
    await s.startEdge();
    expect(s.edge.applied).toEqual(["Anna"]);
  });

  test("that somebody forged, changed or played again change nothing", async () => {
    const s = await setUp();
    await s.startEdge();
    let first = "";
    s.bus.subscribe(bedTopic(place.home, place.bed, "settings"), (_topic, payload) => {
      first ||= payload;
    });
    s.ensure("Anna");
    await settle();
    s.ensure("Ben");
    await settle();
    await s.forge({});
    const signed = {
      version: 2_000_000_000_000,
      author: "x",
      at: s.clock.wall(),
      hash: hashOf(people("Eve")),
    };
    await s.forge({}, signSettings(new Uint8Array(32), place, signed));
    await s.forge({}, signSettings(key, { ...place, bed: "b2" }, signed));
    await s.forge({ body: { ...people("Mallory") } }, signSettings(key, place, signed));
    await s.forge({ version: 2_000_000_000_001 }, signSettings(key, place, signed));
    await s.bus.publish(bedTopic(place.home, place.bed, "settings"), first, { retain: false });
    await s.bus.publish(bedTopic(place.home, place.bed, "settings"), "{", { retain: false });
    await settle();
    expect(s.edge.applied).toEqual(["Anna", "Ben"]);
    expect(s.edge.report.refused).toBeUndefined();
  });

  test("that no edge would take, or without a box to take them, are not even sent", async () => {
    const s = await setUp();
    const reported = {};
    const nonsense = { people: [{ ...people("Anna").people?.[0], role: "king" }] } as unknown as SettingsBody;
    expect(() => s.publisher.ensure(place, nonsense, { author: "x", reported })).toThrow(/INPUT_INVALID/);
    const elsewhere = { ...place, home: "bcdefghijk" };
    expect(() => s.publisher.ensure(elsewhere, people("A"), { author: "x", reported })).toThrow(/CONFLICT/);
    expect(s.publisher.waiting).toBe(0);
  });
});
