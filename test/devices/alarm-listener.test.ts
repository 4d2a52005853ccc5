// The alarm listener over synthetic sound; test/support/alarm-listening-writer.ts measures whole nights.
import { describe, expect, test } from "vitest";
import {
  parseTemplates,
  sampleBytes,
  type Template,
  templateText,
} from "../../devices/alarm-listener/codec.ts";
import { learn } from "../../devices/alarm-listener/learn.ts";
import { alarmListener } from "../../devices/alarm-listener/module.ts";
import { wall } from "../../src/domain/time.ts";
import { supervise } from "../../src/driver/supervise.ts";
import { createVirtualClock } from "../../src/rehearsal/clock.ts";
import { createSeededRandom } from "../../src/rehearsal/random.ts";
import { createLinks } from "../../src/transport/links.ts";
import { createMemoryLinks } from "../../src/transport/memory.ts";
import {
  ALARM_NAMES,
  falseAlarms,
  learned,
  OTHER_NAMES,
  secondsToRecognise,
} from "../support/alarm-listening.ts";
import { createBench, newestSamples } from "../support/conformance.ts";
import { ALARMS, type AlarmName, hiss, mixed, RATE_HZ } from "../support/room-sounds.ts";
import { silentLog } from "../support/silent-log.ts";

/** Learned once: it takes its time. */
const TEMPLATES = ALARM_NAMES.map((name) => learned(name));
const templateOf = (name: AlarmName): Template => TEMPLATES[ALARM_NAMES.indexOf(name)] as Template;

const random = createSeededRandom(3);
const chance = (): number => random.uniform();

describe("learning", () => {
  test("finds the notes and the rhythm of a burst", () => {
    const [template] = parseTemplates(templateText(templateOf("IEC medium, three notes"))) ?? [];
    const pitches = template?.pulses.map(({ note }) => template.notes[note]?.[0] ?? 0) ?? [];
    [523.3, 440, 349.2].forEach((hz, index) => {
      expect(Math.abs((pitches[index] ?? 0) - hz)).toBeLessThan(3);
    });
    expect(pitches).toHaveLength(3);
    for (const { onMs } of template?.pulses ?? []) expect(Math.abs(onMs - 200)).toBeLessThan(50);
    expect(template?.pulses.map(({ offMs }) => Math.round((offMs ?? 0) / 200))).toEqual([1, 1, 25]);
  });

  test("finds the tone and the period of a beep, also when the recording begins in the middle of one", () => {
    const beep = ALARMS["beep 2.9 kHz, half a second"](20, chance);
    const quiet = new Float32Array(20 * RATE_HZ);
    quiet.set(beep.subarray(0, 15 * RATE_HZ), 0);
    const template = learn(
      mixed([
        [quiet, 0.2],
        [hiss(20, chance), 0.002],
      ]),
    );
    if (typeof template === "string") expect.fail(template);
    expect(template.notes[0]?.[0]).toBeCloseTo(2_900, -1);
    expect(template.pulses).toHaveLength(1);
    expect(Math.abs((template.pulses[0]?.onMs ?? 0) + (template.pulses[0]?.offMs ?? 0) - 1_000)).toBeLessThan(
      20,
    );
  });

  test.each(ALARM_NAMES)("%s becomes a short printable text that reads back as it was", (name) => {
    const text = templateText(templateOf(name));
    expect(text).toMatch(/^[\d.~+/]+$/);
    expect(text.length).toBeLessThanOrEqual(400);
    expect(parseTemplates(text)).toEqual([templateOf(name)]);
  });

  test("says why it learned nothing", () => {
    const seconds = (count: number, sound: (i: number) => number): Int16Array =>
      Int16Array.from({ length: count * RATE_HZ }, (_, i) => sound(i));
    const sine = (i: number): number => Math.round(8_000 * Math.sin((2 * Math.PI * 2_500 * i) / RATE_HZ));
    const noise = (): number => Math.round(200 * (chance() - 0.5));
    expect(learn(seconds(4, sine))).toBe("too_short");
    expect(learn(seconds(10, () => 0))).toBe("muted");
    expect(learn(seconds(10, (i) => (i % 20 < 10 ? 32_767 : -32_768)))).toBe("clipped");
    expect(learn(seconds(10, noise))).toBe("no_tone");
    expect(learn(seconds(10, (i) => sine(i) + noise()))).toBe("no_quiet");
    const once = (i: number): number => (i > 5 * RATE_HZ && i < 5.3 * RATE_HZ ? sine(i) : 0) + noise();
    expect(learn(seconds(10, once))).toBe("too_plain");
  });

  test.each([
    "",
    "2/523/0.100",
    "1/523/1.100.100",
    "1/523/0.5.100",
    "1/20/0.100.100",
    "1/523~/0.100",
    "1/523/0.100+0.100.100",
    "1/523/0.100:1/523",
    "1/523/0.100:1/523/0.100:1/523/0.100:1/523/0.100",
  ])("a text that it did not print is no template: %j", (text) => {
    expect(parseTemplates(text)).toBeUndefined();
  });
});

