import path from "node:path";
import { puritanBennett840Waveform } from "../../devices/puritan-bennett-840-waveform/module.ts";
import { SECOND_MS } from "../domain/time.ts";
import type { Random } from "../port/random.ts";
import { createPatient } from "../rehearsal/patient.ts";
import { createChunkQueue } from "../transport/chunk-queue.ts";
import { layCable } from "./cable.ts";
import { createOximeter } from "./oximeter.ts";
import { freePort, type Program, Unmeasured, usageOf } from "./programs.ts";
import type { Bench } from "./round.ts";
import { homeConfig, startHome } from "./subject.ts";

/** What a whole home takes with one bed: oximeter at 75 frames a second, ventilator waves at 50 lines a second. */
export interface BedUsage {
  readonly seconds: number;
  readonly rssMb: number;
  /** Highest of a look each second. */
  readonly rssMaxMb: number;
  /** Of one core. */
  readonly cpuPercent: number;
}

const SETTLE_MS = 5 * SECOND_MS;
const START_MS = 60 * SECOND_MS;

/** Runs `home` as a family would: broker, store, engine and pages in the one process. */
export async function measureBed(bench: Bench, random: Random, seconds: number): Promise<BedUsage> {
  const { clock, programs, signal } = bench;
  const folder = path.join(bench.folder, "bed");
  const ending = new AbortController();
  /** The ventilator hears nothing. */
  const silence = createChunkQueue();
  const finger = await layCable(path.join(bench.folder, "bed-oximeter"), programs, clock);
  const lung = await layCable(path.join(bench.folder, "bed-ventilator"), programs, clock);
  const stopFinger = createOximeter(clock).play(finger);
  const playing = puritanBennett840Waveform.simulate({
    link: {
      chunks: silence.chunks,
      write: async (bytes) => void lung.write(bytes),
      close: async () => {},
    },
    bed: createPatient({ clock, random }),
    clock,
    random,
    options: {},
    signal: ending.signal,
  });
  let program: Program | undefined;
  try {
    const config = homeConfig({
      folder,
      webPort: await freePort(),
      bus: { host: "127.0.0.1", port: await freePort() },
      beds: [
        {
          devices: [
            { family: "nonin-serial", port: finger.path, options: { format: "2" } },
            { family: "puritan-bennett-840-waveform", port: lung.path },
          ],
        },
      ],
    });
    program = await startHome(programs, folder, config);
    await program.saying(/^http:\S+\/#code=/m, START_MS);
    await clock.sleep(SETTLE_MS, signal);
    if (!finger.isOpen || !lung.isOpen) throw new Unmeasured("home did not open both ports");
    const before = usageOf(program.pid);
    const from = clock.mono();
    let rssMaxMb = before.rssMb;
    while (clock.mono() - from < seconds * SECOND_MS) {
      await clock.sleep(SECOND_MS, signal);
      rssMaxMb = Math.max(rssMaxMb, usageOf(program.pid).rssMb);
    }
    const after = usageOf(program.pid);
    const cpuPercent = (100 * (after.cpuMs - before.cpuMs)) / (clock.mono() - from);
    return { seconds, rssMb: after.rssMb, rssMaxMb, cpuPercent };
  } finally {
    ending.abort();
    stopFinger();
    await playing;
    await program?.stop();
    await finger.close();
    await lung.close();
  }
}
