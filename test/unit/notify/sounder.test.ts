import { beforeEach, describe, expect, test } from "vitest";
import type { Occurrence } from "../../../src/domain/alarm.ts";
import { MINUTE_MS, wall } from "../../../src/domain/time.ts";
import { createSounder, type Sounder, type SounderReadiness } from "../../../src/notify/sounder/sounder.ts";
import type { Audio } from "../../../src/port/audio.ts";
import { createVirtualClock, type VirtualClock } from "../../../src/rehearsal/clock.ts";
import type { SoundKind } from "../../../src/sound/pattern.ts";
import { createVoice } from "../../../src/sound/synthesis.ts";
import { answer, folds, NIGHT, occurrence } from "../../support/alarms.ts";

/** A loudspeaker that remembers. */
interface Speaker extends Audio {
  /** What it plays now: none, or one sound; two at once would be a fault. */
  readonly sounding: readonly Int16Array[];
  readonly started: readonly { readonly atMs: number; readonly pcm: Int16Array }[];
  broken: string | undefined;
  /** Breaks what is playing. */
  fail(detail: string): void;
  probes: number;
}

function speaker(clock: VirtualClock): Speaker {
  const sounding: { pcm: Int16Array; onFailure: (detail: string) => void }[] = [];
  const started: { atMs: number; pcm: Int16Array }[] = [];
  return {
    probes: 0,
    broken: undefined,
    started,
    get sounding() {
      return sounding.map(({ pcm }) => pcm);
    },
    fail(detail) {
      for (const { onFailure } of sounding.splice(0)) onFailure(detail);
    },
    async probe() {
      this.probes += 1;
      return this.broken === undefined ? { ok: true, detail: "default" } : { ok: false, detail: this.broken };
    },
    loop(pcm, _rateHz, onFailure) {
      started.push({ atMs: clock.mono(), pcm });
      if (this.broken !== undefined) {
        onFailure(this.broken);
        return () => undefined;
      }
      const entry = { pcm, onFailure };
      sounding.push(entry);
      return () => {
        const index = sounding.indexOf(entry);
        if (index >= 0) sounding.splice(index, 1);
      };
    },
  };
}

const voice = createVoice(48_000);

const isSound = (pcm: Int16Array | undefined, kind: SoundKind): boolean =>
  [voice.alarm(kind), voice.introduction(kind).pcm].some(
    (sound) => pcm !== undefined && Buffer.from(sound.buffer).equals(Buffer.from(pcm.buffer)),
  );

const kindOf = (audio: Speaker): SoundKind | "silence" =>
  audio.sounding.length === 0
    ? "silence"
    : ((["high", "medium", "low", "call"] as const).find((kind) => isSound(audio.sounding[0], kind)) ??
      "silence");

let clock: VirtualClock;
let audio: Speaker;
let sounder: Sounder;
let fold: ReturnType<typeof folds>;
let told: SounderReadiness[];

beforeEach(() => {
  clock = createVirtualClock(NIGHT);
  audio = speaker(clock);
  told = [];
  sounder = createSounder({
    audio,
    clock,
    log: { note: () => undefined },
    onReadiness: (readiness) => told.push(readiness),
  });
  fold = folds(clock);
});

const alarm = (changes: Partial<Occurrence> = {}): Occurrence => occurrence(changes);

