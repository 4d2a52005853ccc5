import { beforeEach, describe, expect, test } from "vitest";
import type { Occurrence } from "../../../src/domain/alarm.ts";
import { MINUTE_MS, wall } from "../../../src/domain/time.ts";
import type { SounderReadiness } from "../../../src/notify/sounder/room.ts";
import { createSounder, type Sounder, wholeHouse } from "../../../src/notify/sounder/sounder.ts";
import { createVirtualClock, type VirtualClock } from "../../../src/rehearsal/clock.ts";
import type { SpokenKey } from "../../../src/sound/choice.ts";
import { RAMP, type SoundKind } from "../../../src/sound/pattern.ts";
import { createVoice } from "../../../src/sound/synthesis.ts";
import { answer, folds, NIGHT, occurrence } from "../../support/alarms.ts";
import { type Speaker, speaker } from "../../support/speaker.ts";

const voice = createVoice(48_000);

const BURSTS = (["high", "medium", "low", "call"] as const).flatMap((kind) =>
  [...RAMP, 1].map((loudness) => ({
    kind,
    loudness,
    bytes: Buffer.from(voice.burst(kind, loudness).buffer),
  })),
);

/** Which burst a piece is and how loud; undefined for a silence. */
function burstOf(pcm: Int16Array): { kind: SoundKind; loudness: number } | undefined {
  const found = BURSTS.find(({ bytes }) => bytes.equals(Buffer.from(pcm.buffer)));
  return found === undefined ? undefined : { kind: found.kind, loudness: found.loudness };
}

const bursts = () =>
  audio.pieces.flatMap(({ atMs, pcm }) => {
    const burst = burstOf(pcm);
    return burst === undefined ? [] : [{ atMs, ...burst }];
  });

const kindOf = (audio: Speaker): SoundKind | "silence" =>
  audio.sounding === 0 ? "silence" : (bursts().at(-1)?.kind ?? "silence");

/** A sentence of a second, told apart from others by its level. */
const sentenceOf = (level: number): Float32Array => new Float32Array(48_000).fill(level);

let sentences: Map<SpokenKey, Float32Array>;
let clock: VirtualClock;
let audio: Speaker;
let sounder: Sounder;
let fold: ReturnType<typeof folds>;
let told: SounderReadiness[];

beforeEach(() => {
  clock = createVirtualClock(NIGHT);
  audio = speaker(clock);
  told = [];
  sentences = new Map();
  sounder = sounderAt(audio);
  fold = folds(clock);
});

const sounderAt = (output: Speaker): Sounder =>
  createSounder({
    speech: { sentence: (key) => sentences.get(key), text: async () => undefined },
    rooms: [wholeHouse(output)],
    language: "en",
    clock,
    log: { note: () => undefined },
    onReadiness: (readiness) => told.push(readiness),
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
    expect(
      bursts()
        .map(({ loudness }) => loudness)
        .slice(0, 6),
    ).toEqual([...RAMP, 1, 1, 1]);
    expect(bursts().every(({ kind }) => kind === "high")).toBe(true);
    expect(audio.starts).toHaveLength(1);
    expect(audio.sounding).toBe(1);
    // The next burst of the standard is 2.5 to 15 s after the end of the last.
    const times = bursts().map(({ atMs }) => atMs);
    expect(times.length).toBeGreaterThan(40);
    const burst = (voice.burst("high").length / 48_000) * 1_000;
    times.slice(1).forEach((atMs, index) => {
      const silence = atMs - (times[index] ?? 0) - burst;
      expect(silence).toBeGreaterThanOrEqual(2_500);
      expect(silence).toBeLessThanOrEqual(15_000);
    });
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
    expect(audio.sounding).toBe(0);
    expect(audio.starts).toHaveLength(1);
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
    expect(bursts().at(-1)).toMatchObject({ kind: "high", loudness: RAMP[0] });
  });

  test("a second alarm of the same urgency does not start the sound afresh", async () => {
    sounder.update(fold([alarm()]));
    await clock.advance(30_000);
    sounder.update(fold([alarm(), alarm({ id: "b1-abcdefghij-2", condition: "VENT_APNEA" })]));
    expect(audio.starts).toHaveLength(1);
  });
});

