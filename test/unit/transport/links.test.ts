import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, test } from "vitest";
import { wall } from "../../../src/domain/time.ts";
import type { ByteNeed, OpenLink } from "../../../src/port/link.ts";
import { createVirtualClock, settle } from "../../../src/rehearsal/clock.ts";
import { createLinks } from "../../../src/transport/links.ts";
import { createMemoryLinks } from "../../../src/transport/memory.ts";

const SERIAL: ByteNeed = {
  kind: "bytes",
  serial: { baudRate: 9600, dataBits: 8, parity: "none", stopBits: 1, rtscts: false },
};
const never = new AbortController().signal;
const folder = mkdtempSync(path.join(tmpdir(), "links-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Everything that arrives, and how it ended. */
function listen({ link }: OpenLink): { bytes: number[]; end: string } {
  const heard = { bytes: [] as number[], end: "open" };
  const read = async (): Promise<void> => {
    for await (const chunk of link.chunks) heard.bytes.push(...chunk);
    heard.end = "closed";
  };
  read().catch((error: { code?: string }) => {
    heard.end = error.code ?? "threw";
  });
  return heard;
}

const world = () => {
  const clock = createVirtualClock(wall(0));
  const memory = createMemoryLinks();
  return { clock, memory, links: createLinks({ clock, memory }) };
};

describe("a memory cable", () => {
  test("carries bytes both ways and is always simulated", async () => {
    const { memory, links } = world();
    const { device } = memory.cable("oxi");
    const opened = await links.open("memory:oxi", SERIAL, never);
    const heard = listen(opened);
    expect(opened).toMatchObject({ simulated: true, resolved: "memory:oxi" });
    await device.write(Uint8Array.of(1, 2));
    await opened.link.write(Uint8Array.of(9));
    await settle();
    expect(heard.bytes).toEqual([1, 2]);
    expect((await device.chunks[Symbol.asyncIterator]().next()).value).toEqual(Uint8Array.of(9));
  });

  test("has one reader at a time, and a fresh link for each", async () => {
    const { memory, links } = world();
    const { device } = memory.cable("oxi");
    const first = await links.open("memory:oxi", SERIAL, never);
    await expect(links.open("memory:oxi", SERIAL, never)).rejects.toMatchObject({ code: "LINK_REFUSED" });
    await first.link.close();
    await device.write(Uint8Array.of(1));
    const second = listen(await links.open("memory:oxi", SERIAL, never));
    await device.write(Uint8Array.of(2));
    await settle();
    expect(second.bytes).toEqual([2]);
  });

  test("that is pulled loses its reader, and is not there until it is put back", async () => {
    const { memory, links } = world();
    const cable = memory.cable("oxi");
    const heard = listen(await links.open("memory:oxi", SERIAL, never));
    cable.unplug();
    await settle();
    expect(heard.end).toBe("LINK_LOST");
    await expect(links.open("memory:oxi", SERIAL, never)).rejects.toMatchObject({ code: "LINK_NOT_FOUND" });
    cable.plugIn();
    await links.open("memory:oxi", SERIAL, never);
  });

  test("can be stalled, and its bytes tampered with", async () => {
    const { memory, links } = world();
    const cable = memory.cable("oxi");
    const heard = listen(await links.open("memory:oxi", SERIAL, never));
    cable.stall(true);
    await cable.device.write(Uint8Array.of(1));
    cable.stall(false);
    cable.tamper((bytes) => bytes.map((byte) => byte ^ 0xff));
    await cable.device.write(Uint8Array.of(0x0f));
    cable.tamper(undefined);
    await cable.device.write(Uint8Array.of(3));
    await settle();
    expect(heard).toEqual({ bytes: [0xf0, 3], end: "open" });
  });

  test("whose device is gone is gone", async () => {
    const { memory, links } = world();
    const cable = memory.cable("oxi");
    const heard = listen(await links.open("memory:oxi", SERIAL, never));
    await cable.device.close();
    await settle();
    expect(heard.end).toBe("LINK_LOST");
    await expect(links.open("memory:oxi", SERIAL, never)).rejects.toMatchObject({ code: "LINK_NOT_FOUND" });
    await expect(cable.device.write(Uint8Array.of(1))).rejects.toMatchObject({ code: "LINK_LOST" });
  });

  test("that nobody laid is not there", async () => {
    await expect(world().links.open("memory:x", SERIAL, never)).rejects.toMatchObject({
      code: "LINK_NOT_FOUND",
    });
  });
});

describe("a replay", () => {
  const transcript = path.join(folder, "a.transcript");
  writeFileSync(transcript, "breathwatch-transcript 1\ndevice: x\n\n0 < 01\n500 < 02\n600 > 77\n1000 < 03\n");

  test("keeps the recording's times, is simulated, and is lost at its end for good", async () => {
    const { clock, links } = world();
    const opened = await links.open(`replay:${transcript}`, SERIAL, never);
    const heard = listen(opened);
    expect(opened.simulated).toBe(true);
    await clock.advance(499);
    expect(heard.bytes).toEqual([1]);
    await clock.advance(1);
    expect(heard.bytes).toEqual([1, 2]);
    await clock.advance(500);
    expect(heard).toEqual({ bytes: [1, 2, 3], end: "LINK_LOST" });
    expect(clock.pending).toBe(0);
    const again = links.open(`replay:${transcript}`, SERIAL, never);
    await expect(again).rejects.toMatchObject({ code: "LINK_NOT_FOUND" });
  });

  test("goes on while nobody has it open, as a device would", async () => {
    const { clock, links } = world();
    const first = await links.open(`replay:${transcript}`, SERIAL, never);
    await clock.advance(100);
    await first.link.close();
    await clock.advance(700);
    const heard = listen(await links.open(`replay:${transcript}`, SERIAL, never));
    await clock.advance(300);
    expect(heard.bytes).toEqual([3]);
  });

  test("of bare bytes follows the line speed, or the family's own rate; .gz is unpacked", async () => {
    const raw = path.join(folder, "raw.bin.gz");
    writeFileSync(raw, gzipSync(new Uint8Array(960)));
    const arrivedInHalf = async (bytesPerSecond: number | undefined, totalMs: number): Promise<number> => {
      const { clock, links } = world();
      const times = bytesPerSecond === undefined ? {} : { bytesPerSecond };
      const heard = listen(await links.open(`replay:${raw}`, SERIAL, never, times));
      await clock.advance(totalMs / 2);
      links.stop();
      expect(clock.pending).toBe(0);
      return heard.bytes.length;
    };
    expect(await arrivedInHalf(undefined, 1000)).toBe(480);
    expect(await arrivedInHalf(96, 10_000)).toBe(480);
  });

  test("of a raw file takes its times from the device family where that can tell them", async () => {
    const raw = path.join(folder, "log.txt");
    writeFileSync(raw, "AB");
    const { clock, links } = world();
    const opened = await links.open(`replay:${raw}`, SERIAL, never, {
      paced: (file) => [
        { offsetMs: 40, direction: "in", bytes: file.subarray(0, 1) },
        { offsetMs: 50, direction: "out", bytes: file },
        { offsetMs: 80, direction: "in", bytes: file.subarray(1) },
      ],
    });
    const heard = listen(opened);
    await clock.advance(79);
    expect(heard.bytes).toEqual([65]);
    await clock.advance(1);
    expect(heard.bytes).toEqual([65, 66]);
  });

  test("of a file that is not there says so", async () => {
    const open = world().links.open(`replay:${folder}/no.bin`, SERIAL, never);
    await expect(open).rejects.toMatchObject({ code: "LINK_NOT_FOUND" });
  });
});

describe("a serial address", () => {
  test("that does not exist is named, with what to do", async () => {
    const open = world().links.open(`${folder}/ttyUSB7`, SERIAL, never);
    await expect(open).rejects.toMatchObject({
      code: "LINK_NOT_FOUND",
      message: expect.stringContaining("ttyUSB7"),
      fix: expect.stringContaining("/dev/serial/by-id"),
    });
  });

  test("of something that is no port is refused for good", async () => {
    const file = path.join(folder, "file");
    writeFileSync(file, "");
    await expect(world().links.open(file, SERIAL, never)).rejects.toMatchObject({
      code: "LINK_REFUSED",
      permanent: true,
    });
  });

  test("is not what a word and a colon begin: those are other kinds of link", async () => {
    const open = world().links.open("nonsense:1", SERIAL, never);
    await expect(open).rejects.toMatchObject({
      code: "LINK_REFUSED",
      permanent: true,
      fix: expect.stringContaining("docs/links.md"),
    });
  });

  test("is not opened after the wish for it is gone", async () => {
    await expect(world().links.open("/dev/null", SERIAL, AbortSignal.abort())).rejects.toThrow(/abort/i);
  });
});
