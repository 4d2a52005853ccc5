import type { BedConfig, HomeConfig } from "../config/config.ts";
import { DEFAULT_PUSH_SUBJECT } from "../config/read.ts";
import { DEFAULT_SCHEDULE } from "../domain/bed.ts";
import type { Language } from "../domain/person.ts";
import type { Clock } from "../port/clock.ts";
import type { Log } from "../port/log.ts";
import type { Random } from "../port/random.ts";
import type { PatientEvent } from "../rehearsal/events.ts";
import { createPatient, type Patient } from "../rehearsal/patient.ts";
import type { Scenario } from "../rehearsal/scenario.ts";
import { playEvents, simulateBed } from "../rehearse.ts";
import type { MemoryLinks } from "../transport/memory.ts";

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
  demo: true,
});

/** The virtual patient of the demo and whatever a scenario does to it. */
export interface Demo {
  readonly patient: Patient;
  apply(event: PatientEvent): void;
  stop(): Promise<void>;
}

export function startDemo(options: {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly memory: MemoryLinks;
  readonly scenario?: Scenario;
}): Demo {
  const { clock, random, log, memory, scenario } = options;
  const patient = createPatient({ clock, random });
  const bed = simulateBed({ bed: DEMO_BED, view: patient, memory, clock, random, log });
  const apply = (event: PatientEvent): void => {
    log.note("demo.event", { event });
    patient.apply(event);
  };
  const stopEvents = playEvents(scenario?.events ?? [], {
    ...{ patient, memory, clock, random },
    // The demo's broker and network are real; what a scenario does to them is for rehearsals.
    elsewhere: ({ event }) => log.note("demo.event_left_out", { event }),
  });
  return {
    patient,
    apply,
    async stop() {
      stopEvents();
      await bed.stop();
    },
  };
}
