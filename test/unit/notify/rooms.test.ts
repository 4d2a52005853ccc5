import { beforeEach, describe, expect, test } from "vitest";
import type { AlarmFold, Occurrence } from "../../../src/domain/alarm.ts";
import { BUTTON_ID } from "../../../src/domain/button.ts";
import { MINUTE_MS, SECOND_MS, wall } from "../../../src/domain/time.ts";
import { createSounder, type RoomSpec, type Sounder } from "../../../src/notify/sounder/sounder.ts";
import { createVirtualClock, type VirtualClock } from "../../../src/rehearsal/clock.ts";
import { RAMP, type SoundKind } from "../../../src/sound/pattern.ts";
import { createVoice } from "../../../src/sound/synthesis.ts";
import { answer, folds, NIGHT, occurrence } from "../../support/alarms.ts";
import { type Speaker, speaker } from "../../support/speaker.ts";

const voice = createVoice(48_000);
const same = (a: Int16Array, b: Int16Array): boolean => Buffer.from(a.buffer).equals(Buffer.from(b.buffer));

const SIREN = (["high", "medium", "low", "call"] as const).flatMap((kind) =>
  [...RAMP, 1].map((loudness) => ({ kind, pcm: voice.burst(kind, loudness) })),
);
/** As the bank would say it: each text is as long as its number here. */
const SAID = new Map(
  ["Help has been called.", "Mei is coming.", "Somebody is coming.", "Bo is coming."].map(
    (text, index) => [text, new Float32Array(24_000 + index * 480).fill(0.2)] as const,
  ),
);

/** What a piece is, for people. */
function nameOf(pcm: Int16Array): string | undefined {
  const siren = SIREN.find((burst) => same(burst.pcm, pcm));
  if (siren !== undefined) return siren.kind;
  for (const [text, sentence] of SAID) if (same(voice.soft(sentence), pcm)) return text;
  for (const pairs of [1, 2]) if (same(voice.chime(pairs), pcm)) return `chime ${pairs}`;
  return undefined;
}

/** Everything that began in a room, without the silences and repeats. */
const heardIn = ({ pieces }: Speaker): string[] =>
  pieces
    .flatMap(({ pcm }) => nameOf(pcm) ?? [])
    .filter((name, index, all) => index === 0 || all[index - 1] !== name);

let clock: VirtualClock;
let bedroom: Speaker;
let bedside: Speaker;
let hasVoice: boolean;
let sounder: Sounder;
let fold: ReturnType<typeof folds>;
let notes: string[];
let alarms: boolean[];

const build = (rooms: readonly RoomSpec[], language: "en" | "zh-Hans" = "en"): Sounder =>
  createSounder({
    ...{ rooms, language, clock },
    log: { note: (event, fields) => notes.push(`${event} ${JSON.stringify(fields ?? {})}`) },
    speech: {
      sentence: () => undefined,
      text: async (text) => (hasVoice ? SAID.get(text) : undefined),
    },
    onAlarm: (isOn) => alarms.push(isOn),
  });

const caregiver = (changes: Partial<RoomSpec> = {}): RoomSpec => ({
  ...{ name: "Bedroom", for: "caregiver", siren: "always", audio: bedroom },
  ...changes,
});
const patient = (changes: Partial<RoomSpec> = {}): RoomSpec => ({
  ...{ name: "Bedside", for: "patient", siren: "exhausted", audio: bedside },
  ...changes,
});

beforeEach(() => {
  clock = createVirtualClock(NIGHT);
  [bedroom, bedside] = [speaker(clock), speaker(clock)];
  [hasVoice, notes, alarms] = [true, [], []];
  sounder = build([caregiver(), patient()]);
  fold = folds(clock);
});

const alarm = (changes: Partial<Occurrence> = {}): Occurrence => occurrence(changes);
const exhausted = (changes: Partial<Occurrence> = {}): Occurrence =>
  occurrence({ id: "b1-abcdefghij-9", condition: "ESCALATION_EXHAUSTED", ...changes });
const goes = (name = "Mei") => alarm({ acknowledgement: answer(clock.wall(), name) });

const after = async (
  open: readonly Occurrence[],
  ms: number,
  changes?: Partial<AlarmFold>,
): Promise<void> => {
  sounder.update(fold(open, changes));
  await clock.advance(ms);
};

