// A bed whose devices speak on two pseudo-terminals, byte for byte, from one virtual patient in real time.
import { onTestFinished } from "vitest";
import { findDevice } from "../../devices/index.ts";
import type { ConfigFile } from "../../src/config/schema.ts";
import { fillOptions } from "../../src/driver/options.ts";
import { createClock } from "../../src/ops/clock.ts";
import type { ByteLink } from "../../src/port/link.ts";
import { createPatient, type Patient } from "../../src/rehearsal/patient.ts";
import { createSeededRandom } from "../../src/rehearsal/random.ts";
import { createPtyCable, type PtyCable } from "./pty.ts";

const FAMILIES = [
  { family: "nonin-serial", label: "Finger sensor" },
  { family: "puritan-bennett-840-waveform", label: "Ventilator" },
] as const;

export interface PtyBed {
  /** For the configuration of the bed. */
  readonly devices: NonNullable<ConfigFile["beds"]>[number]["devices"];
  readonly cables: readonly PtyCable[];
  /** The devices are switched on; what happens to the patient from now on shows in their bytes. */
  switchOn(): Patient;
  /** Before the folder of the ports may go away. */
  remove(): Promise<void>;
}

/** Two cables that are in, with nothing said on them. Needs `requires("socat")`. */
export async function createPtyBed(seed: number): Promise<PtyBed> {
  const clock = createClock();
  const stopping = new AbortController();
  const playing: Promise<void>[] = [];
  const cables = FAMILIES.map(() => createPtyCable());
  const remove = async (): Promise<void> => {
    stopping.abort();
    await Promise.allSettled(playing);
    await Promise.all(cables.map((cable) => cable.remove()));
  };
  onTestFinished(remove);
  await Promise.all(cables.map((cable) => cable.plugIn()));
  return {
    cables,
    devices: FAMILIES.map(({ family, label }, index) => ({ family, label, port: cables[index]?.host ?? "" })),
    switchOn() {
      const patient = createPatient({ clock, random: createSeededRandom(seed) });
      for (const [index, { family }] of FAMILIES.entries()) {
        const cable = cables[index];
        const module = findDevice(family);
        if (cable === undefined || module?.link !== "bytes") throw new Error(`no ${family}`);
        playing.push(
          module.simulate({
            link: deviceEnd(cable),
            bed: patient,
            clock,
            random: createSeededRandom(seed + 1 + index),
            options: fillOptions(module.options, {}),
            signal: stopping.signal,
          }),
        );
      }
      return patient;
    },
    remove,
  };
}

/** What nobody takes is lost, as on a cable whose other end is not read. */
const deviceEnd = (cable: PtyCable): ByteLink => ({
  chunks: (async function* () {})(),
  async write(bytes) {
    cable.say(bytes);
  },
  close: async () => undefined,
});
