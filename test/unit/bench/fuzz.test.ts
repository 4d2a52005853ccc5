import { describe, expect, test } from "vitest";
import { fuzzFamily } from "../../../src/bench/fuzz.ts";
import { Fault } from "../../../src/domain/fault.ts";
import { ticks } from "../../../src/domain/ticks.ts";
import { wall } from "../../../src/domain/time.ts";
import type { BytesModule, DeviceReading, FilesModule } from "../../../src/driver/contract.ts";
import { createVirtualClock } from "../../../src/rehearsal/clock.ts";
import { damagedCard, noise } from "../../../src/rehearsal/noise.ts";
import { createSeededRandom } from "../../../src/rehearsal/random.ts";
import { chunksUntil } from "../../../src/wire/chunks.ts";

const FACTS: BytesModule["facts"] = {
  connection: "cable",
  power: "none",
  night: { suited: "no", reason: "made for a test" },
  evidence: "none",
};

/** Frames of four bytes: AA, a count, its complement and 55; one a second. */
const family = (observe: BytesModule["observe"] = honest()): BytesModule => ({
  ...{ id: "made-up", vendor: "any", model: "any", role: "oximeter", link: "bytes", timeliness: "live" },
  ...{ evidence: "unproven", facts: FACTS, options: {}, waves: [], observe },
  quietMs: () => 5_000,
  signals: () => ["spo2"],
  serial: () => ({ baudRate: 9600, dataBits: 8, parity: "none", stopBits: 1, rtscts: false }),
  async simulate({ link, clock, signal }) {
    let count = 0;
    for await (const _ of ticks(clock, 1_000, signal)) {
      count = (count + 1) % 256;
      await link.write(Uint8Array.of(0xaa, count, count ^ 0xff, 0x55));
    }
  },
});

/** Reads them; `spoil` may do to each what a bad decoder does. */
const honest = (
  spoil: (count: number, framesSinceNoise: number) => DeviceReading | undefined = (count) => ({
    body: { kind: "samples", samples: { spo2: (count % 100) + 1 } },
  }),
): BytesModule["observe"] =>
  async function* ({ link, trace, signal }) {
    let held: number[] = [];
    let sinceNoise = 0;
    for await (const chunk of chunksUntil(link.chunks, signal)) {
      held.push(...chunk);
      let at = 0;
      while (held.length >= at + 4) {
        const [head, count = 0, complement, end] = held.slice(at, at + 4);
        if (head !== 0xaa || end !== 0x55 || (count ^ 0xff) !== complement) {
          sinceNoise = 0;
          trace.reject(Uint8Array.of(head ?? 0), "no frame");
          at += 1;
          continue;
        }
        sinceNoise += 1;
        const reading = spoil(count, sinceNoise);
        if (reading !== undefined) {
          trace.frame(Uint8Array.from(held.slice(at, at + 4)), () => "a count");
          yield reading;
        }
        at += 4;
      }
      held = held.slice(at);
    }
  };

const fuzz = (module: BytesModule | FilesModule, bytes = 30_000) =>
  fuzzFamily(module, {
    ...{ bytes, seed: 3, clock: createVirtualClock(wall(0)) },
    signal: new AbortController().signal,
  });

const one = (count: number): DeviceReading => ({
  body: { kind: "samples", samples: { spo2: (count % 100) + 1 } },
});

