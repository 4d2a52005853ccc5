import { noninSerial } from "../../devices/nonin-serial/module.ts";
import { encodeLine } from "../../devices/puritan-bennett-840-waveform/codec.ts";
import { puritanBennett840Waveform } from "../../devices/puritan-bennett-840-waveform/module.ts";
import { SECOND_MS } from "../domain/time.ts";
import type { DeviceModule } from "../driver/contract.ts";
import { fillOptions } from "../driver/options.ts";
import { supervise } from "../driver/supervise.ts";
import type { Random } from "../port/random.ts";
import { createLinks } from "../transport/links.ts";
import { createMemoryLinks } from "../transport/memory.ts";
import { FRAMES_PER_PACKET, packetsFrom } from "./oximeter.ts";
import { Unmeasured } from "./programs.ts";
import type { Bench } from "./round.ts";

/** What one driver takes in this process, from bytes to observations, without a port or anything after it. */
export interface DriverRate {
  readonly device: string;
  readonly bytesPerSecond: number;
  /** Frames or lines, whatever the device speaks in. */
  readonly framesPerSecond: number;
  readonly observations: number;
}

const TIMER_STEPS = 1 << 14;
const WRITE_BYTES = 16 * 1024;
/** Fifty lines a second, a breath every four seconds. */
const LINES_PER_BREATH = 200;
const LINES = 100_000;

/** Both families, one after the other, over the memory link, for so long each. Rejects when a byte was refused. */
export async function measureDrivers(
  bench: Bench,
  random: Random,
  seconds: number,
): Promise<readonly DriverRate[]> {
  let timer = 0;
  const nextTimer = (): number => {
    timer = (timer + 1) % TIMER_STEPS;
    return timer;
  };
  // A whole round of the packet timer: played again and again it is one unbroken stream.
  const packets = packetsFrom(nextTimer, TIMER_STEPS, { spo2: 97, pulse: 72 });
  const lines = waveform();
  return [
    await measure(bench, random, {
      module: noninSerial,
      options: { format: "2" },
      bytes: packets,
      frames: TIMER_STEPS * FRAMES_PER_PACKET,
      seconds,
    }),
    await measure(bench, random, {
      module: puritanBennett840Waveform,
      options: {},
      bytes: lines,
      frames: LINES,
      seconds,
    }),
  ];
}

async function measure(
  { clock }: Bench,
  random: Random,
  {
    module,
    options,
    bytes,
    frames,
    seconds,
  }: {
    readonly module: DeviceModule;
    readonly options: { readonly [name: string]: string };
    readonly bytes: Uint8Array;
    readonly frames: number;
    readonly seconds: number;
  },
): Promise<DriverRate> {
  const memory = createMemoryLinks();
  const cable = memory.cable("bench");
  const supervisor = supervise({
    ...{
      module,
      clock,
      random,
      device: "bench",
      bed: "b1",
      epoch: "bench",
      zone: "UTC",
      address: "memory:bench",
    },
    options: fillOptions(module.options, options),
    links: createLinks({ clock, memory }),
    log: { note: () => undefined },
    onObservation: () => undefined,
  });
  supervisor.start();
  while (supervisor.view().link !== "open") await clock.sleep(5);
  const from = clock.mono();
  let sent = 0;
  while (clock.mono() - from < seconds * SECOND_MS) {
    for (let at = 0; at < bytes.length; at += WRITE_BYTES) {
      await cable.device.write(bytes.subarray(at, at + WRITE_BYTES));
    }
    sent += bytes.length;
  }
  while (supervisor.view().counters.bytes < sent) await clock.sleep(1);
  const tookMs = clock.mono() - from;
  await supervisor.stop();
  const { rejects, observations } = supervisor.view().counters;
  if (rejects > 0) throw new Unmeasured(`${module.id} refused ${rejects} pieces of a stream without a fault`);
  const bytesPerSecond = (sent * SECOND_MS) / tookMs;
  return {
    device: module.id,
    bytesPerSecond,
    framesPerSecond: (bytesPerSecond * frames) / bytes.length,
    observations,
  };
}

/** Breaths of a plain shape, with the marks at their ends. */
function waveform(): Uint8Array {
  const pieces: Uint8Array[] = [];
  for (let line = 0; line < LINES; line++) {
    const phase = (line % LINES_PER_BREATH) / LINES_PER_BREATH;
    if (phase === 0) {
      if (line > 0) pieces.push(encodeLine({ kind: "end" }));
      pieces.push(encodeLine({ kind: "start", breath: line / LINES_PER_BREATH + 1 }));
    }
    const isIn = phase < 0.3;
    const flow = isIn ? 40 : -40 * Math.exp(-(phase - 0.3) * 6);
    const pressure = isIn ? 5 + phase * 50 : 5 + 15 * Math.exp(-(phase - 0.3) * 20);
    pieces.push(encodeLine({ kind: "sample", flow, pressure }));
  }
  pieces.push(encodeLine({ kind: "end" }));
  return Buffer.concat(pieces);
}
