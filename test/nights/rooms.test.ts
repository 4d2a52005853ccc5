// Several rooms of one home on virtual time: what the configuration says becomes sound, and what fails becomes known.
import { afterEach, expect, test } from "vitest";
import { rehearsalConfig, startRehearsedHome } from "../../src/cli/nights.ts";
import type { SounderConfig } from "../../src/config/sounder.ts";
import type { AlarmCommand, ConditionId } from "../../src/domain/alarm.ts";
import { occurredIn, openIn } from "../support/home-rehearsed.ts";

const MEI = { id: "p-mei", name: "Mei" };
const ROOMS: SounderConfig = {
  rooms: [
    { name: "Bedroom", for: "caregiver", siren: "always", device: "bedroom" },
    { name: "Bedside", for: "patient", siren: "exhausted", device: "bedside" },
  ],
};

const homes: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const home of homes.splice(0)) await home.stop();
});

/** A bed without devices: nothing at it is simulated, so its call rings without a drill. */
async function start(sounder?: SounderConfig, cls: "B" | "C" = "B") {
  const config = rehearsalConfig(cls);
  const run = await startRehearsedHome(7, {
    ...{ ...config, demo: false, beds: config.beds.map((bed) => ({ ...bed, devices: [] })) },
    ...(sounder === undefined ? {} : { sounder }),
  });
  await run.world.clock.advance(20_000);
  const readiness = () => {
    const [state] = run.home.edge.live.states();
    if (state === undefined) throw new Error("no bed");
    return state.readiness;
  };
  const home = {
    ...{ world: run.world, readiness, stop: run.stop },
    house: () => readiness().house,
    open: () => openIn(run, "PATIENT_CALL"),
    openOf: (condition: ConditionId) => openIn(run, condition),
    count: (condition: ConditionId) => occurredIn(run, condition).length,
    run: (seconds: number) => run.world.clock.advance(seconds * 1_000),
    say: (command: AlarmCommand) => run.home.edge.command("b1", command),
  };
  homes.push(home);
  return home;
}

const call = (home: Awaited<ReturnType<typeof start>>) =>
  home.say({ kind: "call", id: "call-1", call: { how: "touch", kind: "come" } });

test("the patient's call rings in the caregiver's room, and each answer is told in the patient's", async () => {
  const home = await start(ROOMS);
  const [bedroom, bedside] = [home.world.audioAt("bedroom"), home.world.audioAt("bedside")];
  call(home);
  expect([bedroom.playing, bedside.playing]).toEqual([true, false]);
  await home.run(20);
  // "Help has been called."
  expect(bedside.starts).toHaveLength(1);
  const occurrence = home.open()?.id ?? "";
  home.say({ kind: "acknowledge", id: "answer-1", occurrence, by: MEI, place: "going" });
  await home.run(10);
  expect(bedroom.playing).toBe(false);
  // "Mei is coming."
  expect(bedside.starts).toHaveLength(2);
  expect(bedside.playing).toBe(false);
  expect(home.world.audio.starts).toEqual([]);
});

test.each([
  ["B", 5],
  ["C", 3],
] as const)(
  "without any phone, class %s: after %i minutes nobody has answered, and the patient's room has the siren",
  async (cls, minutes) => {
    const home = await start(ROOMS, cls);
    const exhausted = () => home.openOf("ESCALATION_EXHAUSTED");
    const bedside = home.world.audioAt("bedside");
    // The voice is silent where the sound of a test has no speech: what plays at the bedside then is the siren.
    call(home);
    await home.run(minutes * 60 - 10);
    expect(exhausted()).toBeUndefined();
    expect(bedside.playing).toBe(false);
    await home.run(20);
    expect(exhausted()).toMatchObject({
      priority: "high",
      values: { detail: `nobody can be called, and the sounder rang in the house for ${minutes} minutes` },
    });
    expect(home.world.audioAt("bedroom").playing).toBe(true);
    expect(bedside.playing).toBe(true);
    // Through the whole night it is one alarm, and the siren goes on.
    const [first, others] = [exhausted()?.id, home.open()?.id];
    await home.run(2 * 3_600);
    expect(exhausted()?.id).toBe(first);
    expect(home.count("ESCALATION_EXHAUSTED")).toBe(1);
    expect(bedside.playing).toBe(true);
    home.say({ kind: "with_patient", id: "with-1", occurrence: others ?? "", by: MEI });
    await home.run(10);
    expect(exhausted()).toBeUndefined();
    expect([home.world.audioAt("bedroom").playing, bedside.playing]).toEqual([false, false]);
  },
);

test("without any phone an alarm that is answered in time never becomes exhausted", async () => {
  const home = await start(ROOMS);
  call(home);
  await home.run(4 * 60);
  home.say({ kind: "with_patient", id: "with-1", occurrence: home.open()?.id ?? "", by: MEI });
  await home.run(60 * 60);
  expect(home.count("ESCALATION_EXHAUSTED")).toBe(0);
});

test("a room that breaks is shown by its name while the house has sound, and the patient's rings in its place", async () => {
  const home = await start(ROOMS);
  expect(home.house()?.map(({ kind, name, ok }) => [kind, name, ok])).toEqual([
    ["caregiver", "Bedroom", true],
    ["patient", "Bedside", true],
  ]);
  home.world.audioAt("bedroom").works = false;
  call(home);
  expect(home.world.audioAt("bedside").playing).toBe(true);
  expect(home.house()?.[0]).toEqual({ kind: "caregiver", name: "Bedroom", ok: false, detail: "no output" });
  expect(home.readiness().sounder).toMatchObject({ ok: false, detail: "Bedroom: no output" });
  home.world.audioAt("bedroom").works = true;
  await home.run(10);
  expect(home.world.audioAt("bedside").playing).toBe(false);
  expect(home.house()?.[0]).toMatchObject({ ok: true });
});

test("a house that names no rooms is one, through the output that it always had", async () => {
  const home = await start();
  call(home);
  expect(home.world.audio.playing).toBe(true);
  expect(home.house()).toBeUndefined();
});