describe("what is spoken", () => {
  /** What was put into each silence so far: the sentence's level as heard, 0 for none. */
  const spoken = () =>
    audio.pieces
      .filter(({ pcm }) => burstOf(pcm) === undefined)
      .map(({ pcm }) => Math.round((pcm.reduce((most, value) => Math.max(most, value), 0) / 32_767) * 100));

  test("the first burst sounds at once without it, and it joins in the silence after it is ready", async () => {
    sounder.update(fold([alarm({ priority: "medium" })]));
    expect(bursts()[0]?.kind).toBe("medium");
    await clock.advance(7_500);
    sentences.set("SPO2_LOW", sentenceOf(0.5));
    await clock.advance(20_000);
    expect(spoken()).toEqual([0, 15, 19, 23]);
    expect(audio.starts).toHaveLength(1);
  });

  test("the cause of the card, not the condition", async () => {
    sentences.set("SPO2_LOW", sentenceOf(0.25));
    sentences.set("mask_off", sentenceOf(0.5));
    const low = alarm();
    const card = {
      id: low.id,
      cause: "mask_off",
      priority: "high",
      members: [low.id],
      evidence: [],
    } as const;
    sounder.update(fold([low], { cards: [card] }));
    await clock.advance(5_000);
    expect(spoken()).toEqual([24]);
  });

  test("changes with the next silence when the cause is understood, without a new start", async () => {
    sentences.set("SPO2_LOW", sentenceOf(0.2));
    sentences.set("mask_off", sentenceOf(0.4));
    const low = alarm();
    sounder.update(fold([low]));
    await clock.advance(40_000);
    const before = spoken();
    expect(new Set(before.slice(3))).toEqual(new Set([19]));
    const card = {
      id: low.id,
      cause: "mask_off",
      priority: "high",
      members: [low.id],
      evidence: [],
    } as const;
    sounder.update(fold([low], { cards: [card] }));
    await clock.advance(20_000);
    expect(new Set(spoken().slice(before.length))).toEqual(new Set([38]));
    expect(audio.starts).toHaveLength(1);
    expect(
      bursts()
        .slice(3)
        .every(({ loudness }) => loudness === 1),
    ).toBe(true);
  });

  test("two alarms of the same urgency in turn", async () => {
    sentences.set("SPO2_LOW", sentenceOf(0.2));
    sentences.set("VENT_APNEA", sentenceOf(0.4));
    sounder.update(fold([alarm(), alarm({ id: "b1-abcdefghij-2", condition: "VENT_APNEA" })]));
    await clock.advance(60_000);
    expect(spoken().slice(4, 8)).toEqual([19, 38, 19, 38]);
  });

  test("a voice that throws takes no tone with it", async () => {
    sentences.get = () => {
      throw new Error("out of memory");
    };
    sounder.update(fold([alarm()]));
    await clock.advance(60_000);
    expect(bursts().length).toBeGreaterThan(8);
    expect(sounder.readiness.ok).toBe(true);
  });
});

describe("a gentle question", () => {
  const watching = (): Occurrence =>
    alarm({ condition: "DATA_STALE", priority: "medium", accepted: { id: "p-mei", name: "Mei" } });
  const accepted = (): Occurrence => ({ ...watching(), acknowledgement: answer(clock.wall()) });

  test("is one burst of the low sound when the word of who watches has run out, and no loop", async () => {
    sounder.update(fold([accepted()]));
    await clock.advance(30 * MINUTE_MS);
    expect(audio.starts).toEqual([]);
    sounder.update(fold([watching()]));
    await clock.advance(10_000);
    expect(bursts().map(({ kind }) => kind)).toEqual(["low"]);
    expect(audio.sounding).toBe(0);
    await clock.advance(29 * MINUTE_MS);
    expect(bursts()).toHaveLength(1);
  });

  test("comes again every half hour while nobody answers", async () => {
    sounder.update(fold([watching()]));
    await clock.advance(3 * 60 * MINUTE_MS + 1_000);
    expect(bursts().map(({ atMs }) => Math.round(atMs / MINUTE_MS))).toEqual([0, 30, 60, 90, 120, 150, 180]);
  });

  test("is not asked sooner because the picture of the bed changes", async () => {
    for (let i = 0; i < 40; i++) {
      sounder.update(fold([watching()]));
      sounder.update(fold([accepted()]));
      sounder.update(fold([watching()]));
      await clock.advance(MINUTE_MS);
    }
    expect(bursts()).toHaveLength(2);
  });

  test("gives way to whatever rings, at once", async () => {
    sounder.update(fold([watching()]));
    sounder.update(fold([watching(), alarm({ id: "b1-abcdefghij-2" })]));
    expect(audio.sounding).toBe(1);
    expect(kindOf(audio)).toBe("high");
  });

  test("is not kept up after it was answered", async () => {
    sounder.update(fold([watching()]));
    await clock.advance(5_000);
    sounder.update(fold([accepted()]));
    expect(clock.pending).toBe(0);
  });

  test("a broken output is noticed by it", async () => {
    audio.broken = "unplugged";
    sounder.update(fold([watching()]));
    expect(sounder.readiness).toEqual({ ok: false, detail: "unplugged" });
  });
});

