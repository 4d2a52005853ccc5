// A rehearsed home with a phone, and a bed that lives on while the home loses power.
import { rehearsalConfig, startRehearsedHome } from "../../src/cli/nights.ts";
import type { HomeConfig } from "../../src/config/config.ts";
import type { AlarmEvent, ConditionId, Occurrence } from "../../src/domain/alarm.ts";
import type { BedView } from "../../src/domain/bed.ts";
import { type Mono, mono, wall } from "../../src/domain/time.ts";
import { composeHome, type Home } from "../../src/home.ts";
import type { MemoryDisk } from "../../src/rehearsal/disk.ts";
import { createPatient, type Patient } from "../../src/rehearsal/patient.ts";
import { createSeededRandom } from "../../src/rehearsal/random.ts";
import { createRehearsalWorld, type RehearsalWorld, simulateBed } from "../../src/rehearse.ts";
import { createPushReceiver } from "./push-receiver.ts";

const ANA = { id: "p-ana", name: "Ana", role: "caregiver", language: "en" } as const;

/** What a rehearsal may know of a home. */
interface Rehearsed {
  readonly world: RehearsalWorld;
  readonly home: Home;
  readonly events: readonly AlarmEvent[];
}

/** A home with one phone whose simulated devices may ring for ten minutes. */
export async function startDrilledHome(seed: number, config: HomeConfig = rehearsalConfig("B")) {
  const run = await startRehearsedHome(seed, config);
  await addPhone(run);
  run.home.edge.command("b1", { kind: "drill", id: "drill-1", forMs: 600_000, by: ANA });
  return run;
}

/** Ana, with a phone that is set up now. */
export async function addPhone(run: Pick<Rehearsed, "world" | "home">): Promise<void> {
  await run.world.state.putPerson(ANA);
  await putPhone(run);
}

/** Ana's phone is set up now: again, where it was before. */
export async function putPhone({ world, home }: Pick<Rehearsed, "world" | "home">): Promise<void> {
  const { p256dh, auth } = createPushReceiver();
  const now = world.clock.wall();
  await world.state.putTarget({
    id: "phone",
    channel: "web-push",
    settings: { endpoint: "https://push.example.org/send/1", p256dh, auth },
    person: ANA.id,
    label: "Ana's phone",
    addedAt: now,
  });
  await home.edge.targets.refresh();
}

export const occurredIn = ({ events }: Pick<Rehearsed, "events">, condition: ConditionId): Occurrence[] =>
  events
    .filter(({ kind, occurrence }) => kind === "occurred" && occurrence.condition === condition)
    .map(({ occurrence }) => occurrence);

export const openIn = ({ home }: Pick<Rehearsed, "home">, condition: ConditionId): Occurrence | undefined =>
  home.edge.live.fold("b1")?.open.find((one) => one.condition === condition);

/** Numbers that devices have said so far. */
export const observationsOf = ({ home }: Pick<Rehearsed, "home">): number =>
  home.edge.devices().reduce((sum, { counters }) => sum + counters.observations, 0);

/** A bed through power cuts: patient and devices go on, the home is another one after each. */
export interface LastingBed {
  readonly patient: Patient;
  /** The home that runs now. */
  readonly now: Rehearsed;
  /** The power goes and comes back: nothing of the old home acts any more; what it had not synced may be lost. */
  cutPower(downMs: number): Promise<void>;
  stop(): Promise<void>;
}

/** `harm` is done to the disk after the first power cut, before the home starts again. */
export async function createLastingBed(
  seed: number,
  harm: (disk: MemoryDisk) => void | Promise<void> = () => undefined,
): Promise<LastingBed> {
  const config = rehearsalConfig("B");
  const random = createSeededRandom(seed);
  const first = createRehearsalWorld({ seed, startsAt: wall(Date.parse("2026-11-21T22:00:00+08:00")) });
  const worlds = [first];
  let world = first;
  let offsetMs = 0;
  const age = (): Mono => mono(offsetMs + world.clock.mono());
  const patient = createPatient({
    clock: { ...first.clock, mono: age },
    random: createSeededRandom(seed + 1),
  });
  const view = (): BedView => ({
    ...patient,
    wave: (wave, at) => patient.wave(wave, mono(at + offsetMs)),
    breath: (at) => patient.breath(mono(at + offsetMs)),
  });
  let stopDevices = async (): Promise<void> => undefined;

  const start = async (): Promise<Rehearsed> => {
    const { clock, log, memory } = world;
    const [bed] = config.beds;
    if (bed === undefined) throw new Error("no bed");
    const devices = simulateBed({
      bed,
      view: view(),
      zone: config.zone,
      memory,
      clock,
      random: createSeededRandom(seed + 2),
      log,
    });
    stopDevices = () => devices.stop();
    const home = await composeHome(world, config, { pagesFolder: "/nonexistent" });
    const events: AlarmEvent[] = [];
    home.edge.onEvent((event) => events.push(event));
    return { world, home, events };
  };
  let now = await start();

  return {
    patient,
    get now() {
      return now;
    },
    async cutPower(downMs) {
      const before = world;
      // The old home lives by the old clock alone: where that stands still, it is dead.
      const disk = before.disk.powerCut(random);
      if (worlds.length === 1) await harm(disk);
      offsetMs += before.clock.mono() + downMs;
      const startsAt = wall(before.clock.wall() + downMs);
      const fresh = createRehearsalWorld({ seed: seed + worlds.length * 100, startsAt, disk });
      worlds.push(fresh);
      await fresh.state.close();
      world = { ...fresh, state: before.state, accounts: before.accounts, homes: before.homes };
      now = await start();
    },
    async stop() {
      await stopDevices();
      const stopping = now.home.stop();
      await world.clock.advance(5_000);
      await stopping;
      for (const each of worlds) await each.timeseries.close();
      await first.state.close();
    },
  };
}