describe("an alarm", () => {
  test("has the siren in the caregiver's room, at once, and none in the patient's", async () => {
    sounder.update(fold([alarm()]));
    expect(heardIn(bedroom)).toEqual(["high"]);
    await clock.advance(5 * MINUTE_MS);
    expect(heardIn(bedroom)).toEqual(["high"]);
    expect(heardIn(bedside)).toEqual(["Help has been called."]);
  });

  test("is told to the patient once its siren has proved to play, and not before", async () => {
    await after([alarm()], 3 * SECOND_MS);
    expect(heardIn(bedside)).toEqual([]);
    await clock.advance(2 * SECOND_MS);
    expect(heardIn(bedside)).toEqual(["Help has been called."]);
  });

  test("that is over before that is not spoken of", async () => {
    await after([alarm()], 3 * SECOND_MS);
    await after([], MINUTE_MS);
    expect(heardIn(bedside)).toEqual([]);
  });

  test("that comes and goes is told once in two minutes", async () => {
    for (let times = 0; times < 6; times++) {
      await after([alarm()], 10 * SECOND_MS);
      await after([], 5 * SECOND_MS);
    }
    expect(heardIn(bedside)).toEqual(["Help has been called."]);
    await clock.advance(MINUTE_MS);
    await after([alarm()], 10 * SECOND_MS);
    expect(bedside.pieces.filter(({ pcm }) => nameOf(pcm) !== undefined)).toHaveLength(2);
  });

  test("of low priority, and a simulated one, make no sound anywhere", async () => {
    await after([alarm({ priority: "low" }), alarm({ id: "b1-abcdefghij-2", simulated: true })], MINUTE_MS);
    expect([...heardIn(bedroom), ...heardIn(bedside)]).toEqual([]);
  });
});

describe("an answer", () => {
  test("is told to the patient by name, and ends the siren", async () => {
    await after([alarm()], 30 * SECOND_MS);
    await after([goes()], SECOND_MS);
    expect(heardIn(bedside)).toEqual(["Help has been called.", "Mei is coming."]);
    expect(bedroom.sounding).toBe(0);
  });

  test("said again by the same person is no news; of a second person it is", async () => {
    await after([alarm()], SECOND_MS);
    await after([goes()], 10 * SECOND_MS);
    await after([goes()], 10 * SECOND_MS);
    await after([goes("Bo")], 10 * SECOND_MS);
    expect(heardIn(bedside)).toEqual(["Mei is coming.", "Bo is coming."]);
  });

  test("of whoever is at the bed already, or only watches, is not announced", async () => {
    for (const place of ["bedside", "watching"] as const)
      await after([alarm({ acknowledgement: answer(NIGHT, "Mei", { place }) })], 10 * SECOND_MS);
    expect(heardIn(bedside)).toEqual([]);
  });

  test("of a button without a name is told without one", async () => {
    const by = { id: BUTTON_ID, name: "the button by the bed" };
    await after([alarm({ acknowledgement: answer(NIGHT, "Mei", { by }) })], 10 * SECOND_MS);
    expect(heardIn(bedside)).toEqual(["Somebody is coming."]);
  });

  test("of somebody whose name an English voice cannot say, too", async () => {
    await after([goes("妈妈")], 10 * SECOND_MS);
    expect(heardIn(bedside)).toEqual(["Somebody is coming."]);
  });

  test("to one of two alarms is told while the other rings on", async () => {
    const other = alarm({ id: "b1-abcdefghij-2" });
    await after([alarm(), other], 30 * SECOND_MS);
    await after([goes(), other], 10 * SECOND_MS);
    expect(heardIn(bedside).at(-1)).toBe("Mei is coming.");
    expect(bedroom.sounding).toBe(1);
  });

  test("that lapses calls again", async () => {
    await after([alarm()], 30 * SECOND_MS);
    await after([goes()], 3 * MINUTE_MS);
    await after([alarm()], 10 * SECOND_MS);
    expect(heardIn(bedside)).toEqual(["Help has been called.", "Mei is coming.", "Help has been called."]);
  });
});