describe("a broken output", () => {
  test("is tried again every two seconds while something has to be heard, then at full loudness", async () => {
    sounder.update(fold([alarm()]));
    audio.fail("unplugged");
    audio.broken = "unplugged";
    expect(sounder.readiness).toEqual({ ok: false, detail: "unplugged" });
    await clock.advance(10_000);
    expect(audio.starts.length).toBeGreaterThanOrEqual(5);
    expect(audio.starts.length).toBeLessThanOrEqual(7);
    audio.broken = undefined;
    await clock.advance(2_000);
    expect(bursts().at(-1)).toMatchObject({ kind: "high", loudness: 1 });
    await clock.advance(5_000);
    expect(sounder.readiness.ok).toBe(true);
  });

  test("is not tried any more once the alarm is answered", async () => {
    audio.broken = "no card";
    sounder.update(fold([alarm()]));
    sounder.update(fold([alarm({ acknowledgement: answer(clock.wall()) })]));
    const tries = audio.starts.length;
    await clock.advance(MINUTE_MS);
    expect(audio.starts).toHaveLength(tries);
    expect(clock.pending).toBe(0);
  });

  test("a late complaint of a sound that was stopped changes nothing", async () => {
    let complain: (detail: string) => void = () => undefined;
    const play = audio.play.bind(audio);
    audio.play = (next, rateHz, onFailure) => {
      complain = onFailure;
      return play(next, rateHz, onFailure);
    };
    sounder.start();
    await clock.advance(0);
    sounder.update(fold([alarm()]));
    sounder.update(fold([]));
    complain("killed");
    expect(sounder.readiness.ok).toBe(true);
    await clock.advance(10_000);
    expect(audio.sounding).toBe(0);
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

  test("what plays into a muted output does not count as heard, and counts again when it is not muted any more", async () => {
    let muted: string | undefined = "muted";
    audio.muffled = async () => muted;
    sounder = sounderAt(audio);
    sounder.start();
    await clock.advance(0);
    sounder.update(fold([alarm()]));
    await clock.advance(3_000);
    expect(sounder.readiness).toEqual({ ok: false, detail: "muted" });
    expect(kindOf(audio)).toBe("high");
    muted = undefined;
    await clock.advance(5 * MINUTE_MS);
    expect(sounder.readiness.ok).toBe(true);
    muted = "muted";
    await clock.advance(30_000);
    expect(sounder.readiness).toEqual({ ok: false, detail: "muted" });
  });

  test("an output that breaks while it is asked about stays broken", async () => {
    let answers: (() => void) | undefined;
    audio.muffled = () =>
      new Promise((resolve) => {
        answers = () => resolve(undefined);
      });
    sounder = sounderAt(audio);
    sounder.update(fold([alarm()]));
    await clock.advance(3_000);
    audio.fail("unplugged");
    expect(answers).toBeDefined();
    answers?.();
    await clock.advance(0);
    expect(sounder.readiness).toEqual({ ok: false, detail: "unplugged" });
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
  expect(audio.sounding).toBe(0);
  expect(clock.pending).toBe(0);
});
