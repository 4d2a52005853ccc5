import { describe, expect, test } from "vitest";
import type { Packet } from "../../../src/port/link.ts";
import { createMemoryLinks } from "../../../src/transport/memory.ts";

const packet = (channel: string, ...bytes: number[]): Packet => ({ channel, bytes: Uint8Array.from(bytes) });

describe("a cable that carries packets", () => {
  test("keeps them whole, with their channels, both ways", async () => {
    const memory = createMemoryLinks();
    const cable = memory.cable("ring");
    const { link, simulated } = memory.openPackets("ring");
    expect(simulated).toBe(true);
    await cable.packets.write(packet("2a5f", 1, 2));
    await cable.packets.write(packet("2a19"));
    await link.write(packet("2a52", 1, 1));
    const heard = link.chunks[Symbol.asyncIterator]();
    expect((await heard.next()).value).toEqual(packet("2a5f", 1, 2));
    expect((await heard.next()).value).toEqual(packet("2a19"));
    expect((await cable.packets.chunks[Symbol.asyncIterator]().next()).value).toEqual(packet("2a52", 1, 1));
  });

  test("loses its host when it is pulled out, and damages bytes where it is told to", async () => {
    const memory = createMemoryLinks();
    const cable = memory.cable("ring");
    const { link } = memory.openPackets("ring");
    cable.tamper((bytes) => bytes.map((byte) => byte ^ 0xff));
    await cable.packets.write(packet("2a5f", 0x0f));
    const heard = link.chunks[Symbol.asyncIterator]();
    expect((await heard.next()).value).toEqual(packet("2a5f", 0xf0));
    cable.unplug();
    await expect(heard.next()).rejects.toMatchObject({ code: "LINK_LOST" });
    expect(() => memory.openPackets("ring")).toThrow(/no simulated device/);
  });
});

describe("a memory card", () => {
  test("grows while it is read, and keeps what was written when nobody looked", async () => {
    const memory = createMemoryLinks();
    const { card } = memory.cable("card");
    await card.write("DATALOG/a.edf", 2, Uint8Array.of(3, 4));
    const { link } = memory.openFiles("card");
    expect(link.growing).toBe(true);
    expect(await link.list()).toEqual([{ path: "DATALOG/a.edf", bytes: 4 }]);
    expect(await link.read("DATALOG/a.edf", 0, 99)).toEqual(Uint8Array.of(0, 0, 3, 4));
    await card.write("DATALOG/a.edf", 4, Uint8Array.of(5));
    await card.write("STR.edf", 0, Uint8Array.of(1));
    expect(await link.list()).toEqual([
      { path: "DATALOG/a.edf", bytes: 5 },
      { path: "STR.edf", bytes: 1 },
    ]);
    expect(await link.read("DATALOG/a.edf", 4, 5)).toEqual(Uint8Array.of(5));
    expect(await link.read("gone", 0, 5)).toEqual(new Uint8Array(0));
  });

  test("that is taken out can neither be listed nor read", async () => {
    const memory = createMemoryLinks();
    const cable = memory.cable("card");
    await cable.card.write("a", 0, Uint8Array.of(1));
    const { link } = memory.openFiles("card");
    cable.unplug();
    await expect(link.list()).rejects.toMatchObject({ code: "LINK_LOST" });
    await expect(link.read("a", 0, 1)).rejects.toMatchObject({ code: "LINK_LOST" });
    cable.plugIn();
    expect(await link.list()).toHaveLength(1);
  });
});
