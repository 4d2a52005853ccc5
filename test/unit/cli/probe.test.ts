import { describe, expect, test } from "vitest";
import { draegerMedibus } from "../../../devices/draeger-medibus/module.ts";
import { DEVICES } from "../../../devices/index.ts";
import { masimoAscii } from "../../../devices/masimo-ascii/module.ts";
import { lineName, linesOf, serverLines } from "../../../src/cli/probe/trials.ts";
import { createProbeCommand } from "../../../src/cli/probe.ts";
import { measured } from "../../../src/domain/sample.ts";
import { wall } from "../../../src/domain/time.ts";
import type { BytesModule } from "../../../src/driver/contract.ts";
import { fillOptions, type GivenOptions } from "../../../src/driver/options.ts";
import type { SerialSettings } from "../../../src/port/link.ts";
import { createVirtualClock } from "../../../src/rehearsal/clock.ts";
import { createSeededRandom } from "../../../src/rehearsal/random.ts";
import { createLinks } from "../../../src/transport/links.ts";
import { createMemoryLinks } from "../../../src/transport/memory.ts";
import { steadyBed } from "../../support/steady-bed.ts";
import { createTestTerminal } from "../../support/terminal.ts";

/** A port with a simulated device on it, which is understood with its own line settings only. */
function portWith(module: BytesModule, given: GivenOptions = {}) {
  const clock = createVirtualClock(wall(0));
  const memory = createMemoryLinks();
  const cable = memory.cable("port");
  const asked: Uint8Array[] = [];
  const options = fillOptions(module.options, given);
  const right = lineName(module.serial(options));
  const stop = new AbortController();
  const device = {
    ...cable.device,
    chunks: {
      async *[Symbol.asyncIterator]() {
        for await (const chunk of cable.device.chunks) {
          asked.push(chunk);
          yield chunk;
        }
      },
    },
  };
  const simulating = module.simulate({
    link: device,
    bed: steadyBed({ samples: { spo2: measured("spo2", 97), pulse_rate: measured("pulse_rate", 62) } }),
    clock,
    random: createSeededRandom(1),
    options,
    signal: stop.signal,
  });
  const links = createLinks({ clock, memory });
  const garbled: typeof links = {
    ...links,
    async open(address, need, signal) {
      const isRight = need.kind === "bytes" && lineName(need.serial) === right;
      cable.tamper(isRight ? undefined : (bytes) => bytes.map((byte) => (byte * 7) ^ 0x5a));
      return links.open(address, need, signal);
    },
  };
  return {
    asked,
    async probe(...argv: string[]) {
      const terminal = createTestTerminal({ clock });
      const running = createProbeCommand(() => garbled).run(["memory:port", ...argv], terminal);
      let code: number | undefined;
      const finished = running.then((value) => {
        code = value;
      });
      for (let i = 0; code === undefined && i < 4_000; i++) await clock.advance(250);
      await finished;
      stop.abort();
      await clock.advance(5_000);
      await simulating;
      return { code, data: terminal.data(), words: terminal.words() };
    },
  };
}

describe("what is tried", () => {
  const medibus = linesOf([draegerMedibus]);
  const names = medibus.map(({ serial }) => lineName(serial));

  test("of a family with settings for the line, every one of them, the defaults first", () => {
    expect(names[0]).toBe("19200 8E1");
    expect(names.toSorted()).toEqual(
      ["19200 8E1", "19200 8N1", "38400 8E1", "38400 8N1", "9600 8E1", "9600 8N1"].toSorted(),
    );
    const plain = medibus.find(({ serial }) => lineName(serial) === "9600 8N1");
    expect(plain?.trials[0]?.given).toEqual({ baud: "9600", parity: "none" });
  });

  test("each family of bytes, but no keyboard; behind a serial server once, as the server is set", () => {
    const ids = new Set(linesOf(DEVICES).flatMap(({ trials }) => trials.map(({ module }) => module.id)));
    expect([...ids]).toEqual(
      expect.arrayContaining(["nonin-serial", "contec-first", "tosca-500", "hamilton-polling"]),
    );
    expect(ids).not.toContain("call-switch-key");
    expect(ids).not.toContain("sig-plx");
    expect(serverLines(DEVICES).map(({ trials }) => trials.length)).toEqual([ids.size]);
  });

  test("no setting of the line twice, and nobody's clock is set", () => {
    const lines = linesOf(DEVICES);
    const settings = lines.map(({ serial }: { serial: SerialSettings }) => lineName(serial));
    expect(new Set(settings).size).toBe(settings.length);
    const clocks = lines.flatMap(({ trials }) => trials.map(({ options }) => options["clock"]));
    expect(clocks).toContain("leave");
    expect(clocks).not.toContain("set");
  });
});