describe("recognising, in rooms from muffled to bare", () => {
  test.each(ALARM_NAMES)("%s is recognised within ten seconds, 10 dB above other sounds", (alarm) => {
    const template = templateOf(alarm);
    for (const [index, other] of (
      ["quiet", "blower", "television", "speech", "snoring"] as const
    ).entries()) {
      const seconds = secondsToRecognise(template, {
        ...{ alarm, other, aboveDb: 10, roomS: 0.2 + 0.2 * index, seed: 40 + index },
      });
      expect(seconds, other).toBeLessThanOrEqual(10);
    }
  });

  test.each(OTHER_NAMES)("a minute of %s is no alarm of any machine", (other) => {
    expect(falseAlarms(TEMPLATES, other, 1 / 60, 21)).toEqual(ALARM_NAMES.map(() => 0));
  });

  test.each(ALARM_NAMES)("%s is taken for no alarm but itself", (other) => {
    const counts = falseAlarms(TEMPLATES, other, 0.5 / 60, 22);
    expect(counts).toEqual(ALARM_NAMES.map((name) => (name === other ? 1 : 0)));
  });
});

describe("a microphone", () => {
  const TEMPLATE = "1/2900/0.300.500";

  /** What is said last after so much sound. */
  async function told(sound: Int16Array) {
    const bench = await createBench(alarmListener, { template: TEMPLATE });
    await bench.send({ bytes: sampleBytes(sound) });
    await bench.clock.advance(0);
    await bench.abort();
    return newestSamples(bench.heard.readings).remote_alarm;
  }

  const beep = (seconds: number): Int16Array =>
    Int16Array.from({ length: seconds * RATE_HZ }, (_, i) =>
      Math.round(
        (i % (0.8 * RATE_HZ) < 0.3 * RATE_HZ ? 4_000 : 0) * Math.sin((2 * Math.PI * 2_900 * i) / RATE_HZ) +
          100 * (chance() - 0.5),
      ),
    );
  const room = (seconds: number): Int16Array =>
    Int16Array.from({ length: seconds * RATE_HZ }, () => Math.round(200 * (chance() - 0.5)));
  const joined = (...parts: Int16Array[]): Int16Array => Int16Array.from(parts.flatMap((part) => [...part]));

  test("says no only after it has listened as long as an alarm takes", async () => {
    expect(await told(room(2))).toEqual({ absent: "searching" });
    expect(await told(room(6))).toBe(0);
  });

  test("keeps an alarm through the silence between its bursts, and ends it after that", async () => {
    expect(await told(joined(room(2), beep(8)))).toBe(1);
    expect(await told(joined(room(2), beep(8), room(7)))).toBe(1);
    expect(await told(joined(room(2), beep(8), room(10)))).toBe(0);
  });

  test("that is muted is off, never a quiet night", async () => {
    expect(await told(joined(room(6), new Int16Array(5 * RATE_HZ)))).toEqual({ absent: "device_off" });
    // The gates of a microphone's noise suppression close for shorter.
    expect(await told(joined(room(6), new Int16Array(3 * RATE_HZ)))).toBe(0);
    expect(await told(joined(room(6), new Int16Array(5 * RATE_HZ).fill(-7)))).toEqual({
      absent: "device_off",
    });
  });

  test("that is overdriven cannot say no, but it can say yes", async () => {
    const loud = (sound: Int16Array): Int16Array =>
      sound.map((sample) => Math.max(-32_768, Math.min(32_767, sample * 400)));
    expect(await told(loud(room(6)))).toEqual({ absent: "invalid" });
    expect(
      await told(
        joined(
          room(2),
          beep(8).map((sample) => Math.max(-32_768, Math.min(32_767, sample * 40))),
        ),
      ),
    ).toBe(1);
  });

  test("is never kept: neither its sound nor its frames reach recorder or page", async () => {
    const clock = createVirtualClock(wall(0));
    const memory = createMemoryLinks();
    const cable = memory.cable("mic");
    const kept: unknown[] = [];
    const supervisor = supervise({
      ...{
        module: alarmListener,
        device: "listener",
        bed: "b1",
        epoch: "e",
        address: "memory:mic",
        zone: "UTC",
      },
      ...{ options: { template: TEMPLATE }, links: createLinks({ clock, memory }), clock, log: silentLog },
      random: createSeededRandom(1),
      flight: {
        chunk: (...chunk: unknown[]) => kept.push(chunk),
        remark: () => undefined,
        stop: async () => undefined,
      } as never,
      onObservation: () => undefined,
    });
    supervisor.start();
    await clock.advance(10);
    await cable.device.write(sampleBytes(room(3)));
    await clock.advance(10);
    expect(supervisor.view().counters).toMatchObject({ bytes: 3 * 2 * RATE_HZ, frames: 3 });
    expect(supervisor.frames().map(({ hex }) => hex)).toEqual(["", "", ""]);
    expect(kept).toEqual([]);
    await supervisor.stop();
  });
});
