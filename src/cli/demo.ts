import type { BedConfig, HomeConfig } from "../config/config.ts";
import { DEFAULT_PUSH_SUBJECT } from "../config/read.ts";
import { DEFAULT_SCHEDULE } from "../domain/bed.ts";
import { base32Id } from "../domain/ids.ts";
import type { Language } from "../domain/person.ts";
import type { Home } from "../home.ts";
import type { Clock } from "../port/clock.ts";
import type { Log } from "../port/log.ts";
import type { Random } from "../port/random.ts";
import { createPatient, type Patient } from "../rehearsal/patient.ts";
import { simulateBed } from "../rehearse.ts";
import type { MemoryLinks } from "../transport/memory.ts";
import type { NamedScenario } from "./scenario.ts";
import { type BenchBed, createSimulatedBed } from "./simulated-bed.ts";

/** One bed with a simulated finger sensor and ventilator; every link of it is memory, so everything is marked. */
const DEMO_BED: BedConfig = {
  id: "b1",
  label: "Demo",
  dependencyClass: "B",
  schedule: DEFAULT_SCHEDULE,
  devices: [
    { family: "nonin-serial", port: "memory:oximeter", label: "Finger sensor", options: {} },
    { family: "puritan-bennett-840-waveform", port: "memory:ventilator", label: "Ventilator", options: {} },
  ],
};

/** The demo's wiring: loopback only, a broker on any free port. */
export const demoConfig = (zone: string, language: Language, port: number): HomeConfig => ({
  zone,
  language,
  beds: [DEMO_BED],
  web: { host: "127.0.0.1", port, name: "localhost" },
  bus: { host: "127.0.0.1", port: 0 },
  webPush: { subject: DEFAULT_PUSH_SUBJECT, allowPrivateEndpoints: false },
  webhooks: [],
  audio: { enabled: true },
  keep: { waveDays: 2, numberDays: 30 },
  store: { engine: "sqlite" },
  security: {},
  demo: true,
});

/** The virtual patient of the demo and its devices. */
export interface Demo {
  readonly patient: Patient;
  /** The bed for the technician's page, once the home reads it. */
  bench(home: Home, scenarios: readonly NamedScenario[]): BenchBed;
  stop(): Promise<void>;
}

export function startDemo(options: {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** IANA; what clocks on the devices show. */
  readonly zone: string;
  readonly memory: MemoryLinks;
}): Demo {
  const { clock, random, log, zone, memory } = options;
  const patient = createPatient({ clock, random });
  const devices = simulateBed({ bed: DEMO_BED, view: patient, zone, memory, clock, random, log });
  const stops: (() => void)[] = [];
  return {
    patient,
    bench({ edge }, scenarios) {
      const addresses = new Map(edge.devices().map(({ address, device }) => [address, device]));
      const bed = createSimulatedBed({
        ...{ bed: DEMO_BED, patient, memory, clock, random, scenarios },
        device: (name) => addresses.get(`memory:${name}`) ?? name,
        call() {
          const id = base32Id(random.bytes(10));
          edge.command(DEMO_BED.id, { kind: "call", id, call: { how: "switch", kind: "come" } });
        },
      });
      stops.push(
        edge.onEvent((event) => bed.heard(event)),
        () => bed.stop(),
      );
      return bed;
    },
    async stop() {
      for (const stop of stops) stop();
      await devices.stop();
    },
  };
}