describe("probe", () => {
  test("finds a device that speaks by itself, with nothing sent", async () => {
    const port = portWith(masimoAscii);
    const { code, data } = await port.probe();
    expect(code).toBe(0);
    expect(data).toMatch(/^masimo-ascii {2}Masimo/);
    expect(data).toMatch(
      /9600 8N1: [3-5] frames, \d+ bytes understood, \d+ refused, \d+ readings; SIMULATED/,
    );
    expect(data).toMatch(/the last frame: SpO2 97/);
    expect(data).toMatch(/- family: masimo-ascii\n +port: memory:port\n/);
    expect(port.asked).toEqual([]);
  });

  test("sends nothing to a device that waits to be asked, and names the family", async () => {
    const port = portWith(draegerMedibus);
    const { code, data, words } = await port.probe();
    expect(code).toBe(1);
    expect(data).toBe("");
    expect(words).toMatch(/Nothing came from memory:port.*data output/);
    expect(words).toMatch(/would have to be asked: .*draeger-medibus.*--ask/);
    expect(port.asked).toEqual([]);
  });

  test("asks when it is told to, and finds the settings that the ventilator has", async () => {
    const port = portWith(draegerMedibus, { baud: "9600", parity: "none" });
    const { code, data } = await port.probe("--device", "draeger-medibus", "--ask", "--json");
    expect(code).toBe(0);
    expect(port.asked.length).toBeGreaterThan(0);
    const [first] = (JSON.parse(data) as { understood: readonly object[] }).understood;
    expect(first).toMatchObject({
      family: "draeger-medibus",
      certain: true,
      line: "9600 8N1",
      options: { baud: "9600", parity: "none" },
      simulated: true,
      config: "- family: draeger-medibus\n  port: memory:port\n  options: { baud: 9600, parity: none }",
    });
  });

  test("shows what it heard where nobody understands it", async () => {
    const noise: BytesModule = {
      ...masimoAscii,
      async simulate({ link, clock, signal }) {
        for (let i = 0; !signal.aborted; i++) {
          await link.write(Uint8Array.of(0x13, 0x00, 0xc7, i & 0xff));
          await clock.sleep(200, signal).catch(() => undefined);
        }
      },
    };
    const { code, words } = await portWith(noise).probe("--device", "masimo-ascii");
    expect(code).toBe(1);
    expect(words).toMatch(/no family understands it:\n {2}9600 8N1: \d+ bytes, the first 13 00 C7/);
  });

  test.each([
    [["ble:AA:BB:CC:DD:EE:FF"], /scan/],
    [["/dev/ttyUSB0", "--device", "sig-plx"], /sig-plx \(gatt\) is not read from a port/],
    [["/dev/ttyUSB0", "--device", "call-switch-key"], /not read from a port/],
    [["/dev/ttyUSB0", "--seconds", "0"], /--seconds/],
  ])("refuses %j with the reason", async (argv, words) => {
    const links = createLinks({ clock: createVirtualClock(wall(0)) });
    await expect(createProbeCommand(() => links).run(argv, createTestTerminal())).rejects.toThrow(words);
  });
});