describe("what sounds", () => {
  test("a high alarm sounds before update returns", () => {
    sounder.update(fold([alarm()]));
    expect(kindOf(audio)).toBe("high");
  });

  test.each([
    ["an open high alarm", [alarm()], "high"],
    ["an open medium alarm", [alarm({ priority: "medium" })], "medium"],
    ["a low alarm: never at night", [alarm({ priority: "low" })], "silence"],
    ["nothing open", [], "silence"],
    ["the patient calling", [alarm({ condition: "PATIENT_CALL" })], "call"],
    [
      "a call and a medium alarm",
      [alarm({ id: "b1-a-2", priority: "medium" }), alarm({ condition: "PATIENT_CALL" })],
      "call",
    ],
    [
      "a call and another high alarm",
      [alarm({ condition: "PATIENT_CALL" }), alarm({ id: "b1-a-2" })],
      "high",
    ],
    [
      "an answered high and an open medium alarm",
      [alarm({ acknowledgement: answer(NIGHT) }), alarm({ id: "b1-a-2", priority: "medium" })],
      "medium",
    ],
    ["an alarm without data", [alarm({ state: "unknown" })], "high"],
    ["a simulated alarm", [alarm({ simulated: true })], "silence"],
  ] as const)("%s", (_what, open, expected) => {
    sounder.update(fold(open));
    expect(kindOf(audio)).toBe(expected);
  });

  test("of two beds the more urgent one is heard, and each is silenced on its own", () => {
    const other = folds(clock, "b2");
    sounder.update(fold([alarm({ priority: "medium" })]));
    sounder.update(other([alarm({ bed: "b2", id: "b2-abcdefghij-1" })]));
    expect(kindOf(audio)).toBe("high");
    sounder.update(other([]));
    expect(kindOf(audio)).toBe("medium");
    sounder.update(fold([]));
    expect(kindOf(audio)).toBe("silence");
  });

  test("a simulated alarm sounds inside a drill and not a moment longer", async () => {
    const simulated = alarm({ simulated: true, drill: true });
    sounder.update(fold([simulated], { drillUntil: wall(NIGHT + MINUTE_MS) }));
    expect(kindOf(audio)).toBe("high");
    await clock.advance(MINUTE_MS - 1);
    expect(kindOf(audio)).toBe("high");
    await clock.advance(1);
    expect(kindOf(audio)).toBe("silence");
  });

  test("a drill does not let out what was raised outside it", () => {
    const drillUntil = wall(NIGHT + MINUTE_MS);
    sounder.update(fold([alarm({ simulated: true })], { drillUntil }));
    expect(kindOf(audio)).toBe("silence");
    sounder.update(fold([alarm({ simulated: true, drill: true })]));
    expect(kindOf(audio)).toBe("silence");
  });

  test("an older picture of the bed changes nothing", () => {
    const old = fold([]);
    sounder.update(fold([alarm()]));
    sounder.update(old);
    expect(kindOf(audio)).toBe("high");
  });
});

describe("how it goes on", () => {
  test("begins gently, then repeats at full loudness until it is answered", async () => {
    sounder.update(fold([alarm()]));
    await clock.advance(5 * MINUTE_MS);
    expect(audio.started.map(({ pcm }) => pcm.length)).toEqual([
      voice.introduction("high").pcm.length,
      voice.alarm("high").length,
    ]);
    expect(audio.sounding).toHaveLength(1);
  });

  test.each([
    ["acknowledged", () => [alarm({ acknowledgement: answer(clock.wall()) })]],
    ["ended", () => []],
  ])("is silent at once when it is %s", async (_how, open) => {
    sounder.update(fold([alarm()]));
    await clock.advance(40_000);
    sounder.update(fold(open()));
    expect(kindOf(audio)).toBe("silence");
    await clock.advance(10 * MINUTE_MS);
    expect(audio.sounding).toEqual([]);
    expect(audio.started).toHaveLength(2);
  });

  test("sounds again when the acknowledgement has lapsed, and not because the wall clock stepped", () => {
    const acknowledged = alarm({ acknowledgement: answer(clock.wall()) });
    sounder.update(fold([acknowledged]));
    clock.stepWall(24 * 60 * MINUTE_MS);
    sounder.update(fold([acknowledged]));
    expect(kindOf(audio)).toBe("silence");
    sounder.update(fold([alarm()]));
    expect(kindOf(audio)).toBe("high");
  });

  test("a worse alarm takes over at once, from its own beginning", async () => {
    sounder.update(fold([alarm({ priority: "medium" })]));
    await clock.advance(60_000);
    sounder.update(fold([alarm()]));
    expect(kindOf(audio)).toBe("high");
    expect(audio.sounding[0]?.length).toBe(voice.introduction("high").pcm.length);
  });

  test("a second alarm of the same urgency does not start the sound afresh", async () => {
    sounder.update(fold([alarm()]));
    await clock.advance(30_000);
    const before = audio.started.length;
    sounder.update(fold([alarm(), alarm({ id: "b1-abcdefghij-2", condition: "VENT_APNEA" })]));
    expect(audio.started).toHaveLength(before);
  });
});

