import { describe, expect, test } from "vitest";
import { faultyPort, portFaults } from "../../../src/cli/port-faults.ts";
import { wall } from "../../../src/domain/time.ts";
import { createVirtualClock } from "../../../src/rehearsal/clock.ts";
import { createSeededRandom } from "../../../src/rehearsal/random.ts";
import { createMemoryLinks } from "../../../src/transport/memory.ts";

/** A device behind a faulty port that says 100 bytes each second; what the host heard in which second. */
async function hear(faults: readonly string[], seconds: number) {
  const clock = createVirtualClock(wall(0));
  const memory = createMemoryLinks();
  const cable = memory.cable("x");
  const { link: host } = memory.open("x");
  const device = faultyPort(cable.device, portFaults(faults), { clock, random: createSeededRandom(3) });
  const heard: Uint8Array[][] = [];
  const listen = async (): Promise<void> => {
    for await (const chunk of host.chunks) (heard[Math.floor(clock.mono() / 1000)] ??= []).push(chunk);
  };
  const listening = listen();
  const asked: number[] = [];
  const hearHost = async (): Promise<void> => {
    for await (const chunk of device.chunks) asked.push(...chunk);
  };
  const hearing = hearHost();
  for (let second = 0; second < seconds; second++) {
    await device.write(new Uint8Array(100).fill(0x55));
    await host.write(Uint8Array.of(second));
    await clock.advance(1000);
  }
  await device.close();
  await Promise.allSettled([listening, hearing]);
  return { asked, bytes: Array.from({ length: seconds }, (_, i) => Buffer.concat(heard[i] ?? [])) };
}

describe("a port with faults", () => {
  test("freezes from when to when it is said, and hears as before", async () => {
    const { bytes, asked } = await hear(["freeze@2-4"], 6);
    expect(bytes.map(({ length }) => length)).toEqual([100, 100, 0, 0, 100, 100]);
    expect(asked).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test("is half open: what it is asked does not arrive", async () => {
    const { bytes, asked } = await hear(["half_open@2-4"], 6);
    expect(bytes.every(({ length }) => length === 100)).toBe(true);
    expect(asked).toEqual([0, 1, 4, 5]);
  });

  test("flips, drops, cuts and comes late by the amount given", async () => {
    const flipped = (await hear(["flip=0.1"], 20)).bytes.map((second) =>
      second.filter((byte) => byte !== 0x55),
    );
    const share = flipped.reduce((sum, { length }) => sum + length, 0) / 2000;
    expect(share).toBeGreaterThan(0.06);
    expect(share).toBeLessThan(0.14);
    const dropped = (await hear(["drop=0.5"], 20)).bytes.reduce((sum, { length }) => sum + length, 0);
    expect(dropped).toBeGreaterThan(800);
    expect(dropped).toBeLessThan(1200);
    expect((await hear(["cut=1"], 3)).bytes.every(({ length }) => length < 100)).toBe(true);
    expect((await hear(["delay=2"], 4)).bytes.map(({ length }) => length)).toEqual([0, 0, 100, 100]);
  });

  test("without a fault is the port itself", async () => {
    const cable = createMemoryLinks().cable("x");
    const clock = createVirtualClock(wall(0));
    expect(faultyPort(cable.device, [], { clock, random: createSeededRandom(1) })).toBe(cable.device);
  });

  test.each(["melt", "flip=2", "delay=9999", "flip=x", "freeze@5"])("%s is refused", (text) => {
    expect(() => portFaults([text])).toThrow(/--fault/);
  });
});
