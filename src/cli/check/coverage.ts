import type { UnknownWhy } from "../../alarm/condition.ts";
import { CONDITIONS } from "../../alarm/conditions/index.ts";
import { step } from "../../alarm/engine.ts";
import { toFold } from "../../alarm/fold.ts";
import { resolveLimits } from "../../alarm/limits.ts";
import { type AlarmSetup, type EngineState, startState } from "../../alarm/state.ts";
import type { BedConfig, HomeConfig } from "../../config/config.ts";
import type { Finding } from "../../config/read.ts";
import { type AlarmFold, CONDITION_IDS, type ConditionId } from "../../domain/alarm.ts";
import type { BedView, ExpectedSource } from "../../domain/bed.ts";
import { isPresent, measured, type Sample } from "../../domain/sample.ts";
import type { SettingId, SignalId } from "../../domain/signal.ts";
import { SECOND_MS, wall } from "../../domain/time.ts";
import { simulateAt } from "../../driver/attach.ts";
import type { DeviceModule } from "../../driver/contract.ts";
import type { Families } from "../../driver/families.ts";
import { fillOptions } from "../../driver/options.ts";
import { supervise } from "../../driver/supervise.ts";
import { createVirtualClock, type VirtualClock } from "../../rehearsal/clock.ts";
import { createPatient } from "../../rehearsal/patient.ts";
import { createSeededRandom } from "../../rehearsal/random.ts";
import { createLinks } from "../../transport/links.ts";
import { createMemoryLinks } from "../../transport/memory.ts";
import { ok, warning } from "./finding.ts";

/** Long enough for slow devices to have told everything they ever tell, and for a gap to be one. */
const REHEARSAL_S = 45;

/**
 * What each bed will not be watched for with the devices that it has, and why. Found by rehearsal: the configured
 * devices measure a healthy person in a machine that tells everything, byte for byte, on virtual time; what the alarm
 * engine still cannot judge then, it cannot judge with these devices.
 */
export async function coverageFindings(config: HomeConfig, families: Families): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const bed of config.beds) {
    const unknown = await rehearse(bed, config.zone, families);
    findings.push(...unknown.map(({ condition, why }) => unwatched(bed, condition, why)));
    const watched = CONDITION_IDS.filter((id) => !unknown.some(({ condition }) => condition === id));
    findings.push(ok(`bed ${bed.id}`, `watching ${watched.join(", ")}`));
  }
  return findings;
}

function unwatched(bed: BedConfig, condition: ConditionId, why: string): Finding {
  const where = `bed ${bed.id}, ${condition}`;
  const setting = /^setting:(.+)$/.exec(why)?.[1];
  if (setting !== undefined) {
    return warning(
      where,
      `not watching ${condition} until the setting ${setting} arrives, and no device of this bed reports it`,
      `Connect a port of the machine that reports ${setting}, if it has one; until then only the machine's own alarm knows.`,
    );
  }
  return warning(
    where,
    `not watching ${condition}: ${REASONS[why] ?? "no device of this bed tells what it needs"}`,
    "docs/alarms.md says what it needs; until a device brings that, nobody is called for it.",
  );
}

const REASONS: { readonly [why: string]: string } = {
  two_signs: "a disconnection needs two of its five signs, and the devices of this bed show fewer",
} satisfies { readonly [why in UnknownWhy]?: string };