describe("a broken output", () => {
  test("is tried again every two seconds while something has to be heard, then at full loudness", async () => {
    sounder.update(fold([alarm()]));
    audio.fail("unplugged");
    audio.broken = "unplugged";
    expect(sounder.readiness).toEqual({ ok: false, detail: "unplugged" });
    await clock.advance(10_000);
    expect(audio.started.length).toBeGreaterThanOrEqual(5);
    expect(audio.started.length).toBeLessThanOrEqual(7);
    audio.broken = undefined;
    await clock.advance(2_000);
    expect(audio.sounding[0]?.length).toBe(voice.alarm("high").length);
    await clock.advance(5_000);
    expect(sounder.readiness.ok).toBe(true);
  });

  test("is not tried any more once the alarm is answered", async () => {
    audio.broken = "no card";
    sounder.update(fold([alarm()]));
    sounder.update(fold([alarm({ acknowledgement: answer(clock.wall()) })]));
    const tries = audio.started.length;
    await clock.advance(MINUTE_MS);
    expect(audio.started).toHaveLength(tries);
    expect(clock.pending).toBe(0);
  });

  test("a late complaint of a sound that was stopped changes nothing", async () => {
    let complain: (detail: string) => void = () => undefined;
    const loop = audio.loop.bind(audio);
    audio.loop = (pcm, rateHz, onFailure) => {
      complain = onFailure;
      return loop(pcm, rateHz, onFailure);
    };
    sounder.start();
    await clock.advance(0);
    sounder.update(fold([alarm()]));
    sounder.update(fold([]));
    complain("killed");
    expect(sounder.readiness.ok).toBe(true);
    await clock.advance(10_000);
    expect(audio.sounding).toEqual([]);
  });
});

describe("readiness", () => {
  test("is no before it was tried, and known right after the start", async () => {
    expect(sounder.readiness.ok).toBe(false);
    sounder.start();
    await clock.advance(0);
    expect(sounder.readiness).toEqual({ ok: true, detail: "default" });
    expect(told).toHaveLength(1);
  });

  test("a fault is found within five minutes and its mending within thirty seconds", async () => {
    sounder.start();
    await clock.advance(0);
    audio.broken = "no card";
    await clock.advance(5 * MINUTE_MS);
    expect(sounder.readiness).toEqual({ ok: false, detail: "no card" });
    audio.broken = undefined;
    await clock.advance(30_000);
    expect(sounder.readiness.ok).toBe(true);
  });

  test("a probe that rejects counts as broken", async () => {
    audio.probe = () => Promise.reject(new Error("spawn failed"));
    sounder.start();
    await clock.advance(0);
    expect(sounder.readiness).toEqual({ ok: false, detail: "spawn failed" });
  });

  test("the output is left alone while it plays", async () => {
    sounder.start();
    await clock.advance(0);
    sounder.update(fold([alarm()]));
    const { probes } = audio;
    await clock.advance(20 * MINUTE_MS);
    expect(audio.probes).toBe(probes);
  });
});

test("stop leaves silence and no timer", async () => {
  sounder.start();
  await clock.advance(0);
  sounder.update(fold([alarm()], { drillUntil: wall(NIGHT + MINUTE_MS) }));
  sounder.stop();
  await clock.advance(0);
  expect(audio.sounding).toEqual([]);
  expect(clock.pending).toBe(0);
});
