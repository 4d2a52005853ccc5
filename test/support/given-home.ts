// A whole home on virtual time over a bed whose numbers a test sets: bytes, drivers, engine, watch and sounder are real.
import { rehearsalConfig } from "../../src/cli/nights.ts";
import type { BedConfig } from "../../src/config/config.ts";
import type { AlarmCommand, AlarmEvent, AlarmFold, ConditionId, Occurrence } from "../../src/domain/alarm.ts";
import type { BedView, DependencyClass, MachineAlarm } from "../../src/domain/bed.ts";
import { absent, isPresent, type Samples } from "../../src/domain/sample.ts";
import type { SignalId } from "../../src/domain/signal.ts";
import { wall } from "../../src/domain/time.ts";
import { composeHome } from "../../src/home.ts";
import { createSeededRandom } from "../../src/rehearsal/random.ts";
import { createRehearsalWorld, simulateBed } from "../../src/rehearse.ts";

export const MEI = { id: "mei", name: "Mei" } as const;

const EVENING = wall(Date.parse("2026-11-21T22:00:00+08:00"));

const WELL: Samples = {
  spo2: 96,
  pulse_rate: 72,
  perfusion_index: 3,
  leak: 6,
  pressure_peak: 16,
  pressure_insp: 15,
  pressure_exp: 5,
  tidal_volume_exp: 480,
  tidal_volume_insp: 490,
  minute_volume: 7.2,
  resp_rate: 15,
  therapy: 1,
  mains: 1,
  apnea_duration: 0,
};

/** What never stands still in somebody who lives, and by how much it moves. */
const LIVES: { readonly [id in SignalId]?: number } = {
  pulse_rate: 1,
  tidal_volume_exp: 10,
  minute_volume: 0.1,
  resp_rate: 0.5,
  leak: 0.5,
};

const wobble = (ms: number): number => Math.floor(ms / 4_000) % 2;

type WithoutId = AlarmCommand extends infer One
  ? One extends AlarmCommand
    ? Omit<One, "id">
    : never
  : never;

/** A finger sensor that speaks once a second. */
const OXIMETER = {
  family: "nonin-serial",
  port: "memory:oximeter",
  label: "Finger",
  options: { format: "8" },
};
/** A ventilator that tells leak and alarms of its own. */
const VENTILATOR = { family: "draeger-medibus", port: "memory:ventilator", label: "Ventilator", options: {} };
const CONTACT = { family: "remote-alarm-contact", port: "memory:contact", label: "Contact", options: {} };

export type GivenHome = Awaited<ReturnType<typeof startGivenHome>>;

/** A home of one bed; `ventilator`: with a ventilator and its alarm contact beside the finger sensor. */
export async function startGivenHome({
  cls = "B",
  ventilator = false,
}: {
  readonly cls?: DependencyClass;
  readonly ventilator?: boolean;
} = {}) {
  const devices = ventilator ? [OXIMETER, VENTILATOR, CONTACT] : [OXIMETER];
  const base = rehearsalConfig(cls);
  const config = { ...base, beds: base.beds.map((bed): BedConfig => ({ ...bed, devices })) };
  const random = createSeededRandom(7);
  const first = createRehearsalWorld({ seed: 7, startsAt: EVENING });
  const worlds = [first];
  let world = first;
  let samples: Samples = WELL;
  let ownAlarms: readonly MachineAlarm[] = [];
  const events: AlarmEvent[] = [];
  const view: BedView = {
    sample(signal) {
      if (signal === "remote_alarm") return ownAlarms.length > 0 ? 1 : 0;
      const given = samples[signal] ?? absent("not_measured");
      return isPresent(given) ? given + (LIVES[signal] ?? 0) * wobble(world.clock.mono()) : given;
    },
    setting: () => undefined,
    flags: () => [],
    calls: () => false,
    ownAlarms: () => ownAlarms,
    wave: () => undefined,
    breath: () => undefined,
  };

  const start = async () => {
    const { clock, log, memory } = world;
    const [bed] = config.beds;
    if (bed === undefined) throw new Error("no bed");
    const devicesOf = simulateBed({ bed, view, zone: config.zone, memory, clock, random, log });
    const home = await composeHome(world, config, { pagesFolder: "/nonexistent" });
    home.edge.onEvent((event) => events.push(event));
    return { home, devicesOf };
  };
  let now = await start();
  let commands = 0;

  const fold = (): AlarmFold => {
    const found = now.home.edge.live.fold("b1");
    if (found === undefined) throw new Error("nothing is known of the bed");
    return found;
  };
  const errors = () =>
    worlds.flatMap(({ log }) => log.notes.filter(({ level }) => level === "error").map(({ event }) => event));

  return {
    events,
    fold,
    /** The occurrence that a condition is part of; undefined where it is not open. */
    open: (condition: ConditionId): Occurrence | undefined =>
      fold().open.find((one) => [one.condition, ...(one.conditions ?? [])].includes(condition)),
    /** `kind condition`, in order, of one condition where one is named. */
    told: (condition?: ConditionId): string[] =>
      events
        .map(({ kind, member, occurrence }) => [kind, member?.condition ?? occurrence.condition] as const)
        .filter(([, about]) => condition === undefined || about === condition)
        .map(([kind, about]) => (condition === undefined ? `${kind} ${about}` : kind)),
    get sounds() {
      return world.audio.playing;
    },
    get world() {
      return world;
    },
    /** What the bed shows from now on, beside what it showed before. */
    set(changes: Samples): void {
      samples = { ...samples, ...changes };
    },
    /** Everything as in a person who is well. */
    well(): void {
      samples = WELL;
      ownAlarms = [];
    },
    machineSounds(...alarms: readonly MachineAlarm[]): void {
      ownAlarms = alarms;
    },
    run: (seconds: number): Promise<void> => world.clock.advance(seconds * 1_000),
    /** Refused ones too are answered. */
    say(command: WithoutId): { readonly accepted: boolean } {
      commands += 1;
      return now.home.edge.command("b1", { ...command, id: `c${commands}` });
    },
    /** Lets simulated alarms sound, as in a drill that somebody asked for. */
    drill(): void {
      commands += 1;
      now.home.edge.command("b1", { kind: "drill", id: `c${commands}`, forMs: 3_600_000, by: MEI });
    },
    /** The power goes and comes back; the person lives on. */
    async cutPower(seconds: number): Promise<void> {
      const before = world;
      const disk = before.disk.powerCut(random);
      const startsAt = wall(before.clock.wall() + seconds * 1_000);
      const fresh = createRehearsalWorld({ seed: 7 + worlds.length * 100, startsAt, disk });
      worlds.push(fresh);
      await fresh.state.close();
      world = { ...fresh, state: first.state, accounts: first.accounts, homes: first.homes };
      now = await start();
    },
    errors,
    async stop(): Promise<void> {
      await now.devicesOf.stop();
      const stopping = now.home.stop();
      await world.clock.advance(5_000);
      await stopping;
      for (const each of worlds) await each.timeseries.close();
      await first.state.close();
    },
  };
}
