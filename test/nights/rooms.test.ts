// Several rooms of one home on virtual time: what the configuration says becomes sound, and what fails becomes known.
import { afterEach, expect, test } from "vitest";
import { rehearsalConfig, startRehearsedHome } from "../../src/cli/nights.ts";
import type { SounderConfig } from "../../src/config/sounder.ts";
import type { AlarmCommand } from "../../src/domain/alarm.ts";
import { openIn } from "../support/home-rehearsed.ts";

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
async function start(sounder?: SounderConfig) {
  const config = rehearsalConfig("B");
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