describe("a flood of noise", () => {
  test("finds nothing in a decoder without a fault", async () => {
    const result = await fuzz(family());
    expect(result).toMatchObject({
      ok: true,
      problems: [],
      faults: 0,
      longestWait: { count: 0, of: "frames" },
    });
    expect(result.bytes).toBeGreaterThanOrEqual(30_000);
    expect(result.frames).toBeGreaterThan(100);
  });

  test("lets a decoder give up with a fault, and starts it again", async () => {
    const observe: BytesModule["observe"] = async function* (context) {
      let refused = 0;
      const reject = (bytes: Uint8Array, reason: string): void => {
        refused += 1;
        context.trace.reject(bytes, reason);
      };
      for await (const reading of honest()({ ...context, trace: { ...context.trace, reject } })) {
        yield reading;
        if (refused > 1_000) throw new Fault("DEVICE_REFUSED", "It said nothing of use.");
      }
    };
    const result = await fuzz(family(observe));
    expect(result.problems).toEqual([]);
    expect(result.faults).toBeGreaterThan(0);
  });

  test.each<[string, BytesModule["observe"], RegExp]>([
    [
      "one that throws anything else",
      honest((count) => {
        if (count === 7) throw new TypeError("undefined is not a function");
        return one(count);
      }),
      /threw TypeError: undefined is not a function/,
    ],
    [
      "a value out of range",
      honest(() => ({ body: { kind: "samples", samples: { spo2: 127 } } })),
      /spo2 127 is out of range/,
    ],
    [
      "a value that is not rounded",
      honest(() => ({ body: { kind: "samples", samples: { spo2: 97.4 } } })),
      /spo2 97\.4 is not rounded/,
    ],
    [
      "a signal that was not declared",
      honest(() => ({ body: { kind: "samples", samples: { leak: 3 } } })),
      /leak is not among its signals/,
    ],
    [
      "what is no number",
      honest(() => ({ body: { kind: "settings", settings: { ipap: Number.NaN } } })),
      /settings\.settings\.ipap is no number/,
    ],
    [
      "one that is long out of step",
      honest((count, sinceNoise) => (sinceNoise > 4 ? one(count) : undefined)),
      /lost more than 2 frames after noise/,
    ],
  ])("finds %s", async (_name, observe, problem) => {
    const result = await fuzz(family(observe));
    expect(result.ok).toBe(false);
    expect(result.problems.join("\n")).toMatch(problem);
  });

  test("finds a decoder that keeps everything it ever heard", async () => {
    const kept: Uint8Array[] = [];
    const observe: BytesModule["observe"] = async function* (context) {
      for await (const reading of honest()(context)) {
        kept.push(new Uint8Array(50_000));
        yield reading;
      }
    };
    const result = await fuzz(family(observe));
    expect(result.problems.join("\n")).toMatch(/holds \d+ bytes more than before/);
  });

  test("finds a reader of cards that believes every count", async () => {
    const card: FilesModule = {
      ...{ id: "made-up-card", vendor: "any", model: "any", role: "ventilator", link: "files" },
      ...{ timeliness: "late", evidence: "unproven", facts: FACTS, options: {}, waves: [] },
      quietMs: () => 5_000,
      signals: () => [],
      async *observe({ link, trace }) {
        const bytes = await link.read("COUNT.BIN", 0, 8);
        const count = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
        trace.frame(bytes, () => "a count");
        if (count > 1_000_000) throw new RangeError("Invalid array length");
        yield { body: { kind: "identity", serial: String(count) } };
      },
      simulate: ({ link }) => link.write("COUNT.BIN", 0, Uint8Array.of(3, 0, 0, 0, 1, 2, 3, 4)),
    };
    const result = await fuzz(card, 3_000);
    expect(result.problems.join("\n")).toMatch(/threw RangeError/);
  });
});

describe("noise", () => {
  const own = [{ channel: "a", bytes: Uint8Array.of(1, 2, 3) }];
  const make = (seed: number) => [
    ...noise({ own, maxPieceBytes: 64, random: createSeededRandom(seed) }, 20_000),
  ];

  test("is the same for the same seed, and another for another", () => {
    expect(make(5)).toEqual(make(5));
    expect(make(5)).not.toEqual(make(6));
  });

  test("is as much as was asked for, in pieces that the link can carry, now and then on a foreign channel", () => {
    const pieces = make(5);
    expect(pieces.reduce((sum, { bytes }) => sum + bytes.length, 0)).toBeGreaterThan(15_000);
    expect(Math.max(...pieces.map(({ bytes }) => bytes.length))).toBeLessThanOrEqual(64);
    expect(new Set(pieces.map(({ channel }) => channel))).toEqual(new Set(["a", "ffff"]));
  });

  test("on a card leaves the card itself alone, and never nothing damaged for long", () => {
    const files = new Map([
      ["A.EDF", Uint8Array.from({ length: 900 }, (_, i) => i)],
      ["B/C.DAT", Uint8Array.of(1, 2, 3)],
    ]);
    const before = structuredClone(files);
    const random = createSeededRandom(9);
    const cards = Array.from({ length: 300 }, () => damagedCard(files, random));
    expect(files).toEqual(before);
    expect(
      cards.filter((card) => JSON.stringify([...card]) === JSON.stringify([...files])).length,
    ).toBeLessThan(30);
    expect(cards.some((card) => card.size > 2)).toBe(true);
    expect(cards.some((card) => card.size < 2)).toBe(true);
  });
});