describe("without a voice", () => {
  beforeEach(() => {
    hasVoice = false;
  });

  test("one soft pair of notes stands for help that was called, two for somebody who comes", async () => {
    await after([alarm()], 30 * SECOND_MS);
    await after([goes()], 10 * SECOND_MS);
    expect(heardIn(bedside)).toEqual(["chime 1", "chime 2"]);
  });

  test("they are no alarm: quieter than any, and rising", () => {
    const loudest = (pcm: Int16Array): number =>
      pcm.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    expect(loudest(voice.chime(2))).toBeLessThan(loudest(voice.burst("low", RAMP[0])) + 1);
    expect(loudest(voice.chime(2))).toBeGreaterThan(3_000);
  });
});

test("a voice that does not answer is not waited for longer than two seconds", async () => {
  sounder = createSounder({
    ...{ rooms: [caregiver(), patient()], language: "en", clock, log: { note: () => undefined } },
    speech: { sentence: () => undefined, text: () => new Promise(() => undefined) },
  });
  await after([goes()], 1_900);
  expect(heardIn(bedside)).toEqual([]);
  await clock.advance(200);
  expect(heardIn(bedside)).toEqual(["chime 2"]);
});

describe("nobody has answered", () => {
  test("and the siren comes to the patient's room, until somebody does", async () => {
    await after([alarm()], 10 * MINUTE_MS);
    await after([alarm(), exhausted()], MINUTE_MS);
    expect(heardIn(bedside)).toEqual(["Help has been called.", "high"]);
    await after([goes()], 10 * SECOND_MS);
    expect(heardIn(bedside)).toEqual(["Help has been called.", "high", "Mei is coming."]);
    expect(bedside.sounding).toBe(0);
  });

  test("and it stays away where the family chose never", async () => {
    sounder = build([caregiver(), patient({ siren: "never" })]);
    await after([alarm(), exhausted()], MINUTE_MS);
    expect(heardIn(bedside)).toEqual(["Help has been called."]);
  });

  test("in a bed that this room is not about: it stays quiet", async () => {
    sounder = build([caregiver(), patient({ bed: "b2" })]);
    await after([alarm(), exhausted()], MINUTE_MS);
    await after([goes()], MINUTE_MS);
    expect(heardIn(bedside)).toEqual([]);
  });
});

describe("a drill", () => {
  const drill: Partial<Occurrence> = { simulated: true, drill: true };
  const until = { drillUntil: wall(NIGHT + 20 * MINUTE_MS) };

  test("is quiet for the patient: no word, and no siren when nobody answers it", async () => {
    await after([alarm(drill)], MINUTE_MS, until);
    await after([alarm(drill), exhausted(drill)], MINUTE_MS, until);
    await after([alarm({ ...drill, acknowledgement: answer(NIGHT) })], MINUTE_MS, until);
    expect(heardIn(bedroom)).toEqual(["high"]);
    expect(heardIn(bedside)).toEqual([]);
  });

  test("not even where the caregiver's room is broken", async () => {
    bedroom.broken = "unplugged";
    await after([alarm(drill)], MINUTE_MS, until);
    expect(heardIn(bedside)).toEqual([]);
  });

  test("is heard by a patient whose room always has the siren", async () => {
    sounder = build([caregiver(), patient({ siren: "always" })]);
    await after([alarm(drill)], MINUTE_MS, until);
    expect(heardIn(bedside)).toEqual(["high"]);
  });
});

