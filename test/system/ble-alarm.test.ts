// From a ring's radio to an alarm: the ring's own simulator behind real bleno, real noble in its own process, and a home
// in the rehearsal world, whose clock moves on a second whenever the ring's answer of that second has come.
import { type ChildProcess, fork } from "node:child_process";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect } from "vitest";
import { viatomRing } from "../../devices/viatom-ring/module.ts";
import { rehearsalConfig } from "../../src/cli/nights.ts";
import type { AlarmEvent, ConditionId } from "../../src/domain/alarm.ts";
import type { BedView } from "../../src/domain/bed.ts";
import { measured } from "../../src/domain/sample.ts";
import { wall } from "../../src/domain/time.ts";
import { composeHome, type Home } from "../../src/home.ts";
import { createClock } from "../../src/ops/clock.ts";
import type { PacketLink } from "../../src/port/link.ts";
import { createSeededRandom } from "../../src/rehearsal/random.ts";
import { createRehearsalWorld, type RehearsalWorld } from "../../src/rehearse.ts";
import { createPacketQueue } from "../../src/transport/chunk-queue.ts";
import { createLinks } from "../../src/transport/links.ts";
import type { SensorDescription, SensorNews, SensorOrder } from "../support/ble-sensor-writer.ts";
import { requires } from "../support/require.ts";
import { steadyBed } from "../support/steady-bed.ts";
import { createVirtualRoom, type VirtualRoom } from "../support/virtual-radio.ts";

const { describe, test } = requires("socat");

const RING: SensorDescription = {
  name: "O2Ring 0815",
  advertises: viatomRing.gatt.services,
  service: viatomRing.gatt.services[0] ?? "",
  notify: viatomRing.gatt.notify,
  read: {},
  write: Object.keys(viatomRing.gatt.write),
};
const EVENING = wall(Date.parse("2026-11-21T22:00:00+08:00"));

async function until(what: () => boolean, ms = 15_000): Promise<void> {
  const start = performance.now();
  while (!what()) {
    if (performance.now() - start > ms) throw new Error(`not within ${ms} ms: ${what.toString()}`);
    await sleep(2);
  }
}

/** A bed whose saturation a test turns. */
function patient() {
  const now = { spo2: 97 };
  const view: BedView = {
    ...steadyBed({ samples: {} }),
    sample: (signal) =>
      signal === "spo2"
        ? measured("spo2", now.spo2)
        : steadyBed({ samples: { pulse_rate: measured("pulse_rate", 62) } }).sample(signal),
  };
  return { now, view };
}

/** The ring's end of the air: what its characteristics hear and say. */
function airOf(ring: ChildProcess): PacketLink {
  const heard = createPacketQueue();
  ring.on("message", (each: SensorNews) => {
    if (each.news === "written") heard.push({ channel: each.uuid, bytes: Uint8Array.from(each.bytes) });
  });
  return {
    chunks: heard.chunks,
    async write({ channel, bytes }) {
      ring.send({ do: "say", uuid: channel, bytes: [...bytes] } satisfies SensorOrder);
    },
    async close() {
      heard.end();
    },
  };
}

describe("a ring over Bluetooth", () => {
  let room: VirtualRoom;
  let ring: ChildProcess;
  let adapter: string;
  let world: RehearsalWorld;
  let home: Home;
  const stop = new AbortController();
  const events: AlarmEvent[] = [];
  const { now, view } = patient();

  beforeAll(async () => {
    room = createVirtualRoom();
    const [port, central] = await Promise.all([
      room.controller("c0:ff:ee:00:00:11"),
      room.controller("c0:ff:ee:00:00:12"),
    ]);
    adapter = central;
    const program = path.join(import.meta.dirname, "../support/ble-sensor-writer.ts");
    ring = fork(program, [port, JSON.stringify(RING)], { execArgv: [] });
    const ready = new Promise((resolve) => ring.once("message", resolve));
    world = createRehearsalWorld({ seed: 1, startsAt: EVENING });
    await ready;
  });
  afterAll(async () => {
    stop.abort();
    const stopping = home.stop();
    await world.clock.advance(10_000);
    await stopping;
    await world.close();
    const gone = new Promise((resolve) => ring.once("exit", resolve));
    if (ring.kill("SIGKILL")) await gone;
    await room.remove();
  });

  test("that tells of a low saturation raises SPO2_LOW, and DATA_STALE in its time once it is out of reach", async () => {
    const { clock } = world;
    const random = createSeededRandom(2);
    const ringing = viatomRing.simulate({
      link: airOf(ring),
      bed: view,
      clock,
      random,
      options: {},
      signal: stop.signal,
    });
    const [bed] = rehearsalConfig("B").beds;
    if (bed === undefined) throw new Error("no bed");
    const device = {
      family: viatomRing.id,
      port: `ble+hci:${RING.name}@${adapter}`,
      label: "Ring",
      options: {},
    };
    const config = { ...rehearsalConfig("B"), beds: [{ ...bed, devices: [device] }] };
    home = await composeHome({ ...world, links: createLinks({ clock: createClock() }) }, config, {
      pagesFolder: "/nonexistent",
    });
    home.edge.onEvent((event) => events.push(event));
    const answers = (): number => home.edge.devices()[0]?.counters.frames ?? 0;
    const isOpen = (): boolean => home.edge.devices()[0]?.link === "open";
    const occurred = (condition: ConditionId): AlarmEvent | undefined =>
      events.find(({ kind, occurrence }) => kind === "occurred" && occurrence.condition === condition);
    const second = async (): Promise<void> => {
      const before = answers();
      await clock.advance(1_000);
      await until(() => answers() > before);
    };

    await until(isOpen);
    await until(() => answers() > 0);
    for (let i = 0; i < 10; i++) await second();
    now.spo2 = 85;
    const lowAt = clock.mono();
    while (occurred("SPO2_LOW") === undefined && clock.mono() - lowAt < 40_000) await second();
    // The limit's own delay is 30 s; a ring is asked once a second.
    expect(clock.mono() - lowAt).toBeGreaterThanOrEqual(30_000);
    expect(clock.mono() - lowAt).toBeLessThanOrEqual(33_000);
    expect(occurred("SPO2_LOW")?.occurrence).toMatchObject({ priority: "high", simulated: true });

    now.spo2 = 96;
    for (let i = 0; i < 8; i++) await second();
    ring.send({ do: "hide" } satisfies SensorOrder);
    room.loseLinks();
    const lostAt = clock.mono();
    await until(() => !isOpen());
    expect(occurred("DATA_STALE")).toBeUndefined();
    while (occurred("DATA_STALE") === undefined && clock.mono() - lostAt < 40_000) await clock.advance(1_000);
    expect(clock.mono() - lostAt).toBeGreaterThanOrEqual(29_000);
    expect(clock.mono() - lostAt).toBeLessThanOrEqual(31_000);
    expect(occurred("DATA_STALE")?.occurrence).toMatchObject({ priority: "medium", simulated: true });

    ring.send({ do: "show" } satisfies SensorOrder);
    // It is looked for in real time; between two attempts the watch waits on its own clock.
    await until(() => {
      world.clock.advance(100).catch(() => undefined);
      return isOpen();
    });
    for (let i = 0; i < 10; i++) await second();
    expect(home.edge.live.fold("b1")?.open).toEqual([]);
    stop.abort();
    await ringing;
  });
});