async function rehearse(bed: BedConfig, zone: string, families: Families): Promise<AlarmFold["unknown"]> {
  const clock = createVirtualClock(wall(0));
  const random = createSeededRandom(1);
  const memory = createMemoryLinks();
  const links = createLinks({ clock, memory });
  const stopping = new AbortController();
  const view = tellingBed(clock);
  const cast = bed.devices.flatMap(({ family, options }, index) => {
    const module = families.find(family);
    if (module === undefined) return [];
    return { module, options: fillOptions(module.options, options), device: `${family}#${index}` };
  });
  const engine = createEngine(
    bed,
    zone,
    cast.map(({ module, options, device }) => sourceOf(module, module.signals(options), device)),
    clock,
  );
  const simulators = cast.map(({ module, options, device }) =>
    simulateAt(module, memory.cable(device), {
      bed: view,
      clock,
      random,
      options,
      signal: stopping.signal,
    }).catch(() => undefined),
  );
  const supervisors = cast.map(({ module, options, device }) =>
    supervise({
      ...{ module, options, device, links, clock, random, zone, bed: bed.id, epoch: "check" },
      address: `memory:${device}`,
      log: { note: () => undefined },
      onObservation: engine.observe,
    }),
  );
  for (const supervisor of supervisors) supervisor.start();
  for (let second = 0; second < REHEARSAL_S; second++) {
    await clock.advance(SECOND_MS);
    engine.tick();
  }
  stopping.abort();
  const stopped = Promise.all([...simulators, ...supervisors.map((supervisor) => supervisor.stop())]);
  await clock.advance(SECOND_MS);
  await stopped;
  return [...engine.unknown(), ...withoutDevice(cast.map(({ module }) => module))];
}

/** Conditions that exist once per oximeter: without one nothing says that they cannot judge. */
const withoutDevice = (modules: readonly DeviceModule[]): AlarmFold["unknown"] =>
  modules.some(({ role }) => role === "oximeter")
    ? []
    : CONDITIONS.filter(({ scope }) => scope === "oximeter").map(({ id }) => ({
        condition: id,
        why: "no_source",
      }));

const sourceOf = (module: DeviceModule, signals: readonly SignalId[], device: string): ExpectedSource => ({
  device,
  role: module.role,
  signals,
  simulated: false,
  ...(module.timeliness === "delayed" ? { delayed: true } : {}),
});

function createEngine(bed: BedConfig, zone: string, sources: readonly ExpectedSource[], clock: VirtualClock) {
  const { id, dependencyClass } = bed;
  const setup: AlarmSetup = {
    profile: { bed: id, zone, dependencyClass, schedule: { fromMinute: 0, toMinute: 24 * 60 }, sources },
    limits: resolveLimits({}, dependencyClass),
    journal: "checkcheck",
  };
  const { mono, wall } = clock;
  let state: EngineState = startState({ mono: mono(), wall: wall(), trusted: true }, id);
  return {
    observe(observation: Parameters<Parameters<typeof supervise>[0]["onObservation"]>[0]): void {
      state = step(setup, state, { kind: "observation", observation }).state;
    },
    tick(): void {
      state = step(setup, state, { kind: "tick", mono: mono(), at: wall() }).state;
    },
    unknown: () => toFold(state).unknown,
  };
}

/** Ordinary values for whatever the virtual patient leaves out. */
const ORDINARY: { readonly [id in SignalId]?: number } = {
  resp_rate: 15,
  tidal_volume_insp: 480,
  tidal_volume_exp: 470,
  minute_volume: 7,
  leak: 8,
  leak_total: 25,
  pressure_peak: 16,
  pressure_mean: 8,
  pressure_insp: 16,
  pressure_exp: 6,
  fio2: 21,
  insp_time: 1.2,
  ie_ratio: 0.5,
  triggered_percent: 80,
  apnea_duration: 0,
  battery_percent: 90,
};

const ORDINARY_SETTINGS: { readonly [id in SettingId]?: number | string } = {
  tidal_volume_target: 480,
  pressure_support: 10,
  fio2: 21,
};

/** A bed of which everything is known, so that what is missing in the end is missing because of the devices. */
function tellingBed(clock: VirtualClock): BedView {
  const patient = createPatient({ clock, random: createSeededRandom(1) });
  return {
    ...patient,
    sample(signal): Sample {
      const sample = patient.sample(signal);
      const value = ORDINARY[signal];
      return isPresent(sample) || value === undefined ? sample : measured(signal, value);
    },
    setting: (setting) => patient.setting(setting) ?? ORDINARY_SETTINGS[setting],
  };
}
