// Real sockets on loopback in place of a serial server (ser2net, an Ethernet serial adapter).
import { createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { noninSerial } from "../../devices/nonin-serial/module.ts";
import { mono } from "../../src/domain/time.ts";
import { fillOptions } from "../../src/driver/options.ts";
import { supervise } from "../../src/driver/supervise.ts";
import { createClock } from "../../src/ops/clock.ts";
import { createRandom } from "../../src/ops/random.ts";
import type { OpenLink } from "../../src/port/link.ts";
import { createLinks } from "../../src/transport/links.ts";
import { silentLog } from "../support/silent-log.ts";

const NEED = { kind: "bytes", serial: noninSerial.serial({}) } as const;
const never = new AbortController().signal;
const clock = createClock();

let server: Server;
let sockets: Socket[];
let address: string;

beforeEach(async () => {
  sockets = [];
  server = createServer((socket) => {
    socket.on("error", () => undefined);
    sockets.push(socket);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const bound = server.address();
  address = `tcp:127.0.0.1:${typeof bound === "object" ? bound?.port : 0}`;
});

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => {
    server.close(resolve);
  });
});

async function until(what: () => boolean, ms = 8_000): Promise<void> {
  const start = performance.now();
  while (!what()) {
    if (performance.now() - start > ms) throw new Error(`not within ${ms} ms: ${what.toString()}`);
    await sleep(5);
  }
}

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

const open = (at = address): Promise<OpenLink> => createLinks({ clock }).open(at, NEED, never);

describe("a serial server on the network", () => {
  test("carries bytes both ways; on this machine's own loopback it counts as simulated", async () => {
    const opened = await open();
    const heard = listen(opened);
    await until(() => sockets.length === 1);
    const received: number[] = [];
    sockets[0]?.on("data", (bytes) => received.push(...bytes));
    sockets[0]?.write(Uint8Array.of(1, 2, 3));
    await opened.link.write(Uint8Array.of(9, 8));
    await until(() => heard.bytes.length === 3 && received.length === 2);
    expect(heard.bytes).toEqual([1, 2, 3]);
    expect(received).toEqual([9, 8]);
    expect(opened).toMatchObject({ simulated: true, resolved: address });
    await opened.link.close();
    await until(() => heard.end === "closed" && sockets[0]?.destroyed === true);
    await expect(opened.link.write(Uint8Array.of(1))).rejects.toMatchObject({ code: "LINK_LOST" });
  });

  test.each(["end", "destroy", "resetAndDestroy"] as const)(
    "that goes away by %s is a lost link",
    async (way) => {
      const opened = await open();
      const heard = listen(opened);
      await until(() => sockets.length === 1);
      sockets[0]?.write(Uint8Array.of(7));
      await until(() => heard.bytes.length === 1);
      sockets[0]?.[way]();
      await until(() => heard.end !== "open");
      expect(heard.end).toBe("LINK_LOST");
      await opened.link.close();
    },
  );

  test("that is half open, silent for ever, is left after the quiet time and connected anew", async () => {
    // Waits, of which the quiet time is the longest, pass four times as fast.
    const hasty = { ...clock, after: (ms: number, call: () => void) => clock.after(ms / 4, call) };
    const supervisor = supervise({
      module: noninSerial,
      device: "d",
      bed: "b1",
      zone: "UTC",
      epoch: "e",
      address,
      options: fillOptions(noninSerial.options, {}),
      links: createLinks({ clock }),
      clock: { ...hasty, mono: () => mono(clock.mono() * 4) },
      random: createRandom(),
      log: silentLog,
      onObservation: () => undefined,
    });
    supervisor.start();
    await until(() => supervisor.view().link === "quiet");
    await until(() => sockets.length >= 2);
    expect(sockets[0]?.destroyed).toBe(true);
    await supervisor.stop();
    await until(() => sockets.every((socket) => socket.destroyed));
  });

  test("on whose machine nothing listens there is refused, with what to look at", async () => {
    await new Promise((resolve) => {
      server.close(resolve);
    });
    await expect(open()).rejects.toMatchObject({
      code: "LINK_REFUSED",
      fix: expect.stringContaining("port number"),
    });
  });

  test("whose name nobody knows is not found", async () => {
    await expect(open("tcp:no-such-host.invalid:4001")).rejects.toMatchObject({ code: "LINK_NOT_FOUND" });
  });

  test("that does not answer is given up after five seconds", async () => {
    // The five seconds are over before the network had a turn.
    const waits: number[] = [];
    const after = (ms: number, callback: () => void): (() => void) => {
      waits.push(ms);
      queueMicrotask(callback);
      return () => undefined;
    };
    const opening = createLinks({ clock: { ...clock, after } }).open(address, NEED, never);
    await expect(opening).rejects.toMatchObject({
      code: "LINK_NOT_FOUND",
      message: expect.stringContaining("5 s"),
    });
    expect(waits).toEqual([5_000]);
  });

  test("is not connected to when it is no longer wanted", async () => {
    const stop = new AbortController();
    const opening = createLinks({ clock }).open(address, NEED, stop.signal);
    stop.abort();
    await expect(opening).rejects.toThrow(/abort/);
  });

  test.each([
    "tcp:4001",
    "tcp:host",
    "tcp:host:0",
    "tcp:host:70000",
    "tcp:host:12/x",
    "tcp:a b:1",
    "tcp:::1:4001",
  ])("%s is not its address", async (wrong) => {
    await expect(open(wrong)).rejects.toMatchObject({
      code: "LINK_REFUSED",
      permanent: true,
      fix: expect.stringContaining("tcp:HOST:PORT"),
    });
  });

  test("that floods is read no faster than several serial lines, and closed at once", async () => {
    const { link } = await open();
    await until(() => sockets.length === 1);
    let read = 0;
    const reading = (async () => {
      for await (const chunk of link.chunks) read += chunk.length;
    })();
    const piece = new Uint8Array(1 << 20);
    const pour = (): void => {
      if (sockets[0]?.destroyed === false) sockets[0].write(piece, pour);
    };
    pour();
    const start = performance.now();
    await sleep(1_000);
    const seconds = (performance.now() - start) / 1000;
    expect(read).toBeGreaterThan(64 << 10);
    expect(read / seconds).toBeLessThan(2_600_000);
    await link.close();
    await reading;
  });
});
