// One virtual patient with many devices at once, each behind its own bytes and its own driver, on virtual time.
import type { Observation, ObservationBody, QualityFlag } from "../../src/domain/observation.ts";
import type { Samples } from "../../src/domain/sample.ts";
import { wall } from "../../src/domain/time.ts";
import { simulateAt } from "../../src/driver/attach.ts";
import type { DeviceModule, OptionValues } from "../../src/driver/contract.ts";
import { fillOptions } from "../../src/driver/options.ts";
import { type SupervisedView, type Supervisor, supervise } from "../../src/driver/supervise.ts";
import { createVirtualClock, type VirtualClock } from "../../src/rehearsal/clock.ts";
import { DEFAULT_MACHINE, type MachineSettings } from "../../src/rehearsal/machine.ts";
import { createPatient, type Patient } from "../../src/rehearsal/patient.ts";
import { createSeededRandom } from "../../src/rehearsal/random.ts";
import { createLinks } from "../../src/transport/links.ts";
import { createMemoryLinks } from "../../src/transport/memory.ts";
import { silentLog } from "./silent-log.ts";

type Settings = Extract<ObservationBody, { kind: "settings" }>["settings"];
type OwnAlarms = Extract<ObservationBody, { kind: "ownAlarm" }>["alarms"];

/** What one device has said of late. */
export interface Said {
  readonly module: DeviceModule;
  /** The newest value of each signal that came within the time asked for. */
  samples(withinMs?: number): Samples;
  /** Since the instant that its newest samples are about, by the device's own clock, ms; undefined where none told one. */
  ageMs(): number | undefined;
  /** All settings that it told of, the newest of each. */
  settings(): Settings;
  /** The flags of the newest samples. */
  flags(): readonly QualityFlag[];
  /** The newest own alarms; undefined where none were ever told of. */
  alarms(): OwnAlarms | undefined;
  view(): SupervisedView;
}

export interface WholeBed {
  readonly clock: VirtualClock;
  readonly patient: Patient;
  readonly devices: readonly Said[];
  stop(): Promise<void>;
}

const ZONE = "Asia/Shanghai";
/** Everything that a device says is kept for so long. */
const KEPT_MS = 240_000;

/** Starts the patient and all devices; options only where they differ from a family's defaults. */
export function startWholeBed(
  modules: readonly DeviceModule[],
  given: { readonly [id: string]: OptionValues } = {},
  machine: Partial<MachineSettings> = {},
): WholeBed {
  const clock = createVirtualClock(wall(Date.parse("2026-11-21T22:00:00+08:00")));
  const memory = createMemoryLinks(clock);
  const links = createLinks({ clock, memory });
  const patient = createPatient({
    clock,
    random: createSeededRandom(1),
    machine: { ...DEFAULT_MACHINE, ...machine },
  });
  const stopping = new AbortController();
  const playing: Promise<void>[] = [];
  const supervisors: Supervisor[] = [];

  const place = (module: DeviceModule, index: number): Said => {
    const options = fillOptions(module.options, given[module.id] ?? {});
    const random = createSeededRandom(100 + index);
    const heard = createHeard(clock);
    const context = { bed: patient, clock, zone: ZONE, random, options, signal: stopping.signal };
    playing.push(simulateAt(module, memory.cable(module.id), context));
    const supervisor = supervise({
      module,
      device: module.id,
      bed: "b1",
      epoch: "e",
      address: `memory:${module.id}`,
      zone: ZONE,
      options,
      links,
      clock,
      random,
      log: silentLog,
      onObservation: heard.take,
    });
    supervisor.start();
    supervisors.push(supervisor);
    return { ...heard, module, view: () => supervisor.view() };
  };

  return {
    clock,
    patient,
    devices: modules.map(place),
    async stop() {
      stopping.abort();
      const stopped = Promise.all(supervisors.map((supervisor) => supervisor.stop()));
      await clock.advance(5_000);
      await stopped;
      await Promise.all(playing);
    },
  };
}

function createHeard(clock: VirtualClock) {
  let kept: { readonly atMs: number; readonly samples: Samples }[] = [];
  let alarms: OwnAlarms | undefined;
  let flags: readonly QualityFlag[] = [];
  let settings: Settings = {};
  let aboutMs: number | undefined;
  return {
    take({ body, mono, deviceAt }: Observation): void {
      if (body.kind === "ownAlarm") alarms = body.alarms;
      if (body.kind === "settings") settings = { ...settings, ...body.settings };
      if (body.kind !== "samples") return;
      flags = body.flags ?? [];
      aboutMs = deviceAt ?? aboutMs;
      kept = [...kept.filter(({ atMs }) => mono - atMs < KEPT_MS), { atMs: mono, samples: body.samples }];
    },
    samples(withinMs = 5_000): Samples {
      const since = clock.mono() - withinMs;
      return Object.assign({}, ...kept.filter(({ atMs }) => atMs > since).map(({ samples }) => samples));
    },
    ageMs: () => (aboutMs === undefined ? undefined : clock.wall() - aboutMs),
    settings: () => settings,
    flags: () => flags,
    alarms: () => alarms,
  };
}