describe("a room that is broken", () => {
  test("is told apart, and the others go on", async () => {
    bedside.broken = "no such card";
    sounder.start();
    await clock.advance(SECOND_MS);
    expect(sounder.rooms).toEqual([
      { name: "Bedroom", for: "caregiver", ok: true, detail: "default" },
      { name: "Bedside", for: "patient", ok: false, detail: "no such card" },
    ]);
    expect(sounder.readiness).toEqual({ ok: true, detail: "Bedroom: default" });
    await after([alarm()], MINUTE_MS);
    expect(heardIn(bedroom)).toEqual(["high"]);
    // Its name is the family's and is not for the log.
    expect(notes.join(" ")).not.toContain("Bedside");
  });

  test("of the only caregiver: the patient's takes the siren in the same turn, and knows no soft word then", async () => {
    bedroom.broken = "unplugged";
    sounder.update(fold([alarm()]));
    expect(heardIn(bedside)).toEqual(["high"]);
    await clock.advance(MINUTE_MS);
    expect(heardIn(bedside)).toEqual(["high"]);
    expect(sounder.readiness).toEqual({ ok: false, detail: "Bedroom: unplugged" });
  });

  test("even where the family chose never", () => {
    sounder = build([caregiver(), patient({ siren: "never" })]);
    bedroom.broken = "unplugged";
    sounder.update(fold([alarm()]));
    expect(heardIn(bedside)).toEqual(["high"]);
  });

  test("in the middle of the alarm: the siren goes over, and back when the room plays again", async () => {
    await after([alarm()], 10 * SECOND_MS);
    bedroom.broken = "unplugged";
    bedroom.fail("unplugged");
    expect(bedside.sounding).toBe(1);
    expect(heardIn(bedside).at(-1)).toBe("high");
    bedroom.broken = undefined;
    // It is tried every two seconds, and has to play for three.
    await clock.advance(6 * SECOND_MS);
    expect(bedroom.sounding).toBe(1);
    expect(bedside.sounding).toBe(0);
  });

  test("beside another caregiver's: that one takes it, and the patient is left in peace", async () => {
    const kitchen = speaker(clock);
    sounder = build([
      caregiver(),
      { name: "Kitchen", for: "caregiver", siren: "exhausted", audio: kitchen },
      patient(),
    ]);
    await after([alarm()], 10 * SECOND_MS);
    expect(heardIn(kitchen)).toEqual([]);
    bedroom.broken = "unplugged";
    bedroom.fail("unplugged");
    expect(heardIn(kitchen)).toEqual(["high"]);
    await clock.advance(10 * SECOND_MS);
    expect(heardIn(bedside)).toEqual(["Help has been called."]);
    kitchen.broken = "unplugged";
    kitchen.fail("unplugged");
    expect(heardIn(bedside).at(-1)).toBe("high");
  });

  test("everywhere: each is tried again and again, and one that comes back sounds", async () => {
    [bedroom.broken, bedside.broken] = ["unplugged", "unplugged"];
    await after([alarm()], MINUTE_MS);
    expect(bedroom.sounding + bedside.sounding).toBe(0);
    bedroom.broken = undefined;
    await clock.advance(2 * SECOND_MS);
    expect(bedroom.sounding).toBe(1);
  });

  test("by an error of its own takes no other with it", async () => {
    const mad: RoomSpec = {
      ...caregiver({ name: "Hall" }),
      audio: {
        probe: () => Promise.reject(new Error("no")),
        play() {
          throw new Error("spawn EAGAIN");
        },
      },
    };
    sounder = build([mad, caregiver(), patient()]);
    sounder.update(fold([alarm()]));
    expect(heardIn(bedroom)).toEqual(["high"]);
    expect(sounder.rooms[0]).toMatchObject({ ok: false, detail: "spawn EAGAIN" });
  });

  test("by an error of its own, and the only one of caregivers, leaves the siren to the patient's", () => {
    const audio: RoomSpec["audio"] = {
      probe: async () => ({ ok: true, detail: "" }),
      play() {
        throw new Error("spawn EAGAIN");
      },
    };
    sounder = build([caregiver({ audio }), patient()]);
    sounder.update(fold([alarm()]));
    expect(heardIn(bedside)).toEqual(["high"]);
  });
});

test("what follows the alarm of caregivers is told when it begins and when it ends", async () => {
  await after([alarm()], MINUTE_MS);
  await after([goes()], MINUTE_MS);
  await after([alarm()], MINUTE_MS);
  sounder.stop();
  expect(alarms).toEqual([true, false, true, false]);
});

test("a gentle question is asked of caregivers alone", async () => {
  const accepted = alarm({ priority: "medium", accepted: { id: "p-mei", name: "Mei" } });
  await after([accepted], MINUTE_MS);
  expect(heardIn(bedroom)).toEqual(["low" satisfies SoundKind]);
  expect(heardIn(bedside)).toEqual([]);
});

test("stopped, nothing sounds in any room and no timer is left", async () => {
  sounder.start();
  await after([alarm()], 10 * SECOND_MS);
  sounder.stop();
  await clock.advance(0);
  expect(bedroom.sounding + bedside.sounding).toBe(0);
  expect(clock.pending).toBe(0);
});
